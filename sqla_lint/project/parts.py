"""The parts of a project that imports connect, and which of them know SQLAlchemy."""

from __future__ import annotations

from sqla_lint.knowledge.mapping import is_family
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.facts import Facts


class Parts:
    """Two files are in one part where one imports the other, directly or through further files."""

    def __init__(self, index: NameIndex) -> None:
        self._index = index
        self._leader: dict[str, str] = {}
        self._knowing: set[str] = set()
        for facts in index.files:
            for target in (*facts.imports.values(), *facts.star_imports):
                self._connect(facts.module, target)
        for facts in index.files:
            if any(is_family(target) for target in (*facts.imports.values(), *facts.star_imports)):
                self._knowing.add(self._lead(facts.module))

    def knows_library(self, facts: Facts) -> bool:
        """Whether the file, or one that imports connect it with, imports SQLAlchemy or what is built upon it."""
        return self._lead(facts.module) in self._knowing

    def _connect(self, module: str, target: str) -> None:
        """Join a file with the one that an imported name leads to, if that is in the project."""
        while target:
            if target in self._index.modules:
                self._leader[self._lead(module)] = self._lead(self._index.modules[target].module)
                return
            target = target.rpartition(".")[0]

    def _lead(self, module: str) -> str:
        seen = []
        while self._leader.get(module, module) != module:
            seen.append(module)
            module = self._leader[module]
        self._leader.update(dict.fromkeys(seen, module))
        return module
