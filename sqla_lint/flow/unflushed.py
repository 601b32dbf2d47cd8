"""Sessions that a revision opens on Alembic's connection, and never flushes: what they hold is not written.

Alembic commits the connection, which makes a commit needless where something flushes.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.operations import Unflushed
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, NameMeans
from sqla_lint.flow.state import GONE, State
from sqla_lint.flow.values import External, Session
from sqla_lint.knowledge.migrations import OP, REVISING
from sqla_lint.knowledge.sessions import CLASSES, METHODS

_PUTTING = frozenset({"add", "add_all", "delete", "merge"})
# Methods after which what was put into the session is written, at the latest as their query flushes.
_WRITING = frozenset(name for name, effect in METHODS.items() if effect.sql or effect.flushes) | {"query"}
_READING = frozenset({"execute", "query", "scalars"})


def note_unflushed(frame: Frame, ends: Iterable[State]) -> None:
    """Tell of the sessions that were opened in a revision, and of the first thing that they do not write."""
    if not frame.info.name.startswith(REVISING) or not frame.ask(EventAsked("Unflushed")):
        return
    if frame.ask(NameMeans(frame.info.module, "op")) != External(OP):
        return
    lives = [state.lives for state in ends]
    for key, session in frame.opened.items():
        name = frame.opened_as.get(key, "")
        if not name or any(GONE in life.get(key, ()) for life in lives):
            continue
        if not session.bound_to_connection:
            _note_unbound(frame, session, name)
            continue
        lost = _lost(frame.slice.nodes, name)
        if lost is not None:
            what = frame.text(lost) if isinstance(lost, cst.Attribute) else frame.callee(lost.func) + "()"
            frame.sink(Unflushed(frame.place(lost), None, what, name))


def _note_unbound(frame: Frame, session: Session, name: str) -> None:
    """Tell of `Session()` with nothing said of a connection, which nothing gives it later, where it is to send SQL."""
    made = session.opened.node if session.opened is not None else None
    if session.opened is None or not isinstance(made, cst.Call) or made.args:
        return
    with frame.silent():
        callee = frame.evaluate(made.func)
    found = frame.slice.nodes
    bound = any(isinstance(node, cst.AssignTarget) and path_of(node.target) == f"{name}.bind" for node in found)
    asked = (node.func for node in found if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute))
    sends = any(path_of(item.value) == name and item.attr.value in _WRITING for item in asked)
    if isinstance(callee, External) and callee.dotted in CLASSES and sends and not bound:
        frame.sink(Unflushed(session.opened, None, "", name))


def _lost(found: list[cst.CSTNode], name: str) -> cst.Call | cst.Attribute | None:
    """The first object that is put into the session or changed in it, if nothing that follows flushes."""
    first: cst.Call | cst.Attribute | None = None
    rows: set[str] = set()
    before: set[int] = set()  # the arguments of what puts something in: they come before it
    for node in found:
        if id(node) in before:
            continue
        match node:
            case cst.For(target=cst.Name(value=row), iter=source) if _reads(source, name):
                rows.add(row)
            case cst.AssignTarget(target=cst.Attribute(value=cst.Name(value=row)) as target) if row in rows:
                first = first or target
            case cst.Attribute(value=owner, attr=cst.Name(value="begin")) if path_of(owner) == name:
                return None  # the end of its block commits
            case cst.WithItem(item=cst.Call(func=cst.Attribute(attr=cst.Name(value="begin")))):
                return None
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=method))) if path_of(owner) == name:
                if method in _WRITING and method not in _PUTTING:
                    first, rows = None, rows if method in _READING else set()
                elif method in _PUTTING:
                    first = first or node
                    before |= {id(inner) for item in node.args for inner in nodes(item)}
            case cst.Call(args=args) if any(path_of(item.value) == name for item in args):
                return None  # who knows what is done with it
    return first


def _reads(source: cst.CSTNode, name: str) -> bool:
    """Whether what a loop goes through is asked of the session."""
    return any(
        isinstance(node, cst.Attribute) and node.attr.value in _READING and path_of(node.value) == name
        for node in nodes(source)
    )
