"""The class of a parameter that nothing annotates: by its name and by all that its function reads of it."""

from __future__ import annotations

import re
from collections import defaultdict

from sqla_lint.project.classes import Classes
from sqla_lint.survey.facts import FunctionFact

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_WHICH = frozenset({"old", "new", "current", "prev", "previous", "last", "first", "next", "other", "this", "parent",
                    "source", "target", "db", "orig", "original"})  # fmt: skip
_OF_ANY_DICT = frozenset(name for name in dir(dict) if not name.startswith("_"))


class Guesses:
    """Names of classes by their words."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._by_last_word: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        files = {id(facts): facts for facts in classes.index.modules.values()}
        for facts in files.values():
            for qualname, fact in facts.classes.items():
                words = tuple(word.lower() for word in _WORD.findall(fact.name))
                if words and "<locals>" not in qualname:
                    self._by_last_word[words[-1]].append((words, f"{facts.module}:{qualname}"))

    def parameter(self, fact: FunctionFact, name: str) -> str:
        """The mapped class that a parameter named so holds, or "".

        Its name must end as that class's does, the class must have every attribute that the function reads of it,
        more than columns and what dicts have among them, and no other class may fit.
        """
        touched = fact.sketch.touched(name)
        words = tuple(word.lower() for word in _WORD.findall(name))
        while len(words) > 1 and words[0] in _WHICH:
            words = words[1:]
        if not touched or not words:
            return ""
        fitting = [
            id_
            for others, id_ in self._by_last_word.get(words[-1], ())
            if _ends_alike(words, others) and touched <= self._attributes(id_)
        ]
        if len(fitting) != 1:
            return ""
        info = self._classes.mapping(fitting[0])
        return fitting[0] if info.mapped and touched - info.columns.keys() - _OF_ANY_DICT else ""

    def _attributes(self, id_: str) -> set[str]:
        info = self._classes.mapping(id_)
        found = {*info.relationships, *info.columns, *info.proxies}
        for _, fact in self._classes.facts(id_):
            found |= {*fact.attributes, *fact.methods, *fact.self_attributes}
        return found


def _ends_alike(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    count = min(len(words), len(others))
    return words[-count:] == others[-count:]
