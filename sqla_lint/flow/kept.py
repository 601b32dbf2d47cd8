"""Rows that one method keeps in an attribute of `self` and another one reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Mapping_
from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.giving import classes_of_rows
from sqla_lint.flow.lattice import informed, join
from sqla_lint.flow.questions import FunctionInfo, KeptIn
from sqla_lint.flow.state import State
from sqla_lint.flow.substitution import substitute
from sqla_lint.flow.values import (
    ANY_PARENT,
    PARENT,
    UNKNOWN,
    Collection,
    Constant,
    Instance,
    Mapping,
    Object,
    OneOf,
    Producer,
    Result,
    Statement,
    TupleValue,
    Value,
)


def kept_at_end(info: FunctionInfo, paths: Iterable[str], ends: list[State]) -> Iterator[tuple[str, Value]]:
    """What a method that ends in one of these states leaves in the attributes of `self` that it has set at `paths`."""
    this = info.parameters[0] if info.binds == "self" and info.parameters else None
    if this is None or not isinstance(this.value, Object):
        return
    for path in sorted(paths):
        base, _, name = path.partition(".")
        left = [state.names[path] for state in ends if path in state.names]
        real = [item for item in left if item != Constant(None)]
        if base == this.name and "." not in name and real:
            yield name, reduce(join, map(_told_of, real))


def put_there(fills: Mapping_[str, Value]) -> Iterator[tuple[str, Value]]:
    """What a method puts into the lists and dicts that other methods have put into attributes of `self`."""
    for path, value in sorted(fills.items()):
        if "." in path:
            held = replace(value, limit=None, items=()) if isinstance(value, Collection) else value
            yield path.partition(".")[2], _told_of(held)


def _told_of(value: Value) -> Value:
    """A value where it is rows or a query in sight; what the method was given itself is another matter."""
    match value:
        case Instance(new=False, producer=Producer(seen=True, root=())):
            return value
        case Collection(element=element, producer=None | Producer(root=())) | Result(element=element):
            return value if _told_of(element) != UNKNOWN else UNKNOWN
        case TupleValue(items=items) | OneOf(values=items):
            return value if all(item == Constant(None) or _told_of(item) != UNKNOWN for item in items) else UNKNOWN
        case Mapping(value=held):
            return Mapping(UNKNOWN, held) if _told_of(held) != UNKNOWN else UNKNOWN
        case Statement(owner=None, root=()):
            criteria = (item for item in value.criteria if item[0].startswith((PARENT, ANY_PARENT)))
            return replace(value, session=None, criteria=tuple(criteria))
    return UNKNOWN


def kept_rows(frame: Frame, value: Object, name: str, declared: Value, node: cst.CSTNode) -> Value:
    """`value.name`: the rows that methods of its class keep there, else what is declared of it."""
    kept = frame.ask(KeptIn(value.cls, name))
    if kept == UNKNOWN:
        return declared
    found = informed(substitute(frame, kept, {}, node), declared)
    frame.state.loaded |= classes_of_rows(found)
    return found
