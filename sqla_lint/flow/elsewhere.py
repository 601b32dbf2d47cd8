"""Objects of one session that are given to another.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.events import HeldElsewhere
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.state import CLOSED, GONE
from sqla_lint.flow.values import Instance, Session


def note_elsewhere(frame: Frame, session: Session, instance: Instance, method: str, node: cst.Call) -> None:
    """Tell that another session holds what one is given."""
    if not frame.emitting or not frame.ask(EventAsked("HeldElsewhere")):
        return
    if not _holds_another(frame, session, instance):
        return
    text = frame.text(node.args[0].value) if node.args else ""
    frame.emit(HeldElsewhere(frame.place(node), None, session, instance, method, text, _name(frame, instance.session)))


def _holds_another(frame: Frame, session: Session, instance: Instance) -> bool:
    """Whether the object is surely in a session that is surely another one: one of the two was opened here."""
    key = instance.session
    if key in ("", session.key) or instance.detached is not None or not {key, session.key} & frame.opened.keys():
        return False
    if key.startswith(("named:", "held:")) or not frame.state.lives.get(key, frozenset()).isdisjoint((CLOSED, GONE)):
        return False
    pending = frame.state.pending(key)
    return not instance.new or any(work.instance.identity == instance.identity for work in pending)


def _name(frame: Frame, key: str) -> str:
    """What a session is called here, where it is a parameter or was opened."""
    given = key.removeprefix("param:") if key.startswith("param:") else ""
    return frame.opened_as.get(key, given)
