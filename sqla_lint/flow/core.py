"""Engines, connections and transactions of the asyncio extension: what calling, awaiting and entering them gives."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.events import CoroutineUsed
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Coroutine, External, Manager, Method, Result, Session, Value
from sqla_lint.knowledge.coroutines import BEGINNING, CORE_PLAIN, class_called, core_class, core_coroutine

_ENDING = frozenset({"commit", "rollback"})


def from_core(frame: Frame, receiver: External, name: str, given: Value) -> Value:
    """What a method of a library's object gives, a coroutine where it has to be awaited."""
    if name == "dispose":
        frame.escape(receiver)  # its connections are closed
    spelt = core_coroutine(receiver.dotted, name)
    return Coroutine(given, spelt) if spelt else given


def from_transaction(receiver: Manager, name: str, given: Value) -> Value:
    """What a method of the transaction gives that `await session.begin()` has begun."""
    session = receiver.session if receiver.begins else None
    known = session is not None and session.kind == "async" and not session.guessed
    return Coroutine(given, f"AsyncSessionTransaction.{name}") if known and name in _ENDING else given


def plain_call(receiver: External, name: str) -> str:
    """A method that must not be awaited, with its class; else empty."""
    cls = core_class(receiver.dotted)
    return f"{cls}.{name}" if cls and name in CORE_PLAIN[cls] else ""


def unbegun(callee: Value | None, value: Value, awaited: bool) -> str:
    """A transaction that is neither awaited nor entered, by what was called; else empty."""
    if awaited:
        return ""
    match callee, value:
        case Method(receiver=Session(kind="async") as session, name=name), Manager() if name in BEGINNING:
            return "" if session.guessed else f"{class_called('async', session.registry)}.{name}"
        case Method(name=name), External(dotted=dotted) if core_class(dotted) == "AsyncTransaction":
            return f"AsyncConnection.{name}"
    return ""


def note_awaited_rows(frame: Frame, value: Value, node: cst.CSTNode) -> None:
    """Tell that an `async for` goes through rows that are there already: `await session.execute()` gives a Result."""
    if isinstance(value, Result) and not value.streamed and frame.emitting and frame.ask(EventAsked("CoroutineUsed")):
        text = frame.text(node)
        frame.emit(CoroutineUsed(frame.place(node), None, "iteration", "Result", text, frame.info.is_async))
