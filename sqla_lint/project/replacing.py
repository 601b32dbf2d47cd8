"""Which bodies may replace a row by another of the same unique key without `add()`, decided on sketches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sqla_lint.project.classes import Classes
from sqla_lint.project.mentions import knows_session, last_names
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch


class Replacing:
    """The verdict: a delete beside an attribute of a unique key, or a relationship that deletes its orphans."""

    def __init__(self, files: Sequence[Facts], classes: Classes) -> None:
        self._files = files
        self._classes = classes

    @cached_property
    def _names(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Columns of unique keys; relationships that delete orphans of such a class; the names of those classes."""
        columns, relationships, names = set(), set(), set()
        for facts in self._files:
            for qualname in facts.classes:
                info = self._classes.mapping(f"{facts.module}:{qualname}")
                columns |= {name for key in info.unique if key != info.primary for name in key}
                for item in info.relationships.values():
                    target = self._classes.mapping(item.target) if "delete-orphan" in item.cascade else None
                    if target is not None and any(key != target.primary for key in target.unique):
                        relationships.add(item.name)
                        names.add(target.name)
        return frozenset(columns), frozenset(relationships), self._classes.index.as_imported(names)

    def may_hold(self, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        if fact is not None and not knows_session(fact):
            return False
        columns, relationships, names = self._names
        if "delete" in calls and not last_names(sketch.reads).isdisjoint(columns):
            return True
        if names.isdisjoint(calls):
            return False
        return any(not relationships.isdisjoint(chain.split(".")[1:]) for chain in (*sketch.reads, *sketch.calls))
