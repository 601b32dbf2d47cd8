"""Which bodies may read the primary key of an object that was just made, or use one twice, decided on sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from sqla_lint.flow.taken import is_numbered
from sqla_lint.project.classes import Classes
from sqla_lint.project.mentions import functions_calling, functions_where, last
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

Following = Callable[[Facts, "FunctionFact | None", str], Iterable[str]]


class Keyed:
    """The verdict for the event that rules ask for. `following` gives the functions that a chain may run."""

    def __init__(self, files: Sequence[Facts], classes: Classes, following: Following) -> None:
        self._files = files
        self._classes = classes
        self._following = following

    @cached_property
    def _keys(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the keys that a flush gives, and of the classes that have them."""
        keys, names = set(), set()
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                info = self._classes.mapping(f"{facts.module}:{qualname}")
                given = [name for name in info.primary if info.columns[name].generated]
                if info.mapped and given:
                    keys.update(given)
                    names.add(fact.name)
        return frozenset(keys), self._classes.index.as_imported(names)

    @cached_property
    def _told(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the classes whose whole key a program may give, and of those that the database numbers."""
        told, numbered = set[str](), set[str]()
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                info = self._classes.mapping(f"{facts.module}:{qualname}")
                if info.mapped and info.primary:
                    by_database = any(is_numbered(info.columns[name]) for name in info.primary)
                    (numbered if by_database else told).add(fact.name)
        return self._classes.index.as_imported(told), self._classes.index.as_imported(numbered)

    def may_repeat(self, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may add a new object under a key of its own."""
        if calls.isdisjoint(("add", "add_all")):
            return False
        told, numbered = self._told
        return not calls.isdisjoint(told) or not sketch.numbers.isdisjoint(numbered)

    @cached_property
    def _making(self) -> frozenset[str]:
        """The functions that make such an object themselves, by its name or as a method of the class."""
        return functions_calling(self._files, self._keys[1] | {"cls"})

    @cached_property
    def _using(self) -> frozenset[str]:
        """The functions that read such a key of a parameter."""
        keys, _ = self._keys
        return functions_where(
            self._files,
            lambda facts, fact: any(
                f"{item.name}.{key}" in fact.sketch.reads for item in fact.parameters for key in keys
            ),
        )

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        keys, classes = self._keys
        owners = {chain.rpartition(".")[0] for chain in sketch.reads if last(chain) in keys and "." in chain}
        if not classes.isdisjoint(calls):
            used = (target for chain in sketch.calls for target in self._following(facts, fact, chain))
            if self._may_be_new(owners, sketch) or not self._using.isdisjoint(used):
                return True
        return bool(owners) and any(
            name in owners and not self._making.isdisjoint(self._following(facts, fact, chain.removesuffix("()")))
            for name, chain in sketch.made
        )

    def _may_be_new(self, owners: set[str], sketch: Sketch) -> bool:
        """Whether one of the owners may be an object that the body makes, or be reached from one."""
        new = {name for name, chain in sketch.made if last(chain.removesuffix("()")) in self._keys[1]} | sketch.bound
        size = 0
        while size < len(new):
            size = len(new)
            new |= {name for name, chain in sketch.made if chain in new}
        return any(
            owner.endswith("()") or owner.partition(".")[0] in new or "." in owner and last(owner) in sketch.sets
            for owner in owners
        )
