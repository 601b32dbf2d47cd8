"""Which bodies may hold a value that is dropped, or a coroutine that is not awaited, decided on sketches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sqla_lint.knowledge.coroutines import ASYNCHRONOUS, CALLED_BY, DROPPED
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch


def as_imported(files: Sequence[Facts], names: set[str]) -> frozenset[str]:
    """The names, and what the files call them by importing them under another."""
    imported = (item for facts in files for item in facts.imports.items())
    return frozenset(names.union(name for name, target in imported if target.rpartition(".")[2] in names))


def has_async(files: Sequence[Facts]) -> bool:
    """Whether a project imports anything asynchronous of the library."""
    return any(".ext.asyncio" in target for facts in files for target in facts.imports.values())


class Dropping:
    """The verdict for the events that rules ask for."""

    def __init__(self, files: Sequence[Facts], events: frozenset[str]) -> None:
        self._files = files
        self._events = events
        self._imports_async = has_async(files)

    @cached_property
    def _awaited(self) -> frozenset[str]:
        """The last names of calls that matter where something is awaited, or should be."""
        names = {name for event in self._events & ASYNCHRONOUS for name in CALLED_BY[event]}
        if not self._events.isdisjoint(("ValueDropped", "CoroutineUsed")):
            functions = (fact for facts in self._files for fact in facts.functions.values())
            names |= {fact.name for fact in functions if fact.is_async}
        return as_imported(self._files, names)

    def may_hold(self, fact: FunctionFact | None, sketch: Sketch, calls: set[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        if "ValueDropped" in self._events and not DROPPED.isdisjoint(sketch.dropped):
            return True
        waits = self._imports_async or fact is not None and fact.is_async
        return waits and not self._awaited.isdisjoint(calls)
