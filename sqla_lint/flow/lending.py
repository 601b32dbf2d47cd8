"""Sessions that leave the function that opens them: yielded to whoever works with them, or returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.endings import ClosedBehind, TakenLate
from sqla_lint.flow.events import ScopeLeft
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.state import BEGUN, CLOSED, LENT, State
from sqla_lint.flow.values import Collection, Instance, Result, Session, Statement, TupleValue, Value

# The name by which the state knows the session of what is returned.
_RETURNED_OF = "<returned of>"


def lend(frame: Frame, session: Session, node: cst.Yield) -> None:
    """Whoever asked for the session works with it; what that fails with is raised at the `yield`."""
    frame.state.work.pop(session.key, None)
    if session.registry:
        # Who removes it is at work with it from here on; nobody else has to.
        frame.state.lives[session.key] = frozenset({BEGUN})
        frame.fates.registries[session.key] = (session, frame.text(node.value) if node.value is not None else "")
    elif session.owner != "function" and frame.info.wraps != "contextmanager":
        frame.escape(session)  # to be closed by others
    if session.key in frame.state.lives:
        frame.fates.lent.setdefault(session.key, frame.place(node))
    frame.set_life(session, LENT)
    frame.may_raise()
    frame.set_life(session, BEGUN)


def lives_of(key: str, states: Sequence[State]) -> frozenset[str]:
    """The lives that a session can have in these states."""
    return frozenset[str]().union(*(state.lives.get(key, frozenset()) for state in states))


def tell_lent(frame: Frame, ends: Sequence[State]) -> None:
    """Tell of the registries whose session is removed after its user, unless that one fails."""
    for key, (session, text) in frame.fates.registries.items():
        normal, raised = (lives_of(key, states) for states in (ends, frame.exits.raised))
        place = frame.fates.lent.get(key)
        if normal == {CLOSED} and place is not None:
            frame.sink(ScopeLeft(place, None, session, text, normal, raised, place))


def drawn(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """`next(get_session())`: the generator ends at once, and what it closes begins anew when it is used."""
    match arguments.first(), arguments.nodes:
        case Collection(element=Session(owner="manager") as session), [cst.Call() as generator, *_]:
            if dotted == "builtins.next" and session.kind == "async":
                return None  # no such generator gives its session to `next()`
            given = replace(session, key=frame.site(node), owner="function", opened=frame.place(node))
            frame.open(given)
            frame.fates.drawn[given.key] = frame.text(generator)
            return given
    return None


def note_returned(frame: Frame, value: Value, node: cst.BaseExpression | None) -> None:
    """What is returned needs its session: who closes that from here on does so behind the receiver's back."""
    if node is None:
        return
    if isinstance(node, cst.GeneratorExp):
        value = frame.fates.sources.get(node.for_in.iter, value)
    kind, key = _needs(value)
    if key and ("close", key) not in frame.state.done:
        frame.fates.returned[key] = (frame.place(node), kind)
        frame.state.names[_RETURNED_OF] = Session(key)


def _needs(value: Value) -> tuple[str, str]:
    """What a value is that needs its session yet, and the key of that."""
    match value:
        case Session(key=key):
            return "session", key
        case Statement(kind="query", owner=None, session=Session(key=key)):
            return "query", key
        case Result(element=element):
            row = _row(element)
            return ("rows", row.session) if row is not None and (value.streamed or not row.asynchronous) else ("", "")
    return "", ""


def _row(element: Value) -> Instance | None:
    """The first instance in a row: rows of columns alone need no session."""
    items = element.items if isinstance(element, TupleValue) else (element,)
    return next((item for item in items if isinstance(item, Instance)), None)


def note_closed(frame: Frame, session: Session, node: cst.CSTNode) -> None:
    """A session is closed: tell of it where that happens on the way out with what needs it."""
    held = frame.state.names.get(_RETURNED_OF)
    place, kind = frame.fates.returned.get(session.key, (None, ""))
    if place is None or place.node is None or not isinstance(held, Session) or held.key != session.key:
        return
    text = frame.text(place.node)
    frame.emit(ClosedBehind(place, None, session, kind, _closing(node), frame.place(node), text))
    if kind == "session":  # its receiver's no more
        returns = frame.outcome.returns
        returns[:] = [replace(item, owner="unknown") if item == session else item for item in returns]


def _closing(node: cst.CSTNode) -> str:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return name
    return "block"


def note_late(frame: Frame, value: Result, node: cst.CSTNode) -> None:
    """Rows are taken of a Result whose session this function has closed."""
    row = _row(value.element)
    if row is None or row.detached is None or row.asynchronous and not value.streamed:
        return
    if not row.detached.by.startswith("expunge") and row.detached.place.slice is frame.slice:
        frame.emit(TakenLate(frame.place(node), None, row.detached.by, row.detached.place, frame.text(node)))
