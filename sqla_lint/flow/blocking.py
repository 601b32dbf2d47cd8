"""What a coroutine function sends through a synchronous session: all other tasks of the loop wait meanwhile.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.overlapping import Blocked
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Session


def note_blocked(frame: Frame, session: Session) -> None:
    """Tell of the first statement that a coroutine function sends by a synchronous session."""
    if not frame.info.is_async or session.kind == "async" or frame.outcome.blocked or not frame.emitting:
        return
    if not frame.ask(EventAsked("Blocked")) or not isinstance(frame.current, cst.Call):
        return
    if _kind(frame, session) != "sync" or frame.awaiting is frame.current:
        return  # what is awaited is none, whatever an annotation says
    frame.outcome.blocked = True
    text = frame.callee(frame.current.func)
    frame.emit(Blocked(frame.place(frame.current), None, session, text, frame.info))


def _kind(frame: Frame, session: Session) -> str:
    """The kind of a session; of one that is known by its attribute alone, the kind of that."""
    this = frame.state.names.get("self")
    if session.kind != "unknown" or this is None or not session.key.startswith("self."):
        return session.kind
    with frame.silent():
        found = frame.read(this, session.key.removeprefix("self."), frame.current)
    return found.kind if isinstance(found, Session) else "unknown"
