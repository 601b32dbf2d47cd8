"""A foreign key and the relationship that goes by it, of which one was set and the other is read before it follows."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.loaded import is_loaded
from sqla_lint.flow.merged import following
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, MappingOf, Relationship
from sqla_lint.flow.values import Constant, Instance, Value
from sqla_lint.flow.work_events import OutOfStep
from sqla_lint.knowledge.sessions import ENDING, EXPIRING

_LOADING = EXPIRING | ENDING | {"refresh", "populate_existing"}


def note_half_set(frame: Frame, row: Instance, name: str, value: Value, target: cst.Attribute) -> None:
    """Tell what is read of a row, after one of its attributes was set, that does not know of that yet."""
    if not frame.emitting or row.detached or row.expired or row.producer is None:
        return  # reading an expired one asks the database, and flushes before it does
    if not frame.ask(EventAsked("OutOfStep")):
        return
    info = frame.ask(MappingOf(row.cls))
    relationships = info.relationships.values() if info is not None else ()
    for item in relationships:
        if item.collection or item.viewonly or len(item.keys) != 1 or not path_of(target.value):
            continue
        if item.name == name and value != Constant(None):
            _note(frame, target, item, item.keys[0], "key")
        elif item.keys[0] == name and not row.new and is_loaded(row, item):
            _note(frame, target, item, item.name, "relationship")


def note_empty(frame: Frame, row: Instance, item: Relationship, node: cst.CSTNode) -> None:
    """Tell of a relationship of a new object that is gone through, of which only the foreign key was given."""
    if not frame.emitting or row.identity not in frame.making.plain or item.collection or len(item.keys) != 1:
        return
    given = dict(row.values)
    if item.name in row.free or item.name in given or given.get(item.keys[0], Constant(None)) == Constant(None):
        return
    text, assumed = frame.text(node), frame.state.assumed
    if assumed.get(text) is True or assumed.get(f"{text} is None") is False:
        return  # a test has shown that it is there
    match next(frame.slice.around(node), None):
        case cst.Attribute(value=value) if value is node and frame.ask(EventAsked("OutOfStep")):
            owner = path_of(node).rpartition(".")[0]
            frame.emit(OutOfStep(frame.place(node), None, "new", text, f"{owner}.{item.keys[0]}"))


def _note(frame: Frame, target: cst.Attribute, item: Relationship, read: str, kind: str) -> None:
    owner = path_of(target.value)
    wanted = f"{owner}.{read}"
    if _is_set(frame.slice.module, wanted):
        return  # both are set
    for statement in following(frame.slice.module.body, target):
        for node in nodes(statement):
            if isinstance(node, cst.Attribute) and path_of(node) == wanted:
                place = frame.place(node)
                frame.emit(OutOfStep(place, None, kind, wanted, f"{owner}.{target.attr.value}", frame.place(target)))
                return
        if any(_follows(node, owner, kind) for node in nodes(statement)):
            return


def _is_set(module: cst.Module, wanted: str) -> bool:
    return any(
        isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign)
        and isinstance(node.target, cst.Attribute)
        and path_of(node.target) == wanted
        for node in nodes(module)
    )


def _follows(node: cst.CSTNode, owner: str, kind: str) -> bool:
    """Whether the other one may know of it after a step: any call may flush, few of them load the relationship again.

    So does a step that binds another row to the name, or leaves the way.
    """
    match node:
        case cst.Call(func=function):
            return kind == "key" or path_of(function).rpartition(".")[2] in _LOADING or "." not in path_of(function)
        case cst.AssignTarget(target=cst.Name(value=name)) | cst.For(target=cst.Name(value=name)):
            return name == owner.partition(".")[0]
        case cst.With() | cst.Yield() | cst.Await():
            return True
    return False
