"""Making schemas of rows: response models, `model_validate()` and the like read the fields they share with rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.instances import EACH
from sqla_lint.flow.questions import DumpReads, Read, ResponseReads, SchemaReads
from sqla_lint.flow.reaching import Adapter, AdapterReads
from sqla_lint.flow.reads import apply_read
from sqla_lint.flow.values import UNKNOWN, Collection, Constant, Dumper, Mapping, TupleValue, Value
from sqla_lint.knowledge.schemas import VALIDATE

GIVEN = "given"


def respond(frame: Frame, value: Value, node: cst.BaseExpression) -> None:
    """A route returns a value: its response model reads that."""
    if frame.emitting and value != UNKNOWN:
        _apply(frame, frame.ask(ResponseReads(frame.info.id)), value, node, node)


def construct(frame: Frame, cls: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """`OrderList(orders=rows)`: models inside the field's annotation read the rows."""
    for name, value in arguments.keywords.items():
        if value != UNKNOWN:
            _apply(frame, frame.ask(SchemaReads(cls, name)), value, arguments.keyword_nodes[name], node)


def validate(frame: Frame, cls: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """`OrderOut.model_validate(order)`, `OrderList.model_validate({"orders": rows})`."""
    if not arguments.positional:
        return
    given, text = arguments.positional[0], arguments.nodes[0]
    if isinstance(given, Mapping):
        for name, value in given.entries:
            _apply(frame, frame.ask(SchemaReads(cls, name)), value, text, node)
    else:
        _apply(frame, frame.ask(SchemaReads(cls)), given, text, node)


def adapter(frame: Frame, arguments: Arguments) -> Value:
    """`TypeAdapter(list[OrderOut])`."""
    return Adapter(frame.info.module, frame.slice.text(arguments.nodes[0])) if arguments.nodes else UNKNOWN


def use(frame: Frame, made: Adapter | Dumper, name: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """A method of an adapter, or of a schema."""
    if isinstance(made, Adapter):
        adapt(frame, made, name, arguments, node)
    else:
        dump(frame, made, name, arguments, node)


def adapt(frame: Frame, adapter: Adapter, name: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """`adapter.validate_python(rows)`."""
    if name == VALIDATE and arguments.positional:
        loose = arguments.keywords.get("from_attributes") == Constant(True)
        reads = frame.ask(AdapterReads(adapter.module, adapter.annotation, adapter.variable, loose))
        _apply(frame, reads, arguments.positional[0], arguments.nodes[0], node)


def dumper(ask: Callable[..., object], cls: str, arguments: Arguments) -> Value | None:
    """`OrderSchema(many=True, only=("id",))`: the schema; None where the class is none, or its fields are hidden."""
    if ask(DumpReads(cls)) is None:
        return None
    many = arguments.keywords.get("many", Constant(False))
    only, exclude = (_names(arguments.keywords.get(name, Constant(None))) for name in ("only", "exclude"))
    if not isinstance(many, Constant) or UNKNOWN in (only, exclude) or arguments.positional or arguments.spread:
        return None
    assert not isinstance(only, Value) and not isinstance(exclude, Value)
    return Dumper(cls, bool(many.value), only, exclude or frozenset())


def _names(value: Value) -> frozenset[str] | Value | None:
    """The names that a schema is told; unknown where some cannot be told."""
    if value == Constant(None):
        return None
    items = value.items if isinstance(value, Collection | TupleValue) else ()
    texts = [item.value for item in items if isinstance(item, Constant) and isinstance(item.value, str)]
    return frozenset(texts) if texts and len(texts) == len(items) else UNKNOWN


def dump(frame: Frame, schema: Dumper, name: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """`schema.dump(rows, many=True)`."""
    given = arguments.keywords.get("many") or (arguments.get(1, "many") if name != "jsonify" else None)
    many = Constant(schema.many) if given in (None, Constant(None)) else given
    if arguments.positional and isinstance(many, Constant):
        reads = frame.ask(DumpReads(schema.cls, bool(many.value), schema.only, schema.exclude))
        _apply(frame, reads or (), arguments.positional[0], arguments.nodes[0], node)


def _apply(frame: Frame, reads: tuple[Read, ...], value: Value, given: cst.BaseExpression, node: cst.CSTNode) -> None:
    text = frame.text(given, 30) if reads and frame.emitting else ""
    for read in reads:
        last = max((index for index, step in enumerate(read.path) if step == EACH), default=0)
        names = [text, *(step for step in read.path[1:last] if step != EACH)]
        held, path = _inside(value, read.path[1:])
        apply_read(frame, replace(read, path=(GIVEN, *path), loop_text=".".join(names)), {GIVEN: held}, node, True)


def _inside(value: Value, path: tuple[str, ...]) -> tuple[Value, tuple[str, ...]]:
    """What a path leads to through the dicts around it, and the rest of the path."""
    while isinstance(value, Mapping) and path:
        value, path = dict(value.entries).get(path[0], UNKNOWN), path[1:]
    return value, path
