"""Which bodies may give a unit of work what does not go together, or take from it what is not there yet.

Decided on sketches, for the events that rules ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sqla_lint.knowledge.sessions import REFUSING, TAKES_IN
from sqla_lint.project.classes import Classes
from sqla_lint.project.completing import Completing
from sqla_lint.project.keyed import Following, Keyed
from sqla_lint.project.mentions import functions_where, knows_session
from sqla_lint.project.replacing import Replacing
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

_CHANGING = frozenset({"add", "add_all", "delete"})


class Working:
    """The verdict for events about one object, or about two of different classes."""

    def __init__(
        self,
        files: Sequence[Facts],
        classes: Classes,
        events: frozenset[str],
        opening: frozenset[str],
        following: Following,
    ) -> None:
        self._opening = opening
        self._following = following
        self._files = files
        self._classes = classes
        self._events = events
        self._replacing = Replacing(files, classes)
        self._keyed = Keyed(files, classes, following)
        self._completing = Completing(files, classes, following)

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        return (
            "WorkPaired" in self._events
            and self._replacing.may_hold(fact, sketch, calls)
            or "Readded" in self._events
            and {"delete", "merge"} <= calls
            or "KeyTaken" in self._events
            and self._keyed.may_repeat(sketch, calls)
            or "AddedTogether" in self._events
            and self._adds_unrelated(calls)
            or "InsertedUnguarded" in self._events
            and "add" in calls
            and not calls.isdisjoint(("commit", "flush"))
            and not calls.isdisjoint(("filter", "filter_by", "where"))
            or "HeldElsewhere" in self._events
            and not calls.isdisjoint(REFUSING | {"append"})
            and not calls.isdisjoint(self._opening)
            or "NeverAdded" in self._events
            and not self._kept_out.isdisjoint(calls)
            and (TAKES_IN.isdisjoint(calls) or not self._kept_out.isdisjoint(sketch.dropped))
            or "HalfBuilt" in self._events
            and self._completing.may_hold(facts, fact, sketch, calls)
            or "ReadFlushes" in self._events
            and (bool(sketch.sets) or not _CHANGING.isdisjoint(calls))
            and self._calls_reader(facts, fact, sketch)
            or "KeyRead" in self._events
            and self._keyed.may_hold(facts, fact, sketch, calls)
        )

    def _calls_reader(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether a function of the project is called that may query."""
        return any(target in self._reading for chain in sketch.calls for target in self._following(facts, fact, chain))

    @cached_property
    def _reading(self) -> frozenset[str]:
        """The functions that know a session, or are handed one."""
        return functions_where(self._files, lambda facts, fact: knows_session(fact))

    def _adds_unrelated(self, calls: frozenset[str]) -> bool:
        """Whether objects of two classes are made of which only a foreign key leads from one to the other."""
        return any(not child.isdisjoint(calls) and not parent.isdisjoint(calls) for child, parent in self._unrelated)

    @cached_property
    def _kept_out(self) -> frozenset[str]:
        """The names of the classes that have a relationship to a parent which has one that leads back."""
        names = set()
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                info = self._classes.mapping(f"{facts.module}:{qualname}")
                if any(item.reverse and not item.collection for item in info.relationships.values()):
                    names.add(fact.name)
        return self._classes.index.as_imported(names)

    @cached_property
    def _unrelated(self) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
        """The names of two classes where one has a foreign key to the other, and neither a relationship."""
        found = set()
        for facts in self._files:
            for qualname in facts.classes:
                info = self._classes.mapping(f"{facts.module}:{qualname}")
                keys = {key.cls for column in info.columns.values() for key in column.foreign_keys if info.mapped}
                for target in keys - {"", info.id}:
                    other = self._classes.mapping(target)
                    if not info.is_related(other):
                        family = (target, *self._classes.subclasses.get(target, ()))
                        found.add((info.name, frozenset(self._classes.mapping(item).name for item in family)))
        called = self._classes.index.as_imported
        return tuple((called({child}), called(parents)) for child, parents in found)
