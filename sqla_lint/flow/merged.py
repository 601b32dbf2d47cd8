"""What becomes of an object after a session was given it to merge: it stays outside, and only its copy is in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import MappingOf
from sqla_lint.flow.values import Instance

# Methods of a session that fail for an object outside, or that put it in beside its copy.
_TAKING = frozenset({"add", "delete", "expire", "expunge", "refresh"})
_LEAVING = (cst.Return, cst.Raise, cst.Break, cst.Continue)


def used_after_merge(frame: Frame, call: cst.Call) -> tuple[cst.Name, Instance, cst.CSTNode] | None:
    """The name given to `merge()`, what it holds, and where that is used next as if it were in the session.

    None where it may be in the session already, or is not used so in the lines that follow.
    """
    given = call.args[0].value if call.args else None
    if not isinstance(given, cst.Name):
        return None
    value = frame.state.names.get(given.value)
    if not isinstance(value, Instance) or not _outside(frame, given, value):
        return None
    keys = frozenset[str]()
    info = frame.ask(MappingOf(value.cls))
    if info is not None and value.new:
        keys = info.primary - value.free
    receiver = frame.text(call.func.value) if isinstance(call.func, cst.Attribute) else ""
    changed: cst.CSTNode | None = None
    for node in (node for statement in following(frame.slice.module.body, call) for node in nodes(statement)):
        if _takes(node, given.value, receiver, frame) == "merge":
            return None  # what has changed meanwhile is copied then
        if _rebinds(node, given.value):
            break
        if _changes(node, given.value):
            changed = changed or node
        elif _uses(frame, node, given.value, receiver, keys):
            return given, value, changed or node
    return (given, value, changed) if changed is not None else None


def _outside(frame: Frame, given: cst.Name, value: Instance) -> bool:
    """Whether an object surely is in no session: taken out, or made here and handed to nobody before."""
    if value.detached is not None or not value.new:
        return value.detached is not None
    for node in frame.slice.nodes:
        match node:
            case cst.Name() if node is given:
                return True
            case cst.Arg(value=argument) if argument is not given:
                if any(isinstance(item, cst.Name) and item.value == given.value for item in nodes(argument)):
                    return False
    return False


def _changes(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.AssignTarget(target=cst.Attribute(value=cst.Name(value=of))):
            return of == name
        case cst.AugAssign(target=cst.Attribute(value=cst.Name(value=of))):
            return of == name
    return False


def _uses(frame: Frame, node: cst.CSTNode, name: str, receiver: str, keys: frozenset[str]) -> bool:
    match node:
        case cst.Call():
            return _takes(node, name, receiver, frame) in _TAKING
        case cst.Attribute(value=cst.Name(value=of), attr=cst.Name(value=attribute)):
            return of == name and attribute in keys
    return False


def _takes(node: cst.CSTNode, name: str, receiver: str, frame: Frame) -> str:
    """The method of the session that is given an object by its name; empty where the node is no such call."""
    match node:
        case cst.Call(
            func=cst.Attribute(value=session, attr=cst.Name(value=method)), args=[cst.Arg(value=cst.Name(value=of)), *_]
        ) if of == name and frame.text(session) == receiver:
            return method
    return ""


def _rebinds(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.AssignTarget(target=cst.Name(value=target)) | cst.NamedExpr(target=cst.Name(value=target)):
            return target == name
        case cst.For(target=cst.Name(value=target)) | cst.Del(target=cst.Name(value=target)):
            return target == name
    return False


def following(block: Sequence[cst.CSTNode], node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements that run after the one that holds a node: the rest of its block, then of the one around it."""
    for index, statement in enumerate(block):
        if any(found is node for found in nodes(statement)):
            for inner in _blocks(statement):
                yield from following(inner, node)
                if _leaves(inner) and any(found is node for item in inner for found in nodes(item)):
                    return
            if not isinstance(statement, cst.FunctionDef | cst.ClassDef):
                yield from block[index + 1 :]
            return


def _blocks(statement: cst.CSTNode) -> Iterator[Sequence[cst.CSTNode]]:
    for child in statement.children:
        if isinstance(child, cst.IndentedBlock):
            yield child.body
        elif isinstance(child, cst.If | cst.Else | cst.ExceptHandler | cst.Finally | cst.MatchCase):
            yield from _blocks(child)


def _leaves(block: Sequence[cst.CSTNode]) -> bool:
    return any(isinstance(item, cst.SimpleStatementLine) and isinstance(item.body[-1], _LEAVING) for item in block)
