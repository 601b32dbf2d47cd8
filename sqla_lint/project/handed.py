"""Which bodies hand a statement or a class to a function that goes through its rows, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from sqla_lint.knowledge.sessions import is_session_name
from sqla_lint.project.mentions import by_last_name, last, last_names
from sqla_lint.survey.expressions import Choice, Expression, Index, Literal, dotted
from sqla_lint.survey.facts import Facts, FunctionFact, Parameter, Sketch

Targets = Callable[[Facts, "FunctionFact | None", str], Iterable[str]]
Verdict = Callable[[Facts, FunctionFact], bool]

# What makes a statement, and what a function does with one that it is given.
_MAKING = frozenset({"query", "select"})
_TAKING = frozenset({"all", "exec", "execute", "paginate", "scalars", "stream", "stream_scalars"})
# The last names of the classes that a parameter for a statement or for a class may be annotated with.
_STATEMENTS = frozenset({"Any", "Executable", "Query", "Select", "SelectBase", "SelectOfScalar", "Type", "type"})


class Handed:
    """The verdict for the callers, who alone know the rows; `loops` says whether a function reads them in a loop."""

    def __init__(self, files: Sequence[Facts], targets: Targets, loops: Verdict) -> None:
        self._files = files
        self._targets = targets
        self._loops = loops

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hand one over; `calls` are the last names of what it calls."""
        if calls.isdisjoint(self._taking) or calls.isdisjoint(_MAKING) and not sketch.titles:
            return False
        for chain in sketch.calls:
            taking = self._taking.get(last(chain))
            if taking is not None and not taking.isdisjoint(self._targets(facts, fact, chain)):
                return True
        return False

    @cached_property
    def _taking(self) -> dict[str, set[str]]:
        """The functions that go through the rows of what a parameter gives them, by their last names."""
        return by_last_name(self._files, self._goes_through)

    def _goes_through(self, facts: Facts, fact: FunctionFact) -> bool:
        takes = not _TAKING.isdisjoint(last_names(fact.sketch.calls))
        return takes and any(map(_is_open, _given(fact))) and self._loops(facts, fact)


def _given(fact: FunctionFact) -> tuple[Parameter, ...]:
    return fact.parameters[1:] if fact.binds else fact.parameters


def _is_open(parameter: Parameter) -> bool:
    """Whether a parameter may be a statement or a class."""
    if parameter.annotation is None:
        return not is_session_name(parameter.name)
    return _may_be(parameter.annotation)


def _may_be(annotation: Expression) -> bool:
    match annotation:
        case Literal(value=str(text)):
            return any(name in text for name in _STATEMENTS)
        case Index(base=base, items=items):
            return _may_be(base) or last(dotted(base)) in ("Optional", "Union") and any(map(_may_be, items))
        case Choice(options=options):
            return any(map(_may_be, options))
    return last(dotted(annotation)) in _STATEMENTS
