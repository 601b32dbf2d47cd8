"""Rows of a Result: taking all, one, a column, a mapping by name."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from sqla_lint.flow.frame import Arguments
from sqla_lint.flow.lattice import join
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Constant,
    Instance,
    Mapping,
    Result,
    TupleValue,
    Value,
    class_name,
)
from sqla_lint.knowledge import statements


def result_method(value: Result, name: str, arguments: Arguments) -> Value:
    """A method of a Result: rows, one row, or scalars."""
    if name in statements.RESULT_SAME:
        return replace(value, unique=True) if name == "unique" else value
    if name == "scalars":
        return replace(value, element=_column(value.element, arguments.get(0, "index") or Constant(0)))
    if name == "columns":
        return replace(value, element=TupleValue(tuple(_column(value.element, item) for item in arguments.positional)))
    if name == "mappings":
        return replace(value, element=by_name(value.element))
    if name in statements.RESULT_MANY:
        rows = Collection(value.element, value.producer, value.limit)
        return Collection(rows) if name == "partitions" else rows
    if name in statements.RESULT_ONE:
        return value.element
    if name in statements.RESULT_SCALAR:
        return _column(value.element, Constant(0))
    return UNKNOWN


def _column(row: Value, index: Value) -> Value:
    match row, index:
        case TupleValue(items=items), Constant(value=int(number)) if number < len(items):
            return items[number]
        case Instance(), Constant(value=0):
            return row
    return UNKNOWN


def by_name(row: Value) -> Value:
    """A row as a mapping: an entity stands under the name of its class."""
    if not isinstance(row, TupleValue):
        return UNKNOWN
    entries = tuple((class_name(item.cls), item) for item in row.items if isinstance(item, Instance))
    if not entries:
        return UNKNOWN
    return Mapping(UNKNOWN, reduce(join, row.items), entries)
