"""New objects that wait together, and those under a primary key that the session holds already.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.columns import Column
from sqla_lint.flow.connected import meant_by
from sqla_lint.flow.events import AddedTogether, KeyTaken
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.lattice import is_told
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import ClassInfo, EventAsked, MappingOf
from sqla_lint.flow.state import Work
from sqla_lint.flow.unguarded import note_unguarded
from sqla_lint.flow.values import ColumnValue, Constant, Instance, Session, Value

_KEY = "<pk>"


def note_together(frame: Frame, session: Session, work: Work) -> None:
    """Tell which new objects of other classes one will be written with."""
    if not work.instance.new or not frame.emitting or not frame.ask(EventAsked("AddedTogether")):
        return
    for other in frame.state.pending(session.key):
        if other.kind == "add" and other.instance.new and other.instance.cls != work.instance.cls:
            frame.emit(AddedTogether(work.place, work.via, session, other, work))


def note_taken(frame: Frame, session: Session, instance: Instance, place: Place) -> None:
    """Tell that a new object comes into a session that holds one of its class and key, waiting or loaded."""
    if instance.new:
        note_unguarded(frame, instance, place)
    if not instance.new or not frame.emitting or not frame.ask(EventAsked("KeyTaken")):
        return
    info = frame.ask(MappingOf(instance.cls))
    key = _key_of(info, instance)
    if info is None or not key:
        return
    for work in frame.state.pending(session.key):
        other = work.instance
        another = work.kind == "add" and other.new and other.identity != instance.identity
        if another and other.cls == instance.cls and _key_of(info, other) == key:
            frame.emit(KeyTaken(place, None, session, instance, tuple(sorted(key)), "new", work.place))
            return
    for name, value in frame.state.names.items():
        if not isinstance(value, Instance) or not _is_held(frame, session, name, value, instance):
            continue
        if _has(value, key) and not _may_be_deleted(frame):
            frame.emit(KeyTaken(place, None, session, instance, tuple(sorted(key)), name))
            return


def is_numbered(column: Column) -> bool:
    """Whether the database gives a key its value: hardly any program gives one itself."""
    return column.generated == "database"


def _key_of(info: ClassInfo | None, instance: Instance) -> dict[str, Value]:
    """The primary key that the program gives a new object; empty where some of it is not given."""
    given = dict(instance.values)
    names = info.primary if info is not None else frozenset[str]()
    if any(not is_told(given.get(name, Constant(None))) for name in names):
        return {}
    return {name: given[name] for name in names}


def _is_held(frame: Frame, session: Session, name: str, value: Instance, new: Instance) -> bool:
    """Whether a name surely leads to a row of the new object's class that this session holds, and keeps."""
    if value.new or value.detached is not None or value.cls != new.cls or value.session != session.key:
        return False
    gone = (*frame.state.pending(session.key), *(work for _, work in frame.state.deleted))
    if any(work.kind == "delete" and work.instance.identity == value.identity for work in gone):
        return False
    assumed = frame.state.assumed
    if assumed.get(name) is True or assumed.get(f"{name} is None") is False:
        return True
    read = any(isinstance(given, ColumnValue) and given.identity == value.identity != 0 for _, given in new.values)
    return read or _is_one(value)  # what is copied of it was there to be read


def _is_one(value: Instance) -> bool:
    """Whether the call that gave a row raises where there is none."""
    match value.producer.place if value.producer is not None else None:
        case Place(node=cst.Call(func=cst.Attribute(attr=cst.Name(value="one" | "get_one" | "scalar_one")))):
            return True
    return False


_DELETING = frozenset({"delete", "exec_driver_sql", "text"})


def _may_be_deleted(frame: Frame) -> bool:
    """Whether the function sends a statement of its own that may delete what the session still holds."""
    called = (node.func for node in frame.slice.nodes if isinstance(node, cst.Call))
    return any(meant_by(frame, function) in _DELETING for function in called)


def _has(value: Instance, key: dict[str, Value]) -> bool:
    """Whether a row has that primary key, by what it was asked for with or because it was read of it."""
    if not value.free.isdisjoint(key):
        return False  # it was given another one
    known = dict(value.values)
    if len(key) == 1 and known.get(_KEY) in key.values():
        return True
    return all(
        given == known.get(column) or given == ColumnValue(value.identity, column) != ColumnValue(0, column)
        for column, given in key.items()
    )
