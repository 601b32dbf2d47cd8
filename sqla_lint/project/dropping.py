"""Which bodies may hold a value that is dropped, or a coroutine that is not awaited, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from sqla_lint.knowledge.coroutines import BEGINNING, CALLED_BY, DROPPED
from sqla_lint.project.mentions import functions_where, knows_session, last
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch


def has_async(files: Sequence[Facts]) -> bool:
    """Whether a project imports anything asynchronous of the library."""
    return any(".ext.asyncio" in target for facts in files for target in facts.imports.values())


_COROUTINES = CALLED_BY["CoroutineUsed"]
_OF_COROUTINES = frozenset({"CoroutineUsed", "ValueDropped"})
# Coroutines of a session that mappings and clients have as well: they are its own where a session is named.
_SHARED = frozenset({"delete", "get"})
Following = Callable[[Facts, FunctionFact | None, str], Iterable[str]]


class Dropping:
    """The verdict for the events that rules ask for. `following` gives the functions that a chain may run."""

    def __init__(self, index: NameIndex, events: frozenset[str], following: Following) -> None:
        self._index = index
        self._events = events
        self._following = following
        self._imports_async = has_async(index.files)

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        if "ValueDropped" in self._events and not DROPPED.isdisjoint(sketch.dropped):
            return True
        if not self._imports_async and (fact is None or not fact.is_async):
            return False
        if "ValueDropped" in self._events and not BEGINNING.isdisjoint(sketch.dropped - sketch.only_awaited):
            return True
        awaited = sketch.only_awaited | sketch.sometimes_awaited
        if "AwaitedPlain" in self._events and not CALLED_BY["AwaitedPlain"].isdisjoint(awaited):
            return True
        if "ValueDropped" in self._events and not DROPPED.isdisjoint(awaited):
            return True
        return bool(self._events & _OF_COROUTINES) and self._leaves(facts, fact, sketch, calls - sketch.only_awaited)

    def _leaves(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether one of these calls, which no `await` stands before, may give a coroutine."""
        own = calls & _COROUTINES
        if own - _SHARED or own and (fact is None or knows_session(fact)):
            return True
        if self._names.isdisjoint(calls):
            return False
        chains = (chain for chain in sketch.calls if last(chain) in self._names and last(chain) in calls)
        return any(item in self._asynchronous for chain in chains for item in self._following(facts, fact, chain))

    @cached_property
    def _asynchronous(self) -> frozenset[str]:
        """The coroutine functions of the project."""
        return functions_where(self._index.files, lambda facts, fact: fact.is_async and not fact.is_generator)

    @cached_property
    def _names(self) -> frozenset[str]:
        """What they are called by."""
        return self._index.as_imported({last(item.replace(":", ".")) for item in self._asynchronous})
