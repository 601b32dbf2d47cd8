"""Which bodies may read columns that are not at hand, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from sqla_lint.flow.columns import WORKED_OUT, Column
from sqla_lint.knowledge.sessions import EXPIRING, WRITING
from sqla_lint.project.classes import Classes
from sqla_lint.project.keyed import Following
from sqla_lint.project.mentions import functions_calling, knows_session, last_names
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

Callers = Mapping[str, Sequence[set[str]]]
Closure = Callable[[Callable[[Facts, FunctionFact], bool]], frozenset[str]]
# Options that leave columns out.
_LEAVING_OUT = frozenset({"defer", "load_only"})


class Unloaded:
    """The verdict for columns that are deferred, left out by an option, or expired before a loop reads them."""

    def __init__(
        self, files: Sequence[Facts], classes: Classes, callers: Callers, following: Following, closure: Closure
    ) -> None:
        self._files = files
        self._classes = classes
        self._callers = callers
        self._following = following
        self._closure = closure

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may read one, in a loop or in a coroutine; `calls` are the last names of what it calls."""
        reads = sketch.reads if fact is not None and fact.is_async else sketch.loop_reads
        if not reads and not sketch.loop_calls:
            return False
        if not calls.isdisjoint(_LEAVING_OUT):
            return True
        if not calls.isdisjoint(EXPIRING) and (fact is None or knows_session(fact)):
            return True
        if self._given and fact is not None and f"{facts.module}:{fact.qualname}" in self._given:
            return True
        if not calls.isdisjoint(WRITING) and not self._worked_out.isdisjoint(last_names(reads)):
            return True
        if not self._deferred:
            return False
        return not self._deferred.isdisjoint(last_names(reads)) or any(
            target in self._reading for chain in sketch.loop_calls for target in self._following(facts, fact, chain)
        )

    @cached_property
    def _reading(self) -> frozenset[str]:
        """The functions that may read a column which its mapping defers, by themselves or in what they call."""
        return self._closure(lambda facts, fact: not self._deferred.isdisjoint(last_names(fact.sketch.reads)))

    @cached_property
    def _given(self) -> frozenset[str]:
        """The functions that call one which leaves columns out."""
        leaving = functions_calling(self._files, _LEAVING_OUT)
        return frozenset[str]().union(*(group for item in leaving for group in self._callers.get(item, ())))

    @cached_property
    def _deferred(self) -> frozenset[str]:
        """The names of all columns that their mapping defers."""
        return frozenset(column.name for column in self._columns() if column.deferred)

    @cached_property
    def _worked_out(self) -> frozenset[str]:
        """The names of all columns that the database works out in an UPDATE."""
        return frozenset(column.name for column in self._columns() if column.onupdate in WORKED_OUT)

    def _columns(self) -> Iterator[Column]:
        for facts in self._files:
            for qualname in facts.classes:
                yield from self._classes.mapping(f"{facts.module}:{qualname}").columns.values()
