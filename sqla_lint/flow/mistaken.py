"""Coroutines in places where only what awaiting them gives makes sense: operands, arguments, results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.flow.dropped import note_used
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.places import below, nodes
from sqla_lint.flow.values import Coroutine, External, Method, Session, Value
from sqla_lint.knowledge.coroutines import AWAITABLES, TAKING_VALUES
from sqla_lint.knowledge.sessions import METHODS

# Methods of a session that take an object, in their first argument.
_TAKING_OBJECTS = frozenset({"add", "delete", "expunge", "merge", "refresh"})


def note_operands(frame: Frame, operands: Sequence[tuple[Value, cst.BaseExpression]], how: str = "operand") -> None:
    """Tell of coroutines that Python's operators are given."""
    for value, node in operands:
        note_used(frame, value, how, node)


def note_compared(frame: Frame, node: cst.Comparison, sides: Sequence[Value]) -> None:
    """Tell of coroutines that are compared; to be looked for in a collection is all right for one."""
    written = [node.left, *(item.comparator for item in node.comparisons)]
    sought = isinstance(node.comparisons[0].operator, cst.In | cst.NotIn)
    note_operands(frame, list(zip(sides, written, strict=True))[1 if sought else 0 :])


def note_arguments(frame: Frame, callee: Value, arguments: Arguments, node: cst.CSTNode) -> None:
    """Tell of coroutines that are given to what takes values: builtins, `str.format`, `session.add()`."""
    if not any(isinstance(value, Coroutine) and value.call for value in arguments.all()):
        return
    takes = isinstance(callee, External) and callee.dotted in TAKING_VALUES
    takes |= isinstance(callee, Method) and isinstance(callee.receiver, Session) and callee.name in _TAKING_OBJECTS
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "format":
        takes |= isinstance(node.func.value, cst.SimpleString | cst.ConcatenatedString)
    if takes:
        for value, item in zip(arguments.positional, arguments.nodes, strict=True):
            note_used(frame, value, "argument", item)


def note_given_back(frame: Frame, value: Value, node: cst.BaseExpression | None) -> None:
    """Tell of a coroutine function that gives back a coroutine, where it should be what awaiting that gives."""
    if not frame.emitting or not frame.info.is_async or not isinstance(value, Coroutine) or not value.call:
        return
    if not isinstance(node, cst.Call | cst.Name) or frame.info.is_generator:
        return
    function = _function(frame, node)
    if function is None:
        return
    if _gives_nothing(value) or _says_value(frame, function) or _gives_values(function):
        note_used(frame, value, "return", node)


def _function(frame: Frame, node: cst.CSTNode) -> cst.FunctionDef | None:
    """The innermost function that a node stands in."""
    around = (item for item in frame.slice.nodes if isinstance(item, cst.FunctionDef))
    holding = [item for item in around if any(inner is node for inner in nodes(item.body))]
    return holding[-1] if holding and holding[-1].asynchronous is not None else None


def _gives_nothing(value: Coroutine) -> bool:
    """Whether it is a method of a session that is called for what it does, as `commit()` is."""
    home, _, name = value.call.rpartition(".")
    return bool(home) and name in METHODS and METHODS[name].gives == "none"


def _says_value(frame: Frame, function: cst.FunctionDef) -> bool:
    """Whether its annotation promises something that is not to be awaited again."""
    if function.returns is None:
        return False
    text = frame.text(function.returns.annotation, 200)
    return not any(word in text for word in AWAITABLES)


def _gives_values(function: cst.FunctionDef) -> bool:
    """Whether it gives back something awaited, or a constant, elsewhere: its callers cannot await both."""
    return any(
        item.value is None
        or isinstance(item.value, cst.Await | cst.Integer | cst.SimpleString | cst.List | cst.Dict)
        or isinstance(item.value, cst.Name)
        and item.value.value in ("None", "True", "False")
        for item in _returns(function.body)
    )


def _returns(node: cst.CSTNode) -> Iterator[cst.Return]:
    """The `return` statements of a body, those of functions inside left out."""
    if isinstance(node, cst.Return):
        yield node
    elif not isinstance(node, cst.FunctionDef | cst.Lambda):
        for inner in below(node):
            yield from _returns(inner)
