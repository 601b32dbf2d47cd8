"""Sessions that leave the function that opens them: yielded to whoever works with them, or returned."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.events import ClosedBehind
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.state import BEGUN, LENT, RETURNED
from sqla_lint.flow.values import Collection, Session, Value


def lend(frame: Frame, session: Session, node: cst.Yield) -> None:
    """Whoever asked for the session works with it; what that fails with is raised at the `yield`."""
    frame.state.work.pop(session.key, None)
    if session.owner != "function" and frame.info.wraps != "contextmanager":
        frame.escape(session)  # to be closed by others
    if session.key in frame.state.lives:
        frame.lent.setdefault(session.key, frame.place(node))
    frame.set_life(session, LENT)
    frame.may_raise()
    frame.set_life(session, BEGUN)


def drawn(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """`next(get_session())`: the generator ends at once, and what it closes begins anew when it is used."""
    match arguments.first(), arguments.nodes:
        case Collection(element=Session(owner="manager") as session), [cst.Call() as generator, *_]:
            if dotted == "builtins.next" and session.kind == "async":
                return None  # no such generator gives its session to `next()`
            given = replace(session, key=frame.site(node), owner="function", opened=frame.place(node))
            frame.open(given)
            frame.drawn[given.key] = frame.text(generator)
            return given
    return None


def note_returned(frame: Frame, value: Value, node: cst.BaseExpression | None) -> None:
    """A session of this function is returned: what closes it from here on does so behind its receiver's back."""
    if isinstance(value, Session) and node is not None and ("close", value.key) not in frame.state.done:
        frame.returned[value.key] = frame.place(node)


def note_closed(frame: Frame, session: Session, node: cst.CSTNode) -> None:
    """A session is closed: tell of it where that happens on the way out with it, its receiver's no more."""
    held = frame.state.names.get(RETURNED)
    place = frame.returned.get(session.key)
    if place is None or not isinstance(held, Session) or held.key != session.key or place.node is None:
        return
    by = node.func.attr.value if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) else "block"
    frame.emit(ClosedBehind(place, None, session, by, frame.place(node), frame.text(place.node)))
    frame.outcome.returns = [replace(item, owner="unknown") if item == held else item for item in frame.outcome.returns]
