"""Calls that SQLAlchemy 2.0 does not have any more."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Constant, External, Method, Session, SessionFactory, Statement, Value
from sqla_lint.flow.work_events import RemovedCalled
from sqla_lint.knowledge.removed import BY_NAME, REMOVED, Removed
from sqla_lint.knowledge.sessions import connection_or_engine

_STRINGS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)


def note_removed(frame: Frame, callee: Value, arguments: Arguments, node: cst.CSTNode) -> None:
    """Tell of a call that raises on SQLAlchemy 2.0, whatever the data."""
    if not frame.emitting or not isinstance(node, cst.Call):
        return
    kind, name = _kind(frame, callee, node)
    if not kind or name not in BY_NAME or not frame.ask(EventAsked("RemovedCalled")):
        return
    for item in REMOVED:
        if (item.kind, item.name) == (kind, name):
            for keyword in _forms(item, arguments, node):
                text = frame.callee(node.func)
                frame.emit(RemovedCalled(frame.place(node), None, text, item.how, keyword, item.cure))
                return


def _kind(frame: Frame, callee: Value, node: cst.Call) -> tuple[str, str]:
    """What is called, by the kind and the name that the table knows it by."""
    match node.func:
        case cst.Attribute(value=cst.Attribute(attr=cst.Name(value="metadata")), attr=cst.Name(value=name)):
            return "metadata", name
    match callee:
        case SessionFactory():
            return "library", "Session"
        case External(dotted=dotted) if dotted.startswith("sqlalchemy."):
            return "library", dotted.rpartition(".")[2]
        case Method(receiver=Session(guessed=False), name=name):
            return "session", name
        case Method(receiver=Statement(kind=kind), name=name):
            return "query" if kind == "query" else "statement", name
        case Method(receiver=External(dotted=dotted), name=name) if dotted.startswith("sqlalchemy."):
            kind = connection_or_engine(dotted)
            return "" if kind == "engine" and "engine" not in frame.text(node.func).lower() else kind, name
    return "", ""


def _forms(item: Removed, arguments: Arguments, node: cst.Call) -> Iterator[str]:
    """For each form in which a call is given what is gone, the keyword by which it is; empty where it is by none."""
    plain = bool(node.args) and not node.args[0].star and node.args[0].keyword is None
    first = node.args[0].value if plain else None
    match item.how:
        case "call":
            yield ""
        case "bare" if not node.args:
            yield ""
        case "list" if isinstance(first, cst.List | cst.ListComp):
            yield ""
        case "text" if isinstance(first, _STRINGS):
            yield ""
        case "keyword":
            yield from sorted(item.keywords & arguments.keywords.keys())
        case "true":
            yield from sorted(name for name in item.keywords if arguments.keywords.get(name) == Constant(True))
