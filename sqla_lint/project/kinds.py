"""Of which kind a session known by its name alone is, as the functions that use it tell."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.flow.questions import KindByUse
from sqla_lint.knowledge.sessions import told_kinds, used_at_once
from sqla_lint.project.names import NameIndex
from sqla_lint.project.suspects import MODULE_BODY
from sqla_lint.survey.facts import FunctionFact, Sketch


class KindsByUse:
    """What functions tell of the sessions that they name; of an attribute of `self`, all methods of the class."""

    def __init__(self, index: NameIndex) -> None:
        self._index = index
        self._told: dict[str, dict[str, str]] = {}

    def answer(self, question: KindByUse) -> str:
        """The kind of a session, "unknown" where nothing tells it; "" where it is used as no session can be."""
        own = self._kinds(question.function).get(question.text, "unknown")
        if not question.text.startswith("self.") or own == "":
            return own
        told = {self._kinds(method).get(question.text, "unknown") for method in self._methods(question.function)}
        if "" in told:
            return ""
        told -= {"unknown"}
        return own if own != "unknown" or len(told) != 1 else told.pop()

    def _methods(self, function: str) -> Iterator[str]:
        """The methods of the class that a method stands in."""
        module = function.partition(":")[0]
        fact = self._index.function_fact(function)
        owner = self._index.class_fact(f"{module}:{fact.owner}") if fact is not None and fact.owner else None
        return (f"{module}:{name}" for name in (owner.methods.values() if owner is not None else ()))

    def _kinds(self, function: str) -> dict[str, str]:
        if function not in self._told:
            module, _, qualname = function.partition(":")
            fact = self._index.function_fact(function)
            found = self._index.modules[module].body_sketch if qualname == MODULE_BODY else fact and fact.sketch
            self._told[function] = _told(fact, found) if found is not None else {}
        return self._told[function]


def _told(fact: FunctionFact | None, sketch: Sketch) -> dict[str, str]:
    stated = () if fact is not None and fact.is_async else sketch.stated | used_at_once(sketch.calls)
    return told_kinds(sketch.calls, sketch.awaited, stated, sketch.strange)
