"""Which bodies may hold an event of a session's life, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from sqla_lint.knowledge.sessions import ENDING
from sqla_lint.project.mentions import functions_where, knows_session, last, last_names
from sqla_lint.project.sharing import keeps_session, opened_by
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

# The events that only what opens a session can hold, and those of what closes one.
_OF_END = frozenset({"ClosedBehind", "TakenLate", "UsedAgain"})
_OF_LIFE = _OF_END | {"ScopeLeft"}
# What takes one item of a generator, and may let go of it then.
_DRAWING = frozenset({"next", "anext"})
Targets = Callable[[Facts, FunctionFact | None, str], Iterable[str]]


class Lives:
    """The verdict for the events that rules ask for; `opening` are names whose call gives a session."""

    def __init__(
        self, files: Sequence[Facts], opening: frozenset[str], targets: Targets, events: frozenset[str]
    ) -> None:
        self._files = files
        self._opening = opening
        self._targets = targets
        self._events = events

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        if fact is None and "SessionKept" in self._events and keeps_session(facts, self._keeping):
            return True
        if not self._events.isdisjoint(_OF_LIFE) and self._opens(facts, fact, sketch, calls):
            return True
        if "ScopeLeft" in self._events and "remove" in calls and fact is not None and fact.is_generator:
            return True  # of a registry
        if "ReadStale" in self._events and "sleep" in last_names(sketch.loop_calls) and self._works(fact, calls):
            return True
        return not self._events.isdisjoint(_OF_END) and self._closes(facts, fact, sketch, calls)

    def _works(self, fact: FunctionFact | None, calls: frozenset[str]) -> bool:
        return fact is None or knows_session(fact) or not calls.isdisjoint(self._opening)

    def _opens(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a session may be opened, here or in what a helper yields."""
        if not calls.isdisjoint(self._opening):
            return True
        return not calls.isdisjoint(_DRAWING) and self.is_helped(facts, fact, sketch.calls)

    def _closes(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a session may be closed that was not opened here, or that the block of a function closes."""
        if not calls.isdisjoint(ENDING) and (fact is None or knows_session(fact)):
            return True
        entered = frozenset(chain.removesuffix("()") for chain in sketch.entered)
        return self.is_helped(facts, fact, entered & sketch.calls)

    def is_helped(self, facts: Facts, fact: FunctionFact | None, calls: Iterable[str]) -> bool:
        """Whether what is called may be a function that opens a session itself."""
        helped = (target for chain in calls for target in self._targets(facts, fact, chain))
        return not self._handing.isdisjoint(helped)

    @cached_property
    def _keeping(self) -> frozenset[str]:
        """What opens a session, and the classes whose objects keep one that they open."""
        classes = (fact for facts in self._files for fact in facts.classes.values())
        return self._opening | {fact.name for fact in classes if opened_by(fact, self._opening)}

    @cached_property
    def _handing(self) -> frozenset[str]:
        """The functions that open a session themselves, `Maker.begin()` included."""
        return functions_where(self._files, lambda facts, fact: any(map(self._opening_call, fact.sketch.calls)))

    def _opening_call(self, chain: str) -> bool:
        owner, _, name = chain.rpartition(".")
        return name in self._opening or name == "begin" and last(owner) in self._opening
