"""Lists, sets and dicts: what their methods give, and what those do to the names that hold them."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.instances import in_rows
from sqla_lint.flow.lattice import join
from sqla_lint.flow.values import NEVER, UNKNOWN, Collection, Mapping, TupleValue, Value


def collection_method(frame: Frame, value: Collection | Mapping, name: str) -> Value:
    """A method of a list, set or dict: what it gives. What it changes, the visitor does."""
    if isinstance(value, Mapping) and NEVER in (value.key, value.value):
        value = Mapping(*(UNKNOWN if part == NEVER else part for part in (value.key, value.value)))
    match value, name:
        case Collection(), "pop" | "popleft":
            return in_rows(value.element, frame.loops[-1].id) if frame.loops else value.element
        case Collection(), "copy":
            return value
        case Collection(), "order_by" | "filter" | "filter_by" | "limit" | "options":
            return UNKNOWN
        case Mapping(), "items":
            return Collection(TupleValue((value.key, value.value)))
        case Mapping(), "keys":
            return Collection(value.key)
        case Mapping(), "values":
            return Collection(value.value)
        case Mapping(), "get" | "pop" | "setdefault":
            return value.value
    return UNKNOWN


def mutate(frame: Frame, node: cst.Call, arguments: Arguments) -> None:
    """`rows.append(x)` changes what the name `rows` holds."""
    match node.func:
        case cst.Attribute(
            value=cst.Subscript(value=owner), attr=cst.Name(value="append" | "add" | "extend" as method)
        ):
            _grow_entry(frame, node, path_of(owner), method, arguments)
        case cst.Attribute(
            value=cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="setdefault"))),
            attr=cst.Name(value="append" | "add" | "extend" as method),
        ):
            _grow_entry(frame, node, path_of(owner), method, arguments)
        case cst.Attribute(value=(cst.Name() | cst.Attribute()) as owner, attr=cst.Name(value=method)):
            path = path_of(owner)
            held = frame.state.names.get(path)
            if not isinstance(held, Collection):
                return
            given = arguments.first()
            if method in ("append", "add", "insert", "appendleft"):
                given = arguments.positional[-1] if arguments.positional else UNKNOWN
            elif method in ("extend", "update"):
                given = frame.elements(given, node, 0)
            else:
                return
            frame.escape(given)
            empty = held.limit == 0
            element = in_rows(given, 0) if empty else join(held.element, in_rows(given, 0))
            frame.state.names[path] = replace(held, element=element, limit=None, items=())


def _grow_entry(frame: Frame, node: cst.Call, path: str, method: str, arguments: Arguments) -> None:
    """`groups[key].append(row)` changes what the dict `groups` holds."""
    held = frame.state.names.get(path)
    if not isinstance(held, Mapping):
        return
    given = in_rows(arguments.first(), 0)
    if method == "extend":
        given = frame.elements(given, node, 0)
    frame.escape(given)
    if held.value != NEVER and not isinstance(held.value, Collection):
        return
    rows = held.value if isinstance(held.value, Collection) else Collection(UNKNOWN, literal=True, limit=0)
    element = given if rows.limit == 0 else join(rows.element, given)
    frame.state.names[path] = Mapping(held.key, replace(rows, element=element, limit=None, items=()))
