"""Values that stand for a way of reading others: getters made of names, and `super()`."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.values import Value


@dataclass(frozen=True, slots=True)
class Getter(Value):
    """`attrgetter("customer.name")`, or with `items` an `itemgetter`: reads these of what it is called with."""

    names: tuple[str | int | float | bool | None, ...]
    items: bool = False


@dataclass(frozen=True, slots=True)
class Above(Value):
    """`super()`: `of` as the classes after `owner` in its lineage know it."""

    of: Value
    owner: str
