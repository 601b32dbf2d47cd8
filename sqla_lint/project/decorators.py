"""Decorators of the project: what decorates a function, and what then runs in its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from sqla_lint.flow.decorating import CommittedBy, RunsWithin
from sqla_lint.flow.questions import Ask, Effect, FunctionInfo, InjectedBy, Summary, SummaryOf
from sqla_lint.knowledge.calls import ROUTES, TASKS
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.expressions import Apply, Expression, Member, Name, dotted
from sqla_lint.survey.facts import Facts, FunctionFact


def decorators_of(index: NameIndex, module: str, fact: FunctionFact) -> Iterator[str]:
    """The functions of the project that decorate a function, or that are called for what decorates it."""
    for decorator in fact.decorators:
        made = decorator.function if isinstance(decorator, Apply) else decorator
        target = index.resolve(module, made)
        if target.kind == "function":
            yield target.id


def wrappers_of(index: NameIndex, decorator: str) -> Iterator[str]:
    """The functions that a decorator puts in the place of others: those inside it that `functools.wraps` marks."""
    module, _, qualname = decorator.partition(":")
    facts = index.modules[module]
    for inner, fact in facts.functions.items():
        if inner.startswith(f"{qualname}.<locals>.") and is_wrapper(facts, fact):
            yield f"{module}:{inner}"


def is_wrapper(facts: Facts, fact: FunctionFact) -> bool:
    """Whether a function is marked by `functools.wraps` as standing for another."""
    if not fact.nested_in:
        return False
    names = [dotted(item.function) for item in fact.decorators if isinstance(item, Apply)]
    return any(facts.imports.get(name, name).rpartition(".")[2] == "wraps" for name in names)


Callers = Callable[[str], Iterator[tuple[Facts, str]]]


def runs_for(index: NameIndex, callers: Callers, function: str) -> str:
    """What a framework runs a function for, itself or one that calls it: "request", "task" or ""."""
    own = index.function_fact(function)
    calling = (facts.functions.get(qualname) for facts, qualname in callers(function))
    found = (served_by(decorator) for fact in (own, *calling) if fact is not None for decorator in fact.decorators)
    return next(filter(None, found), "")


def served_by(decorator: Expression) -> str:
    """What a decorator hands its function to a framework for: "request", "task" or ""."""
    match decorator:
        case Apply(function=Member(name=name)) if name in ROUTES:
            return "request"
        case Apply(function=Member(name=name)) | Apply(function=Name(id=name)) | Member(name=name) | Name(id=name):
            return "task" if name in TASKS else ""
    return ""


def runs_within(index: NameIndex, callers: Callers, question: RunsWithin) -> bool:
    """Whether a function is decorated so, or called by nothing but such functions, as far as the project tells."""
    todo, seen = [question.function], {question.function}
    while todo:
        id_ = todo.pop()
        fact = index.function_fact(id_)
        if fact is not None and question.decorator in decorators_of(index, id_.partition(":")[0], fact):
            continue
        found = {f"{facts.module}:{qualname}" for facts, qualname in callers(id_)} - {id_}
        if not found:
            return False
        todo += found - seen
        seen |= found
    return True


def added_by(index: NameIndex, committing: Collection[str], ask: Ask, decorator: str) -> tuple[Effect, ...]:
    """The commits, and the rollbacks of what fails, of what a decorator puts in the place of a function."""
    if ask(InjectedBy(decorator)):
        return ()  # it commits a session that it hands over itself; one that a caller hands over stays the caller's
    found: dict[tuple[str, str], Effect] = {}
    for wrapper in wrappers_of(index, decorator):
        for effect in ask(SummaryOf(wrapper)).effects if wrapper in committing else ():
            ends = effect.op == "commit" and effect.usual or effect.op == "rollback"
            if ends and not effect.session.startswith("param:"):
                outside = "" if effect.must else decorator
                found[effect.op, effect.session] = replace(effect, instance=None, outside=outside)
    return tuple(found.values())


def decorated(summary: Summary, info: FunctionInfo, ask: Ask) -> Summary:
    """The summary of a function with what its decorators add; what it usually does itself it does in any case."""
    for decorator in info.decorators:
        usual = {(effect.op, effect.session) for effect in summary.effects if effect.usual}
        added = [effect for effect in ask(CommittedBy(decorator)) if (effect.op, effect.session) not in usual]
        summary = replace(summary, effects=(*summary.effects, *added))
    return summary
