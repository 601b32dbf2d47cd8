"""Blocks over a connection of an engine: what they write and never commit, and what they do after their transaction.

Nothing of a connection is followed; the block speaks for itself, and where it hands the connection on it is let alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.speaking import SpeaksOf
from sqla_lint.flow.transacted import CONNECTION, UsedAfterEnd, WritesLost
from sqla_lint.flow.values import External, Session, Value
from sqla_lint.knowledge.sessions import connection_or_engine
from sqla_lint.knowledge.transactions import AUTOCOMMIT

_SENDING = frozenset({"exec_driver_sql", "execute", "scalar", "scalars"})
_WRITING = frozenset({"delete", "insert", "update"})
_DML = re.compile(r"\s*(?:insert|update|delete)\b", re.IGNORECASE)


def note_connected(frame: Frame, value: Value, item: cst.WithItem, block: cst.With) -> None:
    """Tell what a block that enters `engine.connect()` or `engine.begin()` does wrong with its connection."""
    if not isinstance(value, External) or not value.made or not frame.emitting or item.asname is None:
        return
    match item.item, item.asname.name:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="begin" | "connect" as method))), cst.Name(value=name):
            session = Session(CONNECTION, "async" if block.asynchronous else "sync")
        case _:
            return
    home, _, given = value.dotted.rpartition(".")
    of_engine = connection_or_engine(home) == "engine" and given == method
    if method == "begin" and of_engine and frame.ask(EventAsked("UsedAfterEnd")):
        _tell_ended(frame, session, name, item, block)
    if method == "begin" or not (of_engine or given == "Connection") or frame.ask(SpeaksOf(AUTOCOMMIT)):
        return
    if frame.ask(EventAsked("WritesLost")):
        _tell_lost(frame, session, name, item, block)


def _tell_lost(frame: Frame, session: Session, name: str, item: cst.WithItem, block: cst.With) -> None:
    calls = list(_calls(block.body, name))
    spoken = (node for part in (block.body, *(it.item for it in block.items)) for node in nodes(part))
    mentions = sum(isinstance(node, cst.Name) and node.value == name for node in spoken)
    if mentions != len(calls) or any(method not in _SENDING for _, method in calls):
        return  # something else is done with it: it is committed, or handed to who may do so
    for call, _ in calls:
        if call.args and _writes(frame, call.args[0].value):
            what = f"{frame.callee(call.func)}()"
            frame.emit(WritesLost(frame.place(call), None, session, what, name, frame.place(item.item)))
            return


def _tell_ended(frame: Frame, session: Session, name: str, item: cst.WithItem, block: cst.With) -> None:
    ended: cst.Call | None = None
    for statement in block.body.body:
        calls = list(_calls(statement, name))
        used = next((call for call, method in calls if method in _SENDING), None)
        if ended is not None and used is not None:
            by, use = f"{frame.callee(ended.func)}()", f"{frame.callee(used.func)}()"
            told = (by, False, frame.place(item.item), frame.place(used), use)
            frame.emit(UsedAfterEnd(frame.place(ended), None, session, *told))
            return
        if isinstance(statement, cst.SimpleStatementLine):
            ended = next((call for call, method in calls if method in ("commit", "rollback")), ended)


def _calls(node: cst.CSTNode, name: str) -> Iterator[tuple[cst.Call, str]]:
    """The calls of methods of what a name stands for."""
    for inner in nodes(node):
        match inner:
            case cst.Call(func=cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=method))):
                if owner == name:
                    yield inner, method


def _writes(frame: Frame, statement: cst.BaseExpression) -> bool:
    """Whether a statement, as written where it is sent, changes rows."""
    match statement:
        case cst.SimpleString(evaluated_value=str(text)):
            return _DML.match(text) is not None
        case cst.Call(func=function, args=args):
            name = meant_by(frame, function)
            if name == "text":
                return bool(args) and _writes(frame, args[0].value)
            return name in _WRITING or isinstance(function, cst.Attribute) and _writes(frame, function.value)
    return False


def meant_by(frame: Frame, function: cst.BaseExpression) -> str:
    """The last name of what is called; of a plain name, of what it is imported as."""
    if not isinstance(function, cst.Name):
        return function.attr.value if isinstance(function, cst.Attribute) else ""
    with frame.silent():
        value = frame.evaluate(function)
    return value.dotted.rpartition(".")[2] if isinstance(value, External) else function.value
