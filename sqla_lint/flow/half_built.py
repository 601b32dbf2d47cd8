"""New objects that a query writes before they have what their columns must hold.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.loading import COLUMNS
from sqla_lint.flow.making import Early
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import AttributeMeans, ClassInfo, EventAsked, MappingOf, SummaryOf
from sqla_lint.flow.speaking import SpeaksOf
from sqla_lint.flow.steps import COMPUTES
from sqla_lint.flow.unwritten import ANYTHING
from sqla_lint.flow.values import FunctionValue, Instance, Session, Statement
from sqla_lint.flow.work_events import HalfBuilt


def loads(statement: Statement | None) -> bool:
    """Whether a session that flushes by itself does so before this statement, on every generation."""
    if statement is None or not statement.flushes:
        return False
    if statement.kind == "query":
        return True
    if any(step.name == "select_from" and step.cls for step in statement.steps):
        return True
    asked = any(isinstance(item, Instance) for item in statement.entities)
    return statement.kind == "select" and (asked or any(step.name in ("asks", COMPUTES) for step in statement.steps))


def note_flushed(frame: Frame, session: Session, via: Place | None = None) -> None:
    """A query flushes: keep which new objects lack something, in case that they are given it later."""
    if not frame.emitting or not frame.ask(EventAsked("HalfBuilt")) or not flushes_by_itself(frame, session):
        return
    lacking: dict[int, frozenset[str]] = {}
    works = [work for work in frame.state.pending(session.key) if work.kind == "add" and work.instance.identity]
    for work in works:
        missing = _missing(frame, work.instance)
        lacking[work.instance.identity] = lacking.get(work.instance.identity, missing) & missing
    if not any(lacking.values()) or _may_be_silenced(frame):
        return
    for work in works:
        identity = work.instance.identity
        if lacking[identity]:
            here = frame.place(frame.current)
            early = Early(work.instance.cls, lacking[identity], session.key, work.place, here, via)
            frame.making.early.setdefault(identity, early)


def flushes_by_itself(frame: Frame, session: Session) -> bool:
    """Whether a query flushes that session for sure."""
    known = frame.opened.get(session.key, session)
    if not known.autoflush or session.key in frame.state.no_autoflush:
        return False
    return known.owner == "function" or not frame.ask(SpeaksOf("autoflush"))


def _may_be_silenced(frame: Frame) -> bool:
    """Whether a block around this point may keep the session from flushing, by its name or as it is given the session.

    `with disabled_flush():`, `with quiet(session):`
    """
    blocks = (node for node in frame.slice.around(frame.current) if isinstance(node, cst.With))
    for item in (item.item for block in blocks for item in block.items):
        held = [frame.state.names.get(path_of(inner.value)) for inner in getattr(item, "args", ())]
        if "flush" in frame.text(item) or any(isinstance(value, Session) for value in held):
            return True
    return False


def _missing(frame: Frame, instance: Instance) -> frozenset[str]:
    """The columns that must not be NULL and that nothing has given a new object; none where that cannot be told."""
    info = frame.ask(MappingOf(instance.cls))
    if info is None or not instance.new or instance.identity not in frame.making.plain:
        return frozenset()
    given = instance.free | {name for name, _ in instance.values}
    for name in given - {COLUMNS}:
        known = info.columns.get(name)
        if name not in info.relationships and (known is None or known.kind != "column"):
            return frozenset()  # a property, or a synonym, that may set any of them
    keys = {key for name in given for key in _keys(info, name)}
    required = {name for name, column in info.columns.items() if column.required}
    return frozenset(required - given - keys - _set_by_itself(frame, instance.cls, required))


def _keys(info: ClassInfo, name: str) -> tuple[str, ...]:
    """The foreign key that a relationship gives; each of them where that cannot be told."""
    found = info.relationships.get(name)
    if found is None or found.collection:
        return ()
    return found.keys or tuple(column.name for column in info.columns.values() if column.foreign_keys)


def _set_by_itself(frame: Frame, cls: str, names: set[str]) -> frozenset[str]:
    """Those of some columns that the constructor of a class may set."""
    found = frame.ask(AttributeMeans(cls, "__init__"))
    sets = frame.ask(SummaryOf(found.id, closely=True)).sets if isinstance(found, FunctionValue) else frozenset[str]()
    return frozenset(names) if ANYTHING in sets else sets


def note_completed(frame: Frame, instance: Instance, name: str, node: cst.CSTNode) -> None:
    """An attribute of an object is set: too late, if a query has written the object before."""
    early = frame.making.early.get(instance.identity)
    info = frame.ask(MappingOf(instance.cls)) if early is not None else None
    if info is None or early is None:
        return
    relationship = info.relationships.get(name)
    given = early.missing & ({name} if relationship is None else set(relationship.keys))
    if given:
        del frame.making.early[instance.identity]
        session = frame.opened.get(early.session, Session(early.session))
        frame.emit(HalfBuilt(early.place, early.via, session, early.cls, min(given), early.added, frame.place(node)))
