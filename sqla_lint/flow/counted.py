"""Values that a row had when it was loaded, and that are written back with something added: `order.total += 1`.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.locking import LOCKS
from sqla_lint.flow.questions import ClassInfo, EventAsked, MappingOf
from sqla_lint.flow.speaking import SpeaksOf
from sqla_lint.flow.values import Constant, Instance, alternatives
from sqla_lint.flow.work_events import Counted
from sqla_lint.knowledge.columns import NUMBERS
from sqla_lint.knowledge.transactions import SERIALIZING, isolates

_ADDING = (cst.Add, cst.AddAssign, cst.Subtract, cst.SubtractAssign)


def note_counted(frame: Frame, target: cst.BaseExpression, value: cst.BaseExpression | cst.AugAssign) -> None:
    """An attribute is set: tell where that adds to what it held."""
    if not frame.emitting or not isinstance(target, cst.Attribute) or not _adds(target, value):
        return
    if not frame.ask(EventAsked("Counted")):
        return
    with frame.silent():
        rows = [item for item in alternatives(frame.evaluate(target.value)) if item != Constant(None)]
    row = rows[0] if len(rows) == 1 else None
    if not isinstance(row, Instance) or not _as_loaded(row):
        return
    info = frame.ask(MappingOf(row.cls))
    column = info.columns.get(target.attr.value) if info is not None else None
    if info is None or info.versioned or column is None or column.primary_key or column.name in row.free:
        return
    if column.type in NUMBERS and not _is_guarded(frame) and _first_of(frame, target, info) is target:
        place = frame.place(target)
        text, module, entry = frame.text(target), frame.info.module, frame.info.entry
        frame.emit(Counted(place, None, row.cls, column.name, text, module, entry))


def _adds(target: cst.Attribute, value: cst.BaseExpression | cst.AugAssign) -> bool:
    """Whether a value is what the attribute holds, and more or less of it."""
    match value:
        case cst.AugAssign(operator=operator):
            return isinstance(operator, _ADDING)
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            path = path_of(target)
            return isinstance(operator, _ADDING) and path != "" and path in (path_of(left), path_of(right))
    return False


def _as_loaded(row: Instance) -> bool:
    """Whether a query of this function has loaded a row, and has not locked it."""
    seen = row.producer is not None and row.producer.seen and not row.producer.root
    return seen and not row.new and row.detached is None and LOCKS not in dict(row.values)


def _first_of(frame: Frame, target: cst.Attribute, info: ClassInfo) -> cst.Attribute:
    """The first number of the same row that the function adds to: what is done to one row is told once."""
    owner = path_of(target.value)
    for node in frame.slice.nodes:
        match node:
            case cst.AugAssign(target=cst.Attribute() as other) if _adds(other, node):
                pass
            case cst.Assign(targets=[cst.AssignTarget(cst.Attribute() as other)], value=value) if _adds(other, value):
                pass
            case _:
                continue
        column = info.columns.get(other.attr.value)
        if owner and path_of(other.value) == owner and column is not None and column.type in NUMBERS:
            return other
    return target


def _is_guarded(frame: Frame) -> bool:
    """Whether the function speaks of locks, or the project of an isolation under which the database refuses it."""
    if frame.info.locks or any(frame.ask(SpeaksOf(level)) for level in SERIALIZING):
        return True
    return any(isinstance(node, cst.Name) and isolates(node.value) for node in frame.slice.nodes)
