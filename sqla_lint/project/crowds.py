"""Classes of which very many derive from one: a method of that one is not followed anew for each of them."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.project.classes import Classes
from sqla_lint.project.grounds import OneOfMany
from sqla_lint.survey.expressions import Expression, Name

_MOST_KINDS = 60


class Crowds:
    """Says which classes are one of so many."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._crowded: dict[str, bool] = {}

    def answer(self, question: OneOfMany) -> bool:
        """Whether a method does for one of very many subclasses what it does for the class that has it.

        Where such a class is mapped, or some attribute of it names a mapped class, it is a case of its own.
        """
        function, this = question.function, question.this
        fact = self._classes.index.function_fact(function)
        owner = f"{function.partition(':')[0]}:{fact.owner}" if fact is not None and fact.owner else ""
        if owner not in self._crowded:
            self._crowded[owner] = len(self._classes.subclasses.get(owner, ())) > _MOST_KINDS
        return self._crowded[owner] and not self._classes.mapping(this).mapped and not any(self._mapped(this))

    def _mapped(self, cls: str) -> Iterator[bool]:
        """Whether the values and the annotations of a class's attributes, inherited ones too, name mapped classes."""
        for module, fact in self._classes.facts(cls):
            for declared in fact.attributes.values():
                for name in (*_names(declared.value), *_names(declared.annotation)):
                    found = self._classes.index.find(module, name)
                    yield found.kind == "class" and self._classes.mapping(found.id).mapped


def _names(part: Expression | object | None) -> Iterator[str]:
    """The names in an expression, and in all that it is made of."""
    if isinstance(part, Name):
        yield part.id
    elif isinstance(part, tuple):
        for item in part:
            yield from _names(item)
