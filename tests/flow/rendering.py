"""Values and summaries as text, short enough for a comment.

| value                                  | rendered                                                                    |
|----------------------------------------|-----------------------------------------------------------------------------|
| a session                              | `Session(async, owner=caller)`, then what is unusual: `guessed`, `registry`,|
|                                        | `autoflush=False`, `expire_on_commit=False`, `on connection`                |
| a session class, a sessionmaker        | `Factory(sync)`, with `autoflush=False` … and `unpooled`                    |
| a mapped instance, not saved yet       | `Instance(Order)`, `Instance(new Order)`                                    |
| … with what reading it does not load   | `Instance(Order; lines, lines.product)`: loaded by its statement            |
|                                        | `Instance(Order; lines=raise, *=noload)`: another strategy in force         |
|                                        | `Instance(Line; +order)`: known to be there, whatever the statement         |
|                                        | `Instance(Order; expired, lines)`: what was loaded is so after a refresh    |
| rows of a query in sight, other lists  | `Rows[Order; lines]`, `Collection[Order]`, `Rows[Order; limit=1]`           |
| a Result not yet taken                 | `Result[Tuple(Instance(Order))]`, `Result[Order]`                           |
| a statement                            | `Statement(select, Order & Customer; lines)`                                |
| a loader option                        | `Option(lines, lines.product)`                                              |
| tuples, dicts, awaitables, `with`      | `Tuple(A, B)`, `Mapping[K, V]`, `Coroutine[A]`, `Manager[A; close]`         |
| names                                  | `Class(Order)`, `Function(Repo.load)`, `Module(app)`, `External(os.path)`,  |
|                                        | `Attribute(Order.lines)`, `Local(inner)`; `External(x.Y())` is what `Y` gave|
| a parameter of unknown type            | `Argument(order.lines)`; `[]` stands for an element                         |
| the rest                               | `Object(Repo)`, `Constant(1)`, `Column(name)`, `Text(a + b)`, `OneOf(A, B)`,|
|                                        | `Unknown`                                                                   |

Classes stand by their simple name where the case has only one of it, else as `module.Name`.

A summary is a list of `commits(session)`, `flushes`, `sends`, `closes`, `rolls back`, `adds(session, Order)`,
`deletes(…)`, each with `maybe` before it where some paths do not; `keeps(session)` where it may outlive the call;
`reads(order.lines)`, `reads each(orders.[].lines)`; `talks to(time.sleep)`; `returns …`, `yields …`,
`never returns`; or `nothing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from sqla_lint.flow.loading import LoadTree
from sqla_lint.flow.questions import Effect, Summary
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    ColumnValue,
    Constant,
    Coroutine,
    External,
    FunctionValue,
    Instance,
    LocalFunction,
    Manager,
    MappedAttribute,
    Method,
    ModuleValue,
    Object,
    OneOf,
    Option,
    Result,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    Text,
    TupleValue,
    Value,
)
from sqla_lint.flow.values import Mapping as MappingValue
from sqla_lint.flow.working import Working
from sqla_lint.knowledge.loaders import FREE

_EFFECTS = {"sql": "sends", "loads": "loads", "commit": "commits", "flush": "flushes", "close": "closes",
            "rollback": "rolls back", "add": "adds", "delete": "deletes", "commit-block": "commits", "begin": "begins",
            "write": "writes", "expire": "expires", "refresh": "refreshes"}  # fmt: skip


class Renderer:
    """Renders values; `classes` counts the classes of the project by simple name."""

    def __init__(self, classes: Mapping[str, int]) -> None:
        self._classes = classes

    def name(self, id_: str) -> str:
        """A class or function by its qualified name, with the module where several bear the name."""
        module, _, qualname = id_.partition(":")
        qualname = qualname.replace(".<locals>.", ".")
        return f"{module}.{qualname}" if self._classes.get(qualname.rpartition(".")[2], 0) > 1 else qualname

    def value(self, value: Value) -> str:
        """A value in full."""
        handler = self._TABLE.get(type(value))
        if handler is None:
            return "Unknown" if value == UNKNOWN else type(value).__name__
        return handler(self, value)

    def inner(self, value: Value) -> str:
        """A value inside another: an instance is its class alone."""
        return self._entity(value) if isinstance(value, Instance) else self.value(value)

    def _entity(self, value: Instance) -> str:
        told = ["expired"] if value.expired else []
        told += ["detached"] if value.detached else []
        told += [*tree(value.load), *(f"+{name}" for name in sorted(value.free))]
        return _noted(f"{'new ' if value.new else ''}{self.name(value.cls)}", told)

    def _session(self, value: Session) -> str:
        told = [value.kind, f"owner={value.owner}"]
        told += ["guessed"] if value.guessed else []
        told += ["registry"] if value.registry and value.owner != "registry" else []
        told += ["on connection"] if value.bound_to_connection else []
        return f"Session({', '.join([*told, *_settings(value)])})"

    def _factory(self, value: SessionFactory) -> str:
        unpooled = [] if value.pooled else ["unpooled"]
        return f"Factory({', '.join([value.kind, *_settings(value), *unpooled])})"

    def _collection(self, value: Collection) -> str:
        producers = (value.producer, getattr(value.element, "producer", None))
        word = "Rows" if any(item is not None and item.seen for item in producers) else "Collection"
        return f"{word}[{_limited(self.inner(value.element), None if value.literal else value.limit)}]"

    def _statement(self, value: Statement) -> str:
        entities = " & ".join(self.inner(item) for item in value.entities)
        told = _noted(entities, list(tree(value.load)))
        return f"Statement({_limited(', '.join(item for item in (value.kind, told) if item), value.limit)})"

    def _manager(self, value: Manager) -> str:
        leaving = value.leaving or ("swallows" if value.swallows else "no autoflush" if value.no_autoflush else "")
        return f"Manager[{self.value(value.entered)}{f'; {leaving}' if leaving else ''}]"

    def _several(self, values: tuple[Value, ...], ordered: bool = True) -> str:
        told = [self.value(item) for item in values]
        return ", ".join(told if ordered else sorted(told))

    _TABLE: ClassVar[dict[type[Value], Callable[[Any, Any], str]]] = {
        Session: _session,
        SessionFactory: _factory,
        Instance: lambda self, value: f"Instance({self._entity(value)})",
        Collection: _collection,
        Statement: _statement,
        Manager: _manager,
        Result: lambda self, value: f"Result[{_limited(self.inner(value.element), value.limit)}]",
        Option: lambda self, value: f"Option({', '.join(tree(value.tree))})",
        TupleValue: lambda self, value: f"Tuple({self._several(value.items)})",
        OneOf: lambda self, value: f"OneOf({self._several(value.values, ordered=False)})",
        MappingValue: lambda self, value: f"Mapping[{self.inner(value.key)}, {self.inner(value.value)}]",
        Coroutine: lambda self, value: f"Coroutine[{self.value(value.result)}]",
        Working: lambda self, value: f"Coroutine[{self.value(value.result)}]",
        ClassValue: lambda self, value: f"Class({self.name(value.id)})",
        FunctionValue: lambda self, value: f"Function({self.name(value.id)})",
        LocalFunction: lambda self, value: f"Local({value.name.partition(' ')[0]})",
        ModuleValue: lambda self, value: f"Module({value.name})",
        External: lambda self, value: f"External({value.dotted}{'()' if value.made else ''})",
        MappedAttribute: lambda self, value: f"Attribute({self.name(value.owner)}.{'.'.join(value.path)})",
        Method: lambda self, value: f"Method({self.value(value.receiver)}.{value.name})",
        Object: lambda self, value: f"Object({self.name(value.cls)})",
        Symbol: lambda self, value: f"Argument({'.'.join(value.path)})",
        Constant: lambda self, value: f"Constant({value.value!r})",
        ColumnValue: lambda self, value: f"Column({value.column})",
        Text: lambda self, value: f"Text({value.text})",
    }

    def summary(self, summary: Summary) -> Iterator[str]:
        """The parts of a summary, as the table above spells them."""
        if not summary.known:
            yield "unknown"
        for effect in summary.effects:
            yield self._effect(effect)
        yield from (f"keeps({name})" for name in summary.escapes)
        for read in summary.reads:
            yield f"reads{' each' if read.repeated else ''}({'.'.join(read.path)})"
        if summary.io:
            yield f"talks to({summary.io})"
        if summary.returns not in (UNKNOWN, Constant(None)):
            yield f"returns {self.value(summary.returns)}"
        if summary.yields is not None:
            yield f"yields {self.value(summary.yields)}"
        if not summary.returns_normally:
            yield "never returns"

    def _effect(self, effect: Effect) -> str:
        about = effect.session.removeprefix("param:")
        if effect.instance is not None:
            about += f", {self._entity(effect.instance)}"
        return f"{'' if effect.must else 'maybe '}{_EFFECTS[effect.op]}({about})"


def tree(load: LoadTree, above: str = "") -> Iterator[str]:
    """The paths of a loader tree: a path that is loaded stands alone, another strategy is said."""
    for name, strategy, below in load.branches:
        path = f"{above}{name}"
        if strategy:
            yield path if strategy in FREE - {"noload"} else f"{path}={strategy}"
        yield from tree(below, f"{path}.")


def _settings(value: Session | SessionFactory) -> list[str]:
    return [f"{name}=False" for name in ("autoflush", "expire_on_commit") if not getattr(value, name)]


def _noted(text: str, told: list[str]) -> str:
    return f"{text}; {', '.join(told)}" if told else text


def _limited(text: str, limit: int | None) -> str:
    return text if limit is None else f"{text}; limit={limit}"
