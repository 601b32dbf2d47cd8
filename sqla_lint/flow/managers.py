"""Entering context managers: what `as` binds, and what leaving the block does to the session."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.dropped import note_used
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import join
from sqla_lint.flow.questions import SummaryOf
from sqla_lint.flow.sessions import give_away
from sqla_lint.flow.values import UNKNOWN, Coroutine, External, FunctionValue, Manager, Object, OneOf, Session, Value
from sqla_lint.knowledge.concurrency import MAKING_POOLS, MAKING_PROCESSES
from sqla_lint.knowledge.sessions import gives_connection


def enter(frame: Frame, value: Value, node: cst.CSTNode) -> Manager:
    """What a `with` item enters: a session closes itself at the end."""
    match value:
        case Session(registry=False):
            return Manager(value, "close", value)
        case Session():
            return Manager(value)
        case Coroutine(call="AsyncConnection.stream" | "AsyncConnection.stream_scalars", result=result):
            return Manager(result)  # a block may enter it as well
        case Coroutine(result=result):
            note_used(frame, value, "with", node.item if isinstance(node, cst.WithItem) else node)
            return enter(frame, result, node)
        case Manager(leaving="close", session=None, entered=Session() as session):
            return Manager(session, "close", session)
        case Manager():
            return value
        case OneOf(values=values):
            managers = [enter(frame, item, node) for item in values]
            return Manager(reduce(join, (item.entered for item in managers)))
        case Object():
            return _by_methods(frame, value, node)
        case External(dotted=dotted, made=True) if dotted.rpartition(".")[2] in MAKING_POOLS | MAKING_PROCESSES:
            return Manager(value)
        case External(dotted=dotted, made=True) if gives_connection(dotted):
            frame.may_raise()
            cls = "sqlalchemy.ext.asyncio.AsyncConnection" if ".asyncio." in dotted else "sqlalchemy.Connection"
            return Manager(External(cls, made=True))
    frame.may_raise()
    return Manager(UNKNOWN)


def _by_methods(frame: Frame, value: Object, node: cst.CSTNode) -> Manager:
    """A class with `__enter__` and `__exit__`."""
    frame.may_raise()
    enters, leaves = (_method(frame, value, names, node) for names in (("__enter__", "__aenter__"), _LEAVING))
    if enters is None:
        return Manager(UNKNOWN)
    entered = frame.await_(frame.call(enters, Arguments(), node))
    if not isinstance(entered, Session) or leaves is None:
        return Manager(entered)
    summary = frame.ask(SummaryOf(leaves.id, value.cls))
    done = {effect.op for effect in summary.effects}
    if entered.owner == "function":
        # Whatever the manager opens for its block it closes at the end.
        give_away(frame, entered)
        entered = replace(entered, owner="manager")
    return Manager(entered, "close" if "close" in done else "commit" if "commit" in done else "", entered)


_LEAVING = ("__exit__", "__aexit__")


def _method(frame: Frame, value: Object, names: tuple[str, ...], node: cst.CSTNode) -> FunctionValue | None:
    found = (frame.read(value, name, node) for name in names)
    return next((item for item in found if isinstance(item, FunctionValue)), None)
