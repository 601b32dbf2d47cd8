"""Replaying what a callee, or a template, reads of its arguments on the rows that it is given."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.columns import Column
from sqla_lint.flow.decorating import CallersOf, TouchedOf
from sqla_lint.flow.events import ColumnRead, Loop, RelationshipRead, RowRead
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.instances import (
    EACH,
    VALUE,
    by_mapping_alone,
    in_identity_map,
    is_had_by_another,
    note_argument_read,
    read_column,
    same_for_all,
)
from sqla_lint.flow.loaded import is_loaded, missing, remember
from sqla_lint.flow.loading import COLUMNS, RAISED
from sqla_lint.flow.narrowing import as_class
from sqla_lint.flow.noted import is_row
from sqla_lint.flow.paths import AS, SENT, passed_to
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import AttributeMeans, ClassInfo, MappingOf, Read, Relationship, SummaryOf
from sqla_lint.flow.substitution import Binding, step_from
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    FunctionValue,
    Instance,
    Object,
    Statement,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.flow.walkers import walked
from sqla_lint.knowledge import loaders
from sqla_lint.knowledge.reflection import FORMATTING, SPECIAL, WALKS

_LONGEST = 8


def apply_read(frame: Frame, read: Read, binding: Binding, node: cst.CSTNode, alone: bool = False) -> None:
    """Replay a read of an argument on what the caller gives; `alone`: what reads it cannot have loaded it before."""
    if _is_filled(frame, read):
        return
    root, *steps = read.path
    value = binding.get(root, UNKNOWN)
    each = many = False
    with frame.silent():
        for step in steps[:-1]:
            each = step in (EACH, VALUE) or each and not _leads_to_one(frame, value, step)
            many = many or step in (EACH, VALUE) and not _is_one(value)
            owner, value = value, _step(frame, value, step, node)
            if isinstance(value, Instance) and _may_be_held(frame, owner, step):
                value = replace(value, asynchronous=False)
            if isinstance(owner, Object) and owner.root and value == UNKNOWN and read.repeated:
                value = Symbol((*owner.root, step))  # a class that derives from it, as from a mixin, may be mapped
    name = steps[-1] if steps else ""
    match value:
        case Symbol(path=path):
            inner = read if each else None
            note_argument_read(frame, (*path, *steps[-1:]), value.rows, node, inner, read.after_failure)
        case Instance():
            # What the caller gives a list of one costs no more than anything that is read once.
            once = replace(value, free=value.free | {name}) if each and not many and _is_only(frame, read) else value
            # A coroutine, or what has a session, may have loaded more of it by then: whether that raises is not known.
            seen = once if alone or each else replace(once, asynchronous=False)
            _read_of_instance(frame, seen, name, read, binding, each, node)
        case Statement(owner=Instance(cls=cls) as asked, relationship=of) if name == SENT:
            info = frame.ask(MappingOf(cls))
            if info is not None:
                _confirm(frame, asked, info.relationships[of], read, binding, each, node)


def _step(frame: Frame, value: Value, step: str, node: cst.CSTNode) -> Value:
    """One step of the path: what it reads, or the class that a test of the reader has shown."""
    if step.startswith(AS):
        return as_class(frame, value, ClassValue(step.removeprefix(AS))) or UNKNOWN
    return step_from(frame, value, step, node)


def _is_filled(frame: Frame, read: Read) -> bool:
    """Whether something here fills what a function looks at first, so that it reads no further."""
    return bool(read.unless) and not read.unless.isdisjoint(frame.making.sets)


def _may_be_held(frame: Frame, owner: Value, step: str) -> bool:
    """Whether a step leads to a single row that nothing loads here: the session may hold it, with more of it loaded."""
    info = frame.ask(MappingOf(owner.cls)) if isinstance(owner, Instance) and owner.asynchronous else None
    relationship = info.relationships.get(step) if info is not None else None
    if relationship is None or relationship.collection or not isinstance(owner, Instance):
        return False
    return not is_loaded(owner, relationship)


def _is_only(frame: Frame, read: Read) -> bool:
    """Whether a single function gives the reader its rows: others may give more than this one."""
    return not read.owed or len(frame.ask(CallersOf(read.owed[0]))) < 2


def _is_one(value: Value) -> bool:
    """Whether a collection is written down with one element."""
    return isinstance(value, Collection) and len(value.items) == 1


def _read_of_instance(
    frame: Frame, value: Instance, name: str, read: Read, binding: Binding, each: bool, node: cst.CSTNode
) -> None:
    function, parameter = passed_to(name)
    if function:
        _read_by(frame, function, parameter, read, binding, node)
        return
    info = frame.ask(MappingOf(value.cls))
    if name in WALKS:
        for item in () if value.new else walked(info, name):
            one = replace(read, path=(*read.path[:-1], item.name), owed=(*read.owed[:-1], item.name))
            _confirm(frame, value, item, one, binding, each, node)
        return
    relationship = info.relationships.get(name) if info else None
    if relationship is not None:
        if not value.new:
            _confirm(frame, value, relationship, read, binding, each, node)
        return
    column = info.columns.get(name) if info else None
    if column is not None:
        _read_of_column(frame, value, column, read, each, node)
        return
    names = FORMATTING[FORMATTING.index(name) :] if name in FORMATTING else (name,)
    for text in names if read.place.outside or name in FORMATTING or name in SPECIAL else ():
        found = frame.ask(AttributeMeans(value.cls, text))
        if isinstance(found, FunctionValue):
            _read_by(frame, found.id, "self", read, binding, node)  # a property or a method
            return


def _read_of_column(frame: Frame, value: Instance, column: Column, read: Read, each: bool, node: cst.CSTNode) -> None:
    if read.place.outside:
        if value.expired and not read.repeated and (value.asynchronous or value.detached):
            read_column(frame, value, column, node)
    elif not each:
        read_column(frame, value, column, node)
    elif read.repeated and (why := missing(value, column)) and why != RAISED and not value.expired:
        loop = Loop(0, "for", _rows(read))
        told = (column.name, column.owner, why, loop, value.detached is not None, value.asynchronous)
        frame.emit(ColumnRead(read.place, frame.place(node), value, *told, read.after_failure))


def _read_by(frame: Frame, function: str, parameter: str, read: Read, binding: Binding, node: cst.CSTNode) -> None:
    """What a function reads of what the path leads to, given as a parameter, is read by this path."""
    if len(read.path) > _LONGEST:
        return
    for inner in frame.ask(SummaryOf(function, closely=True)).reads:
        first, *rest = inner.path
        if first == parameter and (len(rest) > 1 or not passed_to(rest[0])[0]) and not _is_filled(frame, inner):
            # A loop of its own is where a finding stands, and what its callers may know is owed to it.
            there = inner if EACH in rest else replace(read, repeated=read.repeated or inner.repeated)
            apply_read(frame, replace(there, path=(*read.path[:-1], *rest)), binding, node)


def _leads_to_one(frame: Frame, value: Value, name: str) -> bool:
    """Whether all rows lead to one and the same object by that name."""
    info = frame.ask(MappingOf(value.cls)) if isinstance(value, Instance) else None
    relationship = info.relationships.get(name) if info is not None else None
    return relationship is not None and isinstance(value, Instance) and same_for_all(value, relationship)


def _rows(read: Read) -> str:
    """What the loop goes through, as the source says it; by its path where that is more than a name."""
    plain = all(part.isidentifier() for part in read.loop_text.split("."))
    if plain or not read.place.outside or read.place.slice is None:
        return read.loop_text
    last = max((index for index, step in enumerate(read.path) if step == EACH), default=len(read.path))
    return ".".join(step for step in read.path[:last] if step.isidentifier())


def _stands(frame: Frame, value: Instance, node: cst.CSTNode) -> Place:
    """Where a finding stands whose read is in no function: where the rows come from, else where they are handed out."""
    producer = value.producer.place if value.producer is not None else None
    return producer if producer is not None and producer.slice is frame.slice else frame.place(node)


def _confirm(
    frame: Frame,
    value: Instance,
    relationship: Relationship,
    read: Read,
    binding: Binding,
    each: bool,
    node: cst.CSTNode,
) -> None:
    name = relationship.name
    detached = value.detached is not None
    sent = (SENT,) if read.path[-1] == SENT else ()
    loaded = is_loaded(value, relationship) or not detached and in_identity_map(frame, value, relationship)
    loaded = loaded and not sent
    root = value.producer.root if value.producer else ()
    outside = read.place.outside
    there = each and not outside
    event = RelationshipRead(
        read.place if there else _stands(frame, value, node) if each else frame.place(node),
        frame.place(node) if there else read.place,
        value,
        name,
        relationship.owner,
        relationship.target,
        relationship.collection,
        relationship.many_to_one or value.shared,
        relationship.lazy in loaders.NOT_A_LOAD,
        not loaded and not detached,
        None,
        value.producer,
        read.text,
        owed=read.owed if each else (frame.info.id, *root, name) if root else (),
        outside=outside,
        detached=detached and not loaded,
        after_failure=read.after_failure,
        asynchronous=value.asynchronous
        and (not each or bool(outside))
        and not frame.making.renewed
        and not is_had_by_another(frame, value, relationship),
    )
    if root and (not loaded or by_mapping_alone(value, relationship)):
        note_argument_read(frame, (*root, name, *sent), value.rows, node, read if each else None, read.after_failure)
    if not loaded and not read.after_failure and not detached:
        remember(frame, value, name, binding)
    if each:
        if read.repeated:
            frame.emit(replace(event, loop=Loop(0, "for", _rows(read))))
        return
    loop_around = frame.in_loop(value.rows)
    if loop_around is None and event.asynchronous and not loaded:
        frame.emit(event)
    if loop_around is not None and not loaded:
        failed = read.after_failure or frame.after_failure(loop_around)
        frame.emit_in(loop_around, node, replace(event, loop=loop_around, after_failure=failed))
    elif event.detached:
        frame.emit(event)


def note_columns(frame: Frame, function: str, binding: Binding, node: cst.CSTNode) -> None:
    """A callee reads columns of a row that are not at hand: they are loaded, and raise where there is no session."""
    for name, value in list(binding.items()):
        if isinstance(value, TupleValue) and frame.emitting:
            _note_row(frame, function, name, value, node)
        if not isinstance(value, Instance):
            continue
        if frame.in_loop(value.rows) is not None:
            _note_columns_in_loop(frame, function, name, binding, node)
        if value.expired is None or frame.in_loop(value.rows) is not None:
            continue
        info = frame.ask(MappingOf(value.cls))
        wanted = frame.ask(TouchedOf(function, name)) if info is not None else frozenset[str]()
        lost = [item for item in sorted(wanted) if info is not None and _is_lost(info, value, item)]
        if lost and value.detached is None:
            remember(frame, value, COLUMNS, binding)
        elif lost:
            frame.emit(ColumnRead(frame.place(node), None, value, lost[0], value.cls, "expired", None, True))


def _note_columns_in_loop(frame: Frame, function: str, name: str, binding: Binding, node: cst.CSTNode) -> None:
    """A callee reads columns of the row of each turn."""
    value = binding[name]
    info = frame.ask(MappingOf(value.cls)) if isinstance(value, Instance) else None
    if info is None or not isinstance(value, Instance):
        return
    if not value.expired and not value.load.branches and not any(item.deferred for item in info.columns.values()):
        return
    touched: frozenset[str] = frame.ask(TouchedOf(function, name))
    for item in sorted(touched):
        if item in info.columns and missing(value, info.columns[item]):
            read_column(frame, value, info.columns[item], node)
            return  # one call is one finding, whatever else it reads


def _note_row(frame: Frame, function: str, name: str, row: TupleValue, node: cst.CSTNode) -> None:
    """A callee is given a row of entities and reads it as if it were one of them."""
    if isinstance(node, cst.Call) and is_row(frame, row):
        touched: frozenset[str] = frame.ask(TouchedOf(function, name))
        for item in sorted(touched):
            frame.emit(RowRead(frame.place(node), None, row, item, name))


def _is_lost(info: ClassInfo, value: Instance, name: str) -> bool:
    return name in info.columns and missing(value, info.columns[name]) == "expired"
