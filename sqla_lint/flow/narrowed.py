"""What the criteria of a statement read, by name: what tells whether a loop sends another one in each turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqla_lint.flow.places import Place


@dataclass(frozen=True, slots=True)
class Compared:
    """A criterion, or another argument of a statement, and the names that it reads.

    column: where it is an equation, what has to be equal, an attribute of the class `owner`.
    """

    names: frozenset[str]
    owner: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """How a statement came about: what its methods were given, and their names."""

    compared: tuple[Compared, ...] = ()
    steps: frozenset[str] = frozenset()

    def by(self, step: str, compared: Iterable[Compared]) -> Narrowed:
        """The same, after one more method."""
        return Narrowed((*self.compared, *(item for item in compared if item.names)), self.steps | {step})

    def or_by(self, other: Narrowed) -> Narrowed:
        """Either of two."""
        return Narrowed(tuple(dict.fromkeys((*self.compared, *other.compared))), self.steps | other.steps)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query that each call of a function sends, by what it is given: `compared` names its parameters.

    classes: those that it asks for. place: where it is sent. deep: through how many helpers of the function.
    """

    compared: tuple[Compared, ...]
    steps: frozenset[str]
    classes: tuple[str, ...]
    place: Place = field(compare=False)
    deep: int = 0


NOT_AT_ALL = Narrowed()
# What stands for the primary key among the columns.
KEY = "<key>"
