"""What declarations, chains and sketches tell by names alone: of sessions, of the outside world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache

from sqla_lint.knowledge.calls import MANAGERS, OUTSIDE, OUTSIDE_CALLS
from sqla_lint.knowledge.sessions import is_session_name
from sqla_lint.survey.expressions import Apply, Choice, Expression, Index, Literal, Name, dotted
from sqla_lint.survey.facts import Declared, Facts, FunctionFact
from sqla_lint.survey.once import once

_MAKERS = ("sessionmaker", "async_sessionmaker", "scoped_session", "async_scoped_session")


# Whether something holds of a function, which stands in a file.
Holds = Callable[[Facts, FunctionFact], bool]


def knows_session(fact: FunctionFact) -> bool:
    """Whether a function names a session: a parameter, an attribute, the start of a chain."""
    if any(is_session_name(item.name) or item.name in ("db", "s") for item in fact.parameters):
        return True
    if any(mentions_session(item.annotation) for item in fact.parameters):
        return True
    return _mention_session(fact.sketch.reads, fact.sketch.calls)


@cache
def _mention_session(reads: frozenset[str], calls: frozenset[str]) -> bool:
    """Whether a session is what chains read, or where those that are called begin."""
    words = {chain.rpartition(".")[2] for chain in reads}.union(chain.partition(".")[0] for chain in calls)
    return any("session" in word.lower() or word in ("db", "query") for word in words)


def mentions_session(annotation: Expression | None) -> bool:
    """Whether an annotation names a session."""
    match annotation:
        case None:
            return False
        case Literal(value=str(text)):
            return "Session" in text
        case Name(id=name):
            return "Session" in name
        case Index(items=items, base=base):
            return mentions_session(base) or any(mentions_session(item) for item in items)
    return "Session" in dotted(annotation).rpartition(".")[2]


def begins_transaction(chain: str) -> bool:
    """Whether a chain calls `begin()` of what is named as sessions are, and not of an engine or a connection."""
    owner, _, name = chain.rpartition(".")
    return name == "begin" and ("session" in last(owner).lower() or last(owner) in ("db", "s", "sess"))


def is_maker(value: Expression | None) -> bool:
    """Whether a declared value is a call that makes a session factory, by its name."""
    return isinstance(value, Apply) and "session" in dotted(value.function).lower()


def gives_sessions(facts: Facts, value: Expression | None) -> bool:
    """Whether a variable of a file is a session factory, or a manager that a call makes of a function."""
    if not isinstance(value, Apply):
        return False
    function = dotted(value.function)
    return is_maker(value) or facts.imports.get(function, function).rpartition(".")[2] in MANAGERS


def makes_sessions(annotation: Expression | None) -> bool:
    """Whether an annotation names a factory of sessions, or what gives one when it is called."""
    match annotation:
        case Literal(value=str(text)):
            return any(maker in text for maker in _MAKERS) or "Callable" in text and "Session" in text
        case Index(items=items, base=base):
            if makes_sessions(base) or any(map(makes_sessions, items)):
                return True
            return last(dotted(base)) == "Callable" and any(map(mentions_session, items))
        case Choice(options=options):
            return any(map(makes_sessions, options))
    return annotation is not None and last(dotted(annotation)) in _MAKERS


def gives_maker(declared: Declared, taken: Collection[str]) -> bool:
    """Whether an attribute is declared as a factory of sessions, or is a parameter that is `taken` for one."""
    match declared.value:
        case Name(id=name) if name in taken:
            return True
    return is_maker(declared.value) or makes_sessions(declared.annotation)


def last(chain: str) -> str:
    """The last name of a chain."""
    return chain.rpartition(".")[2]


@cache
def last_names(chains: frozenset[str]) -> frozenset[str]:
    """The last names of chains. The same chains are asked for again and again."""
    return once(frozenset(chain.rpartition(".")[2] for chain in chains))


def goes_outside(facts: Facts, chain: str) -> bool:
    """Whether a chain calls into the outside world."""
    root, _, rest = chain.partition(".")
    target = facts.imports.get(root, "")
    return target.partition(".")[0] in OUTSIDE or f"{target}.{rest}" in OUTSIDE_CALLS


def outermost(facts: Facts, qualname: str) -> str:
    """The function that a nested one is walked with."""
    return qualname.partition(".<locals>.")[0] if facts.functions[qualname].nested_in in facts.functions else qualname


def functions_where(files: Iterable[Facts], holds: Holds) -> frozenset[str]:
    """The functions of which something holds, each by its module and qualified name."""
    return frozenset(
        f"{facts.module}:{fact.qualname}" for facts in files for fact in facts.functions.values() if holds(facts, fact)
    )


def functions_calling(files: Iterable[Facts], names: Collection[str]) -> frozenset[str]:
    """The functions that call something of one of these names, whatever stands before it."""
    wanted = frozenset(names)
    return functions_where(files, lambda facts, fact: not wanted.isdisjoint(last_names(fact.sketch.calls)))


def by_last_name(files: Iterable[Facts], holds: Holds) -> dict[str, set[str]]:
    """Those of which something holds, by the last names that they are called by."""
    found: dict[str, set[str]] = {}
    for function in functions_where(files, holds):
        found.setdefault(last(function.replace(":", ".")), set()).add(function)
    return found
