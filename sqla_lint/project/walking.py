"""Which bodies may go through the relationships of a class by names that are worked out as they run."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property

from sqla_lint.knowledge.reflection import RELATIONAL
from sqla_lint.project.mentions import last, last_names
from sqla_lint.survey.expressions import Expression, Items, Literal
from sqla_lint.survey.facts import Facts, Sketch


class Walking:
    """The verdict for reads of attributes whose names stand in lists; `relationships` are the names of all of them."""

    def __init__(self, files: Sequence[Facts], relationships: Container[object]) -> None:
        self._files = files
        self._relationships = relationships

    def may_load(self, facts: Facts, sketch: Sketch) -> bool:
        """Whether the names that a function reads attributes by may be those of relationships."""
        names = last_names(sketch.reads)
        if not names.isdisjoint(RELATIONAL) or not names.isdisjoint(self._listing):
            return True
        if not self._listing:
            return False
        known = {*facts.variables, *(last(target) for target in facts.imports.values())}
        return bool(facts.star_imports) or not known.isdisjoint(self._listing)

    @cached_property
    def _listing(self) -> frozenset[str]:
        """The variables and the attributes of classes that list names of relationships."""
        found: set[str] = set()
        for facts in self._files:
            for declared in (facts.variables, *(item.attributes for item in facts.classes.values())):
                found |= {name for name, item in declared.items() if self._lists(item.value)}
        return frozenset(found)

    def _lists(self, value: Expression | None) -> bool:
        items = value.items if isinstance(value, Items) else ()
        return any(isinstance(item, Literal) and item.value in self._relationships for item in items)
