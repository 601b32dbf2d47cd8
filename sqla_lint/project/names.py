"""Which definition a name stands for, across files, aliases, re-exports and star imports."""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sqla_lint.knowledge import sessions
from sqla_lint.knowledge.mapping import is_family
from sqla_lint.survey.expressions import Expression, Index, Literal, dotted, parse_annotation
from sqla_lint.survey.facts import ClassFact, Facts, FunctionFact


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a name leads. kind: "class", "function", "variable", "module", "external" or "unknown".

    `module` and `name` say where it is defined; of something external, `name` is the dotted name.
    """

    kind: str
    module: str = ""
    name: str = ""

    @property
    def id(self) -> str:
        """ "module:qualname", the identity of classes and functions."""
        return f"{self.module}:{self.name}"


NOTHING = Definition("unknown")


class NameIndex:
    """All files by the names they can be imported by, and their classes by simple name."""

    def __init__(self, files: Iterable[Facts]) -> None:
        self.modules: dict[str, Facts] = {}
        self.by_class_name: dict[str, list[Definition]] = {}
        self.by_function_name: dict[str, list[Definition]] = {}
        self._cache: dict[tuple[str, str], Definition] = {}
        self.files = files = list(files)
        for facts in files:
            self.modules.setdefault(facts.module, facts)
        for facts in files:
            for alias in facts.aliases:
                self.modules.setdefault(alias, facts)
        self.packages = {name.rpartition(".")[0] for name in self.modules} | {
            name.partition(".")[0] for name in self.modules
        }
        for facts in files:
            for qualname, item in facts.classes.items():
                self.by_class_name.setdefault(item.name, []).append(Definition("class", facts.module, qualname))
            for qualname, function in facts.functions.items():
                self.by_function_name.setdefault(function.name.partition("@")[0], []).append(
                    Definition("function", facts.module, qualname)
                )

    def as_imported(self, names: Iterable[str]) -> frozenset[str]:
        """The names, and what the files call them by importing them under another."""
        found = set(names)
        return frozenset(found.union(*(self._renamed.get(name, ()) for name in found)))

    @cached_property
    def _renamed(self) -> dict[str, set[str]]:
        """For the last name of what is imported the other names that files give it."""
        found: dict[str, set[str]] = defaultdict(set)
        for facts in self.files:
            for name, target in facts.imports.items():
                if (own := target.rpartition(".")[2]) != name:
                    found[own].add(name)
        return dict(found)

    def class_fact(self, id_: str) -> ClassFact | None:
        """The class of that identity."""
        module, _, qualname = id_.partition(":")
        facts = self.modules.get(module)
        return facts.classes.get(qualname) if facts else None

    def function_fact(self, id_: str) -> FunctionFact | None:
        """The function of that identity."""
        module, _, qualname = id_.partition(":")
        facts = self.modules.get(module)
        return facts.functions.get(qualname) if facts else None

    def find(self, module: str, name: str) -> Definition:
        """What a bare name stands for at the top of a module."""
        key = (module, name)
        if key not in self._cache:
            self._cache[key] = NOTHING
            self._cache[key] = self._find(module, name, frozenset())
        return self._cache[key]

    def _find(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Definition:
        facts = self.modules.get(module)
        if facts is None or (module, name) in seen:
            return NOTHING
        seen |= {(module, name)}
        if name in facts.classes:
            return Definition("class", facts.module, name)
        if name in facts.functions:
            # A function beside an import of SQLAlchemy's own of the name stands in where that fails.
            target = facts.imports.get(name, "")
            found = self._absolute(target, seen) if is_family(target) else NOTHING
            return found if found.kind == "external" else Definition("function", facts.module, name)
        if name in facts.variables and name not in facts.imports:
            return Definition("variable", facts.module, name)
        for imports in (facts.imports, facts.other_imports):
            found = self._absolute(imports[name], seen) if name in imports else NOTHING
            if found.kind != "unknown":
                return found
        if name in facts.variables:
            return Definition("variable", facts.module, name)
        for star in facts.star_imports:
            found = self._find(star, name, seen) if star in self.modules else NOTHING
            if found.kind != "unknown" and not found.name.startswith("builtins."):
                return found
        submodule = f"{facts.module}.{name}"
        if submodule in self.modules:
            return Definition("module", submodule)
        if hasattr(builtins, name):
            return Definition("external", "", f"builtins.{name}")
        # What a star may bring is known of libraries only: it is theirs where nothing else explains it.
        stars = [star for star in facts.star_imports if star not in self.modules and is_family(star)]
        home = next((star for star in stars if f"{star}.{name}" in sessions.MAKING), "".join(stars[:1]))
        return Definition("external", "", f"{home}.{name}") if home else NOTHING

    def absolute(self, dotted_name: str) -> Definition:
        """What an absolute dotted name stands for."""
        return self._absolute(dotted_name, frozenset())

    def _absolute(self, dotted_name: str, seen: frozenset[tuple[str, str]]) -> Definition:
        if dotted_name in self.modules:
            return self._rebound(dotted_name, seen) or Definition("module", self.modules[dotted_name].module)
        parts = dotted_name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            head = ".".join(parts[:cut])
            if head in self.modules and not self._hides_nothing(head):
                return self._member(head, parts[cut:], seen)
        if dotted_name in self.packages:
            return Definition("module", dotted_name)
        theirs = parts[0] not in self.packages or self._hides_nothing(parts[0])
        return Definition("external", "", dotted_name) if theirs else NOTHING

    def _hides_nothing(self, package: str) -> bool:
        """Whether a folder of the project is called as a library of the family is, and has nothing of what that has.

        Alembic's own folder of revisions is called so, and an installed library is found before a folder without
        an `__init__` is.
        """
        if "." in package or not is_family(package):
            return False
        facts = self.modules.get(package)
        if facts is None:
            return True
        return not (facts.imports or facts.star_imports or facts.variables or facts.functions or facts.classes)

    def _rebound(self, dotted_name: str, seen: frozenset[tuple[str, str]]) -> Definition | None:
        """`from .db import db` in a package: the package's `db` is the object, no longer the submodule."""
        package, _, name = dotted_name.rpartition(".")
        facts = self.modules.get(package)
        if facts is None or name not in facts.imports or facts.imports[name] == dotted_name:
            return None
        found = self._find(facts.module, name, seen)
        return None if found.kind == "unknown" else found

    def _member(self, module: str, rest: list[str], seen: frozenset[tuple[str, str]]) -> Definition:
        found = self._find(module, rest[0], seen)
        for name in rest[1:]:
            found = self.member(found, name)
        return found

    def member(self, definition: Definition, name: str) -> Definition:
        """`definition.name`."""
        match definition.kind:
            case "module":
                if definition.module in self.modules:
                    return self.find(definition.module, name)
                return self.absolute(f"{definition.module}.{name}")
            case "external":
                return Definition("external", "", f"{definition.name}.{name}")
            case "class":
                qualname = f"{definition.name}.{name}"
                facts = self.modules[definition.module]
                if qualname in facts.classes:
                    return Definition("class", definition.module, qualname)
                if qualname in facts.functions:
                    return Definition("function", definition.module, qualname)
        return NOTHING

    def resolve(self, module: str, expression: Expression | None) -> Definition:
        """What a chain of names, a quoted name or a subscripted generic stands for in a module."""
        match expression:
            case Index(base=base):
                return self.resolve(module, base)
            case Literal(value=str(text)):
                return self.resolve(module, parse_annotation(text)) if len(text) < 200 else NOTHING
        chain = dotted(expression).split(".")
        if not chain[0]:
            return NOTHING
        found = self.find(module, chain[0])
        for name in chain[1:]:
            found = self.member(found, name)
        return found
