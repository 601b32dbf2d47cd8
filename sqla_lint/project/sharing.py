"""Who runs a function, and what a module keeps open for others: sessions in its names, classes and defaults."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from sqla_lint.flow.decorating import (
    CallersOf,
    ClosedUnder,
    OpenedBy,
    ProvidesFor,
    RunsFor,
    RunsWithin,
    SharedBy,
    TouchedOf,
    Users,
    UsersOf,
)
from sqla_lint.project.decorators import Callers, runs_for, runs_within, served_by
from sqla_lint.project.mentions import knows_session, last
from sqla_lint.project.names import NameIndex
from sqla_lint.project.providing import Providing
from sqla_lint.survey.expressions import Apply, Expression, dotted
from sqla_lint.survey.facts import ClassFact, Facts, FunctionFact


def keeps_session(facts: Facts, opening: Collection[str]) -> bool:
    """Whether a module may open a session that lives as long as it does."""
    return any(isinstance(item, Apply) and _opens(item, opening) for item in _declared(facts))


def _opens(call: Apply, opening: Collection[str]) -> bool:
    inner = call.function.function if isinstance(call.function, Apply) else call.function
    arguments = (item for item in call.arguments if isinstance(item, Apply))
    return last(dotted(inner)) in opening or any(_opens(item, opening) for item in arguments)


def opened_by(fact: ClassFact | None, opening: Collection[str]) -> str:
    """The attribute that the constructor of a class sets to what a call of one of these names gives."""
    for name, item in fact.self_attributes.items() if fact is not None else ():
        made = item.value if item.within.rpartition(".")[2] == "__init__" else None
        if isinstance(made, Apply) and _opens(made, opening):
            return name
    return ""


def _declared(facts: Facts) -> Iterator[Expression | None]:
    yield from (item.value for item in facts.variables.values())
    yield from (item.value for cls in facts.classes.values() for item in cls.attributes.values())
    yield from (item.default for function in facts.functions.values() for item in function.parameters)


def sharing(
    files: Sequence[Facts], index: NameIndex, callers: Callers, opening: Collection[str]
) -> dict[type, Callable[..., object]]:
    """What answers the questions about a function's surroundings, by their types."""
    providing = Providing(files, index)
    return {
        RunsWithin: lambda question: runs_within(index, callers, question),
        RunsFor: lambda question: runs_for(index, callers, question.function),
        CallersOf: lambda question: tuple(
            sorted({f"{here.module}:{name}" for here, name in callers(question.function)})
        ),
        SharedBy: lambda question: shared_by(files, question.module, question.name),
        ClosedUnder: lambda question: providing.closed_under(question.name),
        OpenedBy: lambda question: opened_by(index.class_fact(question.cls), opening),
        ProvidesFor: lambda question: providing.serves(question.function),
        TouchedOf: lambda question: touched(index, question.function, question.parameter),
        UsersOf: lambda question: users_of(files, question.module, question.name),
    }


def touched(index: NameIndex, function: str, parameter: str) -> frozenset[str]:
    """The attributes that a function reads of a parameter that it leaves as it is, by its sketch."""
    fact = index.function_fact(function)
    if fact is None or parameter in fact.sketch.bound or knows_session(fact):
        return frozenset()
    return fact.sketch.touched(parameter)


def shared_by(files: Iterable[Facts], module: str, name: str) -> str:
    """Who uses a variable of a module besides its own lines: a function that answers requests, or another module."""
    for facts in files:
        if facts.module == module:
            used = (_plain(fact) for fact in facts.functions.values() if _answers(fact) and _mentions(fact, name))
            found = next((f"`{name_}()`" for name_ in used), "")
        elif not _is_test(facts.module):
            found = f"`{facts.module}`" if f"{module}.{name}" in facts.imports.values() else ""
        else:
            found = ""
        if found:
            return found
    return ""


def _is_test(module: str) -> bool:
    return any(part.startswith(("test_", "tests", "conftest")) or part == "test" for part in module.split("."))


def _answers(fact: FunctionFact) -> bool:
    return any(served_by(item) == "request" for item in fact.decorators)


def _mentions(fact: FunctionFact, name: str) -> bool:
    first = name.partition(".")[0]
    if first in fact.sketch.bound or any(item.name == first for item in fact.parameters):
        return False
    chains = (*fact.sketch.calls, *fact.sketch.reads)
    return any(chain == name or chain.startswith((f"{name}.", f"{name}()")) for chain in chains)


def users_of(files: Sequence[Facts], module: str, name: str) -> Users:
    """Of a registry of sessions: a function of each sort that uses it, and whether it is emptied."""
    request = task = coroutine = ""
    for facts in files:
        own = name if facts.module == module else _spelt(facts, module, name)
        if not own or _is_test(facts.module):
            continue
        for fact in facts.functions.values():
            if not _mentions(fact, own):
                continue
            served = next(filter(None, map(served_by, fact.decorators)), "")
            if served == "request":
                request = request or _plain(fact)
            elif served == "task" and not _closes(fact, own):
                task = task or _plain(fact)
            if fact.is_async and not _FLASK & {target.partition(".")[0] for target in facts.imports.values()}:
                coroutine = coroutine or _plain(fact)
    return Users(request, task, coroutine, any(_empties(facts, name) for facts in files))


def _spelt(facts: Facts, module: str, name: str) -> str:
    """How a file calls a variable of another module, whether it imports that itself or the module."""
    direct, whole = _imported(facts, f"{module}.{name}"), _imported(facts, module)
    return direct or (f"{whole}.{name}" if whole else "")


def _closes(fact: FunctionFact, name: str) -> bool:
    """Whether something is closed: the session that a registry keeps is as good as new then."""
    entered = any(chain.startswith(name) for chain in fact.sketch.entered)
    return entered or any(chain.endswith(".close") for chain in fact.sketch.calls)


_FLASK = frozenset({"flask", "quart"})
# These end the sessions that they know, one way or another.
_MANAGING = ("zope.sqlalchemy", "pyramid_tm", "flask_sqlalchemy", "tg", "pylons")


def _plain(fact: FunctionFact) -> str:
    """The name of a function, without what tells those of one name apart."""
    return fact.name.partition("@")[0]


def _imported(facts: Facts, target: str) -> str:
    return next((local for local, dotted_name in facts.imports.items() if dotted_name == target), "")


def _empties(facts: Facts, name: str) -> bool:
    """Whether a file removes sessions from a registry, or leaves that to a library."""
    if any(target.startswith(_MANAGING) for target in facts.imports.values()):
        return True
    sketches = (facts.body_sketch, *(fact.sketch for fact in facts.functions.values()))
    chains = (chain for sketch in sketches if sketch is not None for chain in (*sketch.calls, *sketch.reads))
    return any(_is_removal(chain, name) for chain in chains)


def _is_removal(chain: str, name: str) -> bool:
    owner, _, method = chain.rpartition(".")
    holder = owner.rpartition(".")[2].removesuffix("()")
    if method == "close":
        return holder == name  # what it keeps is as good as new
    return method == "remove" and (holder == name or "session" in holder.lower() or holder == "registry")
