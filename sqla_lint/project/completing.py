"""Which bodies may add a new object before it is complete, decided on sketches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sqla_lint.knowledge.sessions import TAKES_IN
from sqla_lint.project.classes import Classes
from sqla_lint.project.keyed import Following
from sqla_lint.project.mentions import functions_calling
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch


class Completing:
    """The verdict for the event that rules ask for. `following` gives the functions that a chain may run."""

    def __init__(self, files: Sequence[Facts], classes: Classes, following: Following) -> None:
        self._files = files
        self._classes = classes
        self._following = following

    @cached_property
    def _names(self) -> tuple[frozenset[str], frozenset[str]]:
        """The attributes that give a column what it must hold, and the names of the classes that have some."""
        attributes, names = set(), set()
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                info = self._classes.mapping(f"{facts.module}:{qualname}")
                required = {name for name, column in info.columns.items() if column.required} if info.mapped else set()
                if required:
                    names.add(fact.name)
                    attributes |= required
                    attributes |= {
                        name for name, item in info.relationships.items() if not required.isdisjoint(item.keys)
                    }
        return frozenset(attributes), self._classes.index.as_imported(names)

    @cached_property
    def _making(self) -> frozenset[str]:
        """The functions that make such an object themselves, by its name or as a method of the class."""
        return functions_calling(self._files, self._names[1] | {"cls"})

    @cached_property
    def _adding(self) -> frozenset[str]:
        """The functions that give an object to what may be a session."""
        return functions_calling(self._files, TAKES_IN)

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        attributes, names = self._names
        if attributes.isdisjoint(sketch.sets):
            return False
        makes, adds = not names.isdisjoint(calls), not TAKES_IN.isdisjoint(calls)
        if makes and adds:
            return True
        called = {target for chain in sketch.calls for target in self._following(facts, fact, chain)}
        return (makes or not self._making.isdisjoint(called)) and (adds or not self._adding.isdisjoint(called))
