"""Which bodies may hold an event of the unit of work, decided on sketches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from sqla_lint.flow.columns import Column
from sqla_lint.flow.parents import naming_key
from sqla_lint.flow.questions import ClassInfo, Relationship
from sqla_lint.knowledge.columns import IN_PLACE, NUMBERS
from sqla_lint.knowledge.mapping import CUTTING
from sqla_lint.project.classes import Classes
from sqla_lint.project.mentions import last, last_names
from sqla_lint.survey.facts import Facts, Sketch


class Writing:
    """The verdict for the events that rules ask for."""

    def __init__(self, files: Sequence[Facts], classes: Classes, events: frozenset[str]) -> None:
        self._files = files
        self._classes = classes
        self._events = events

    def may_hold(self, sketch: Sketch) -> bool:
        """Whether a body may hold one."""
        if "ChangedInPlace" in self._events and not self._changing.isdisjoint(sketch.changes):
            return True
        if (
            "RowsOutOfDate" in self._events
            and sketch.synchronizes
            or "RemovedCalled" in self._events
            and sketch.removed
        ):
            return True
        if "Counted" in self._events and not self._numbers.isdisjoint(sketch.changes):
            return True
        if "OutOfStep" in self._events and (self._sets_one_of_two(sketch) or self._goes_through_new(sketch)):
            return True
        if "LinkCut" in self._events and self._cuts(sketch):
            return True
        if "AddedAgain" in self._events and self._adds_what_it_makes(sketch):
            return True
        return "CollectionShrinks" in self._events and self._shrinks(sketch)

    @cached_property
    def _numbers(self) -> frozenset[str]:
        """The columns that hold numbers."""
        return frozenset(item.name for item in self._columns() if item.type in NUMBERS)

    def _sets_one_of_two(self, sketch: Sketch) -> bool:
        """Whether a body may set a foreign key and read what goes by it, or the other way round."""
        pairs = [(one, other) for one, other in self._keys if one in sketch.sets or other in sketch.sets]
        read = last_names(sketch.reads) if pairs else ()
        return any(one in read and other in read for one, other in pairs)

    def _goes_through_new(self, sketch: Sketch) -> bool:
        """Whether a body makes an object and goes on from what a relationship of it leads to."""
        made = {name for name, chain in sketch.made if chain.endswith("()") and last(chain[:-2]) in self._made}
        if not made:
            return False
        parts = (chain.split(".") for chain in (*sketch.reads, *sketch.calls))
        return any(len(part) > 2 and part[0] in made and part[1] in self._single for part in parts)

    @cached_property
    def _single(self) -> frozenset[str]:
        return frozenset(name for name, _ in self._keys)

    @cached_property
    def _keys(self) -> frozenset[tuple[str, str]]:
        """The relationships that go by one column, with it."""
        return frozenset((item.name, item.keys[0]) for item in self._relationships() if len(item.keys) == 1)

    def _cuts(self, sketch: Sketch) -> bool:
        """Whether a body may take a row from its parent."""
        taken = (chain.rsplit(".", 2) for chain in sketch.calls if last(chain) in CUTTING)
        names = {parts[-2] for parts in taken if len(parts) > 2} | sketch.sets
        return not names.isdisjoint(self._keeping)

    @cached_property
    def _keeping(self) -> frozenset[str]:
        """The relationships along which a row must name its parent."""
        names = set()
        for info in self._classes_mapped():
            for item in info.relationships.values():
                key = naming_key(item, info, self._classes.mapping(item.target)) if item.target else None
                if key is not None and not key.nullable:
                    names.add(item.name)
        return frozenset(names)

    def _adds_what_it_makes(self, sketch: Sketch) -> bool:
        """Whether a body makes an object and adds something in a loop."""
        adds = "add" in last_names(sketch.loop_calls)
        return adds and not last_names(sketch.calls).isdisjoint(self._made)

    def _shrinks(self, sketch: Sketch) -> bool:
        """Whether a loop may take something out of the collection that it goes through."""
        taken = (chain.rsplit(".", 2) for chain in sketch.loop_calls if last(chain) in ("remove", "pop"))
        if any(parts[-2] in self._collections for parts in taken if len(parts) > 2):
            return True
        names = self._links.keys() & last_names(sketch.loop_reads)
        if not names:
            return False
        read = last_names(sketch.reads)
        return any(not self._links[name].isdisjoint(read) for name in names)

    @cached_property
    def _made(self) -> frozenset[str]:
        """The names by which mapped classes are called."""
        return self._classes.index.as_imported({info.name for info in self._classes_mapped() if info.mapped})

    @cached_property
    def _collections(self) -> frozenset[str]:
        return frozenset(item.name for item in self._relationships() if item.collection)

    @cached_property
    def _links(self) -> dict[str, set[str]]:
        """The relationships to one row, with the names of the collections on their other side."""
        found: dict[str, set[str]] = {}
        for item in self._relationships():
            if not item.collection and item.reverse:
                found.setdefault(item.name, set()).add(item.reverse)
        return found

    def _relationships(self) -> Iterator[Relationship]:
        for info in self._classes_mapped():
            yield from info.relationships.values()

    @cached_property
    def _changing(self) -> frozenset[str]:
        """The columns whose values may be changed in place without anybody noticing."""
        unnoticed = (item for item in self._columns() if not item.tracked or item.shallow)
        return frozenset(item.name for item in unnoticed if item.type in IN_PLACE)

    def _columns(self) -> Iterator[Column]:
        for info in self._classes_mapped():
            yield from info.columns.values()

    def _classes_mapped(self) -> Iterator[ClassInfo]:
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                if fact.attributes or fact.methods:
                    yield self._classes.mapping(f"{facts.module}:{qualname}")
