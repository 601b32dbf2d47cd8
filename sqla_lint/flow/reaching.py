"""Values that stand for a way to others: getters made of names, `super()`, templates, functions handed on."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.questions import Question, Read
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


@dataclass(frozen=True, slots=True)
class Template(Value):
    """A template of the project, by the function that stands for it."""

    function: str


@dataclass(frozen=True, slots=True)
class Adapter(Value):
    """`TypeAdapter(list[OrderOut])`: the module where the type is written, and how; or the variable that holds it."""

    module: str
    annotation: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class AdapterReads(Question[tuple[Read, ...]]):
    """What `adapter.validate_python(rows)` reads of them, as paths; the adapter as `Adapter` says it.

    loose: every model in the type may read objects.
    """

    module: str
    annotation: str
    variable: str
    loose: bool


@dataclass(frozen=True, slots=True)
class Partial(Value):
    """`partial(function, …)`: a function with some of its arguments."""

    function: Value
    positional: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Turned(Value):
    """`sync_to_async(function)`, whose calls are awaited, or `async_to_sync(function)`, which awaits it itself."""

    function: Value
    awaited: bool


@dataclass(frozen=True, slots=True)
class Pending(Value):
    """A future: what its `result()` gives."""

    result: Value
