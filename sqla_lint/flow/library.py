"""What the builtins and the functions of the standard library give that go through other things."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Constant,
    Mapping,
    Producer,
    Result,
    Statement,
    TupleValue,
    Value,
)
from sqla_lint.knowledge import calls as known_calls


def builtin(frame: Frame, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What a builtin function gives."""
    first = arguments.first()
    if name in known_calls.SAME_ELEMENTS:
        index = known_calls.SAME_ELEMENTS[name]
        if index < len(arguments.positional):
            return _listed(frame, arguments.positional[index], node)
        return Collection(UNKNOWN, literal=True, limit=0)
    if name in known_calls.ONE_ELEMENT and len(arguments.positional) in (1, 2):
        return frame.elements(first, node, 0)
    match name:
        case "enumerate":
            return Collection(TupleValue((UNKNOWN, frame.elements(first, node, 0))), _producer(first), _limit(first))
        case "zip":
            found = tuple(frame.elements(item, node, 0) for item in arguments.positional)
            return Collection(TupleValue(found), _producer(first))
        case "dict":
            return first if isinstance(first, Mapping) else Mapping(UNKNOWN, UNKNOWN)
        case "getattr" if len(arguments.positional) > 1:
            named = arguments.positional[1]
            if isinstance(named, Constant) and isinstance(named.value, str):
                return frame.read(first, named.value, node)
            return UNKNOWN
        case "range":
            return Collection(UNKNOWN, limit=_turns(arguments))
        case "super":
            return frame.state.names.get("self", UNKNOWN)
    if name not in known_calls.CANNOT_RAISE:
        frame.may_raise()
    return UNKNOWN


def _turns(arguments: Arguments) -> int | None:
    match arguments.positional:
        case (Constant(value=int(stop)),):
            return stop
        case (Constant(value=int(start)), Constant(value=int(stop))):
            return max(0, stop - start)
    return None


def _listed(frame: Frame, value: Value, node: cst.CSTNode) -> Value:
    element = frame.elements(value, node, 0)
    if element == UNKNOWN:
        return Collection(UNKNOWN, _producer(value), _limit(value))
    return Collection(element, _producer(value), _limit(value))


def _producer(value: Value) -> Producer | None:
    return value.producer if isinstance(value, Collection | Result) else None


def _limit(value: Value) -> int | None:
    return value.limit if isinstance(value, Collection | Result | Statement) else None
