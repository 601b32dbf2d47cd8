"""Rows that lose the parent which their foreign key must name: the flush writes NULL where none may be."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.parents import naming_key
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import Collection, Constant, Instance, Value, alternatives
from sqla_lint.flow.work_events import LinkCut
from sqla_lint.knowledge.mapping import CUTTING, PUTTING, RELEASING


def note_cut(frame: Frame, node: cst.Call) -> None:
    """Tell that `order.lines.remove(line)` leaves a row without what its key must name."""
    match node.func:
        case cst.Attribute(value=cst.Attribute(value=owner, attr=cst.Name(value=name)), attr=cst.Name(value=method)):
            if frame.emitting and method in CUTTING and frame.ask(EventAsked("LinkCut")):
                with frame.silent():
                    row = frame.evaluate(owner)
                _note(frame, row, name, f"{frame.callee(node.func)}()", node)


def note_unset(frame: Frame, row: Instance, name: str, value: Value, target: cst.Attribute) -> None:
    """Tell that `line.order = None` or `order.lines = []` does."""
    nothing = value == Constant(None) or isinstance(value, Collection) and value.literal and value.limit == 0
    if frame.emitting and nothing and frame.ask(EventAsked("LinkCut")):
        given = "None" if value == Constant(None) else "[]"
        _note(frame, row, name, f"{frame.text(target)} = {given}", target)


def _note(frame: Frame, value: Value, name: str, text: str, node: cst.CSTNode) -> None:
    rows = [item for item in alternatives(value) if isinstance(item, Instance)]
    if len(rows) != 1 or rows[0].new or rows[0].detached or rows[0].producer is None or rows[0].producer.root:
        return  # it may not be in the database at all
    info = frame.ask(MappingOf(rows[0].cls))
    item = info.relationships.get(name) if info is not None else None
    target = frame.ask(MappingOf(item.target)) if item is not None and item.target else None
    if info is None or item is None or target is None:
        return
    key = naming_key(item, info, target)
    if key is not None and not key.nullable and not _is_kept(frame, name, item.reverse):
        frame.emit(LinkCut(frame.place(node), None, text, key.owner, key.name))


def _is_kept(frame: Frame, name: str, reverse: str) -> bool:
    """Whether anything in the function may give the row another parent, or delete it."""
    for node in frame.slice.nodes:
        match node:
            case cst.Call(func=function) if _keeps(path_of(function)):
                return True
            case cst.Assign(targets=targets, value=value) if not (
                isinstance(value, cst.Name) and value.value == "None"
            ):
                set_ = [item.target.attr.value for item in targets if isinstance(item.target, cst.Attribute)]
                if reverse in set_ or name in set_ and not (isinstance(value, cst.List) and not value.elements):
                    return True
    return False


def _keeps(path: str) -> bool:
    """Whether a call, by its path, may delete a row, or put it into the collection of another one."""
    owner, _, method = path.rpartition(".")
    return method in RELEASING or method in PUTTING and "." in owner
