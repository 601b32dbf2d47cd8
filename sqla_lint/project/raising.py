"""Which bodies may read a relationship that is set to raise, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from sqla_lint.knowledge.loaders import RAISES, RAISING
from sqla_lint.project.classes import Classes
from sqla_lint.project.mentions import last_names
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

_Closure = Callable[[Callable[[Facts, FunctionFact], bool]], frozenset[str]]
_Loads = Callable[[Facts, FunctionFact | None, str], bool]


class Raising:
    """The verdict: what the mapping sets to raise goes by its name, what options do by their functions' callers."""

    def __init__(
        self, files: Sequence[Facts], classes: Classes, events: Collection[str], closure: _Closure, loads: _Loads
    ) -> None:
        self._asked = "RaisingRead" in events
        self._loads = loads
        self._names = frozenset(_names(files, classes)) if self._asked else frozenset()
        self._options = closure(_has_option) if self._asked else frozenset()

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold such a read."""
        if not self._asked:
            return False
        if self._names and not self._names.isdisjoint(last_names(sketch.reads)):
            return True
        if f"{RAISES}=" in calls:
            return True  # of columns
        given = fact is not None and f"{facts.module}:{fact.qualname}" in self._options or RAISES in calls
        return given and any(self._loads(facts, fact, chain) for chain in sketch.reads)


def _names(files: Sequence[Facts], classes: Classes) -> Iterator[str]:
    for facts in files:
        for qualname, fact in facts.classes.items():
            if fact.attributes or fact.methods:
                relationships = classes.mapping(f"{facts.module}:{qualname}").relationships
                yield from (name for name, item in relationships.items() if item.lazy in RAISING)


def _has_option(facts: Facts, fact: FunctionFact) -> bool:
    return RAISES in last_names(fact.sketch.calls)
