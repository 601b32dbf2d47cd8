"""Which bodies may hold an event of the unit of work, decided on sketches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from sqla_lint.flow.columns import Column
from sqla_lint.knowledge.columns import IN_PLACE
from sqla_lint.project.classes import Classes
from sqla_lint.survey.facts import Facts, Sketch


class Writing:
    """The verdict for the events that rules ask for."""

    def __init__(self, files: Sequence[Facts], classes: Classes, events: frozenset[str]) -> None:
        self._files = files
        self._classes = classes
        self._events = events

    def may_hold(self, sketch: Sketch) -> bool:
        """Whether a body may hold one."""
        return "ChangedInPlace" in self._events and not self._changing.isdisjoint(sketch.changes)

    @cached_property
    def _changing(self) -> frozenset[str]:
        """The columns whose values may be changed in place without anybody noticing."""
        return frozenset(item.name for item in self._columns() if item.type in IN_PLACE and not item.tracked)

    def _columns(self) -> Iterator[Column]:
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                if fact.attributes or fact.methods:
                    yield from self._classes.mapping(f"{facts.module}:{qualname}").columns.values()
