"""Which bodies may begin a transaction twice, cut off a stream, or write with their own session, by their sketches."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from sqla_lint.project.lives import Lives
from sqla_lint.project.mentions import begins_transaction, goes_outside, knows_session, last, last_names
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

_ENDING = frozenset({"commit", "rollback"})
_STREAMING = frozenset({"execution_options", "yield_per"})
Called = Callable[[Facts, FunctionFact | None, str], tuple[str, ...]]
Closure = Callable[[Callable[[Facts, FunctionFact], bool]], frozenset[str]]


class Transacting:
    """The verdict. opening: names whose call gives a session. lives: knows the functions that open one themselves.

    called: gives the functions that a chain of a body may run. closure: those of which something holds, and all that
    may run them. committing: the functions that may commit.
    """

    def __init__(
        self,
        events: frozenset[str],
        opening: frozenset[str],
        lives: Lives,
        called: Called,
        closure: Closure,
        committing: frozenset[str],
    ) -> None:
        self._events = events
        self._opening = opening
        self._lives = lives
        self._called = called
        self._closure = closure
        self._committing = committing

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        if "BegunTwice" in self._events and self._may_begin(facts, fact, sketch):
            return True
        if "Waited" in self._events and self._may_wait(facts, fact, sketch):
            return True
        if "StreamCut" in self._events and self._streams and self._may_cut(facts, fact, sketch):
            return True
        if not self._events.isdisjoint(("WritesLost", "UsedAfterEnd")) and _connects(sketch, calls):
            return True
        if self._events.isdisjoint(("WritesLost", "WrittenTwice")):
            return False
        return not calls.isdisjoint(self._opening) or self._borrows(facts, fact, sketch)

    def _may_begin(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether a function that names a session may begin a transaction by hand, in what it calls."""
        if fact is None:
            called = (target for chain in sketch.calls for target in self._called(facts, fact, chain))
            return bool(self._beginning) and not self._beginning.isdisjoint(called)
        return f"{facts.module}:{fact.qualname}" in self._beginning and knows_session(fact)

    def _may_wait(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether a function that names a session may talk to the outside world, in what it calls."""
        if fact is None:
            return any(goes_outside(facts, chain) for chain in sketch.calls)
        return f"{facts.module}:{fact.qualname}" in self._outgoing and knows_session(fact)

    def _may_cut(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether something may end a transaction in a loop."""
        return any(
            last(chain) in _ENDING or not self._ending.isdisjoint(self._called(facts, fact, chain))
            for chain in sketch.loop_calls
        )

    @cached_property
    def _streams(self) -> bool:
        """Whether anything in the project may take rows batch by batch."""
        return bool(self._closure(lambda _, fact: not _STREAMING.isdisjoint(last_names(fact.sketch.calls))))

    @cached_property
    def _ending(self) -> frozenset[str]:
        """The functions that may end a transaction, by themselves or in what they call."""
        return self._committing | self._closure(lambda _, fact: not _ENDING.isdisjoint(last_names(fact.sketch.calls)))

    @cached_property
    def _outgoing(self) -> frozenset[str]:
        """The functions that may talk to the outside world, by themselves or in what they call."""
        return self._closure(lambda facts, fact: any(goes_outside(facts, chain) for chain in fact.sketch.calls))

    def _borrows(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether a function may enter a context manager of the project that opens a session."""
        entered = (chain.removesuffix("()") for chain in sketch.entered if chain.endswith("()"))
        return self._lives.is_helped(facts, fact, entered)

    @cached_property
    def _beginning(self) -> frozenset[str]:
        """The functions that may begin a transaction by hand, by themselves or in what they call."""
        return self._closure(lambda facts, fact: any(map(begins_transaction, fact.sketch.calls)))


def _connects(sketch: Sketch, calls: frozenset[str]) -> bool:
    """Whether a body may send something on a connection that one of its blocks enters."""
    entered = {last(chain.removesuffix("()")) for chain in sketch.entered}
    return not entered.isdisjoint(("begin", "connect")) and not calls.isdisjoint(("exec_driver_sql", "execute"))
