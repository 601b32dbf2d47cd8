"""Objects of one session that are given to another.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.events import HeldElsewhere
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.state import CLOSED, GONE
from sqla_lint.flow.values import ColumnValue, Instance, Session, class_name


def note_elsewhere(frame: Frame, session: Session, instance: Instance, method: str, node: cst.CSTNode) -> None:
    """Tell that another session holds what one is given, or the object that a new one refers to and brings along."""
    if not frame.emitting or not frame.ask(EventAsked("HeldElsewhere")):
        return
    text = frame.text(node.args[0].value) if isinstance(node, cst.Call) and node.args else ""
    for one in (instance, *(_brought(frame, instance) if method == "add" and instance.new else ())):
        if _holds_another(frame, session, one):
            named = text if one is instance else _called(frame, one)
            other = _name(frame, one.session)
            frame.emit(HeldElsewhere(frame.place(node), None, session, one, method, named, other))
            return


def _brought(frame: Frame, instance: Instance) -> list[Instance]:
    """The objects at hand that a new one refers to by its relationships."""
    info = frame.ask(MappingOf(instance.cls))
    cascading = {
        name
        for name, item in (info.relationships if info is not None else {}).items()
        if "save-update" in item.cascade and not item.viewonly
    }
    referred = {
        item.identity
        for name, item in instance.values
        if isinstance(item, ColumnValue) and not item.column and name in cascading
    }
    held = [item for item in frame.state.names.values() if isinstance(item, Instance)]
    return [item for item in held if item.identity in referred - {0}]


def _called(frame: Frame, instance: Instance) -> str:
    """What an object is called here."""
    names = (name for name, held in frame.state.names.items() if isinstance(held, Instance))
    return next((name for name in names if frame.state.names[name] == instance), class_name(instance.cls))


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
