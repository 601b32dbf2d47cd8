"""Which bodies may hold a `try` whose handlers pass over a flush that failed, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sqla_lint.knowledge.databases import is_postgresql
from sqla_lint.knowledge.exceptions import SENDING, WRITING
from sqla_lint.project.mentions import by_last_name, knows_session, last, last_names
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

TargetsOf = Callable[[Facts, FunctionFact | None, str], tuple[str, ...]]
Closure = Callable[[Callable[[Facts, FunctionFact], bool]], frozenset[str]]


class Failing:
    """The verdict for what handlers catch; `closure` adds the callers of functions, and theirs."""

    def __init__(self, files: Sequence[Facts], events: frozenset[str], targets_of: TargetsOf, closure: Closure) -> None:
        self._asked = "Caught" in events
        self._files = files
        postgresql = any(is_postgresql(facts.databases) for facts in files)
        self._verbs = WRITING | SENDING if postgresql else WRITING
        self._targets_of = targets_of
        self._closure = closure

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether something may be written in a `try` of a body, by itself or in a helper."""
        if not self._asked:
            return False
        if not sketch.tried:
            return self._hears_nothing(facts, fact, sketch)
        if not last_names(sketch.tried).isdisjoint(self._verbs):
            return True
        if any(item in self._may_write for chain in sketch.tried for item in self._targets_of(facts, fact, chain)):
            return True
        return self._hears_nothing(facts, fact, sketch)

    def _hears_nothing(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether a function is called in which a flush may fail, and that tells nobody."""
        for chain in sketch.calls:
            passing = self._passing.get(last(chain))
            if passing is not None and not passing.isdisjoint(self._targets_of(facts, fact, chain)):
                return True
        return False

    @cached_property
    def _passing(self) -> dict[str, set[str]]:
        """The functions in which a flush may fail that their callers do not hear of, by their last names."""
        return by_last_name(self._files, lambda facts, fact: bool(fact.sketch.passes))

    @cached_property
    def _may_write(self) -> frozenset[str]:
        """The functions that may flush, or give a session something to write."""
        return self._closure(
            lambda facts, fact: knows_session(fact) and not last_names(fact.sketch.calls).isdisjoint(WRITING)
        )
