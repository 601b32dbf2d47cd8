"""`value[index]` and slices."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow import guesses
from sqla_lint.flow.containers import item_at, item_of
from sqla_lint.flow.dropped import note_used
from sqla_lint.flow.fielded import position
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.generics import subscripted
from sqla_lint.flow.instances import in_rows, rooted
from sqla_lint.flow.queries import rows_of
from sqla_lint.flow.telling import called
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Object,
    Result,
    Statement,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.knowledge.reflection import HASHED
from sqla_lint.knowledge.sessions import is_session_name


def subscript(frame: Frame, node: cst.Subscript) -> Value:
    """`value[index]` and slices."""
    value = frame.evaluate(node.value)
    note_used(frame, value, "item", node.value)
    index: Value = UNKNOWN
    bounded: int | None = None
    is_slice = False
    for item in node.slice:
        match item.slice:
            case cst.Index(value=inner):
                index = frame.evaluate(inner)
                if isinstance(index, Instance) and isinstance(value, Mapping):
                    called(frame, index, HASHED, inner)
            case cst.Slice(upper=upper):
                is_slice = True
                if upper is not None:
                    limit = frame.evaluate(upper)
                    bounded = limit.value if isinstance(limit, Constant) and isinstance(limit.value, int) else None
    return _indexed(frame, value, index, is_slice, bounded, node)


def _indexed(
    frame: Frame, value: Value, index: Value, is_slice: bool, bounded: int | None, node: cst.Subscript
) -> Value:
    if isinstance(index, Constant) and isinstance(index.value, str) and not isinstance(value, External):
        held = item_of(value, index) if isinstance(value, Mapping) else UNKNOWN
        if held in (UNKNOWN, NEVER) and is_session_name(index.value):
            return guesses.attribute(frame, index.value, node)
    match value:
        case Collection() if is_slice:
            return replace(value, limit=bounded if bounded is not None else value.limit)
        case Collection(element=element, producer=producer):
            element = rooted(element, producer)
            varies = frame.loops and not isinstance(index, Constant)
            return in_rows(element, frame.loops[-1].id) if varies else element
        case Statement(kind="query"):
            rows = rows_of(frame, value, node)
            assert isinstance(rows, Collection)
            return replace(rows, limit=bounded) if is_slice else rows.element
        case Object() if not is_slice and (found := position(frame, value, index, node)) is not None:
            return found
        case TupleValue() | Mapping() | Result() | Object(row=True) if not is_slice:
            return item_at(value, index)
        case External(dotted=dotted):
            return External(dotted)
        case ClassValue():
            return subscripted(frame, value, node)
        case Symbol() if isinstance(index, Constant) and type(index.value) is int:
            return frame.read(value, f"[{index.value}]", node)
        case Instance() if not is_slice:
            given = Arguments((index,), nodes=(node.value,))
            return called(frame, value, ("__getitem__",), node, given) or UNKNOWN
    if is_slice:
        return value if value == UNKNOWN else UNKNOWN
    found = frame.read(value, "__getitem__", node)
    if found == UNKNOWN and isinstance(value, Object) and isinstance(index, Constant) and isinstance(index.value, str):
        held = frame.read(value, index.value, node)  # of a typed dict
        return held if not isinstance(held, FunctionValue) else UNKNOWN
    if not isinstance(found, FunctionValue):
        return found
    with frame.silent():  # what it does is not told from the outside
        return frame.call(found, Arguments((index,), nodes=(node.value,)), node)
