"""What enters or leaves a unit of work without `add()` and `delete()`: by relationships that cascade, by new values."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.elsewhere import note_elsewhere
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.queries import held
from sqla_lint.flow.questions import MappingOf, Relationship
from sqla_lint.flow.sessions import instances_in, put
from sqla_lint.flow.values import (
    Collection,
    ColumnValue,
    Constant,
    Instance,
    Mapping,
    Session,
    Value,
    derived,
)

_PUTTING = frozenset({"add", "append", "extend", "insert", "update"})
_TAKING = frozenset({"discard", "pop", "remove"})
_EMPTYING = frozenset({"clear"})


def note_set(
    frame: Frame, holder: Instance, name: str, value: Value, target: cst.Attribute, source: cst.BaseExpression
) -> None:
    """An attribute of a row is set: part of a unique key, or what a relationship leads to."""
    info = None if holder.new else frame.ask(MappingOf(holder.cls))
    session = _session_of(frame, holder) if info is not None else None
    if info is None or session is None:
        return
    relationship = info.relationships.get(name)
    if relationship is not None:
        there = _is_there(frame, target) or _is_deleted(frame, session, target)
        if relationship.collection or value == Constant(None) or there:
            _leave(frame, session, holder, relationship, (), target)
        _enter(frame, session, holder, relationship, value, target)
    elif any(name in key and key != info.primary for key in info.unique):
        values = tuple(item for item in holder.values if item[0] != name)
        changed = replace(holder, values=(*values, (name, held(frame, value, source))))
        put(frame, session, "update", changed, frame.place(target))


def _is_there(frame: Frame, target: cst.Attribute) -> bool:
    """Whether a test has shown that a relationship leads to something."""
    text, assumed = frame.text(target), frame.state.assumed
    return assumed.get(text) is True or assumed.get(f"{text} is None") is False


def _is_deleted(frame: Frame, session: Session, target: cst.Attribute) -> bool:
    """Whether what a relationship leads to was deleted, and is still to be written so."""
    with frame.silent():
        led_to = frame.evaluate(target)
    if not isinstance(led_to, Instance) or not led_to.identity:
        return False
    works = (work for work in frame.state.pending(session.key) if work.kind == "delete")
    return any(work.instance.identity == led_to.identity for work in works)


def note_item(frame: Frame, target: cst.Subscript, value: Value | None) -> None:
    """An item or a slice of a row's collection is set, or deleted: what was there leaves, what is given enters."""
    if not isinstance(target.value, cst.Attribute):
        return
    found = _collection_of(frame, target.value)
    if found is None:
        return
    session, holder, relationship = found
    with frame.silent():
        taken = tuple(item for item in instances_in(frame.evaluate(target)) if not item.new)
    slices = (item.slice for item in target.slice if isinstance(item.slice, cst.Slice))
    whole = any(item.lower is None and item.upper is None for item in slices)
    if taken or whole:
        _leave(frame, session, holder, relationship, () if whole else taken, target)
    if value is not None:
        _enter(frame, session, holder, relationship, value, target)


def _collection_of(frame: Frame, node: cst.Attribute) -> tuple[Session, Instance, Relationship] | None:
    """The session, the row and the relationship, where an attribute is a relationship of a row that a session holds."""
    with frame.silent():
        holder = frame.evaluate(node.value)
    if not isinstance(holder, Instance) or holder.new:
        return None
    info, session = frame.ask(MappingOf(holder.cls)), _session_of(frame, holder)
    relationship = info.relationships.get(node.attr.value) if info is not None else None
    return (session, holder, relationship) if relationship is not None and session is not None else None


def note_changed(
    frame: Frame, receiver: Collection | Mapping, method: str, arguments: Arguments, node: cst.Call
) -> None:
    """A collection may be that of a row, `order.lines.append(line)`: what it is given enters, what it loses leaves."""
    match node.func:
        case cst.Attribute(value=cst.Attribute() as changed):
            if method not in _PUTTING | _TAKING | _EMPTYING or not isinstance(receiver, Collection):
                return
            found = _collection_of(frame, changed)
            if found is None:
                return
            session, holder, relationship = found
            if method in _PUTTING:
                for given in arguments.positional[-1:]:
                    _enter(frame, session, holder, relationship, given, node)
            else:
                named = receiver.element if method == "pop" else arguments.first()
                taken = tuple(instances_in(named)) if method in _TAKING else ()
                if taken or method in _EMPTYING:
                    _leave(frame, session, holder, relationship, taken, node)


def _session_of(frame: Frame, holder: Instance) -> Session | None:
    """The session that holds a row: the one that gave it, else the only one at hand."""
    if holder.session:
        return Session(holder.session)
    found = {value.key: value for value in frame.state.names.values() if isinstance(value, Session)}
    return next(iter(found.values())) if len(found) == 1 else None


def _enter(
    frame: Frame, session: Session, holder: Instance, relationship: Relationship, value: Value, node: cst.CSTNode
) -> None:
    """New objects come into the session with the row that they are given to."""
    back = _back(frame, holder, relationship)
    if not back or "save-update" not in relationship.cascade:
        return
    for instance in instances_in(value):
        if instance.new:
            known = _with(instance, back)
            for name, item in frame.state.names.items():
                if item == instance:
                    frame.state.names[name] = known
            put(frame, session, "add", known, frame.place(node))
        if isinstance(node, cst.Call):
            note_elsewhere(frame, session, instance, "append", node)


def _leave(
    frame: Frame,
    session: Session,
    holder: Instance,
    relationship: Relationship,
    taken: tuple[Instance, ...],
    node: cst.CSTNode,
) -> None:
    """What a row loses is an orphan, to be deleted where the relationship says so; nothing `taken` means all of it."""
    back = _back(frame, holder, relationship)
    if not back or "delete-orphan" not in relationship.cascade:
        return
    every = Instance(relationship.target, identity=derived(holder.identity, relationship.name))
    for instance in taken or (every,):
        if not instance.new:
            put(frame, session, "delete", _with(instance, back), frame.place(node))


def _with(instance: Instance, back: tuple[tuple[str, Value], ...]) -> Instance:
    names = {name for name, _ in back}
    return replace(instance, values=(*(item for item in instance.values if item[0] not in names), *back))


def _back(frame: Frame, holder: Instance, relationship: Relationship) -> tuple[tuple[str, Value], ...]:
    """What the rows that a relationship leads to hold of its owner: the foreign key, and the relationship back."""
    target = frame.ask(MappingOf(relationship.target))
    owner = frame.ask(MappingOf(holder.cls))
    if target is None or owner is None or relationship.many_to_one or relationship.secondary or not holder.identity:
        return ()
    family = {holder.cls, *owner.lineage}
    keys = {
        column.name: key.attribute
        for column in target.columns.values()
        for key in column.foreign_keys
        if key.cls in family
    }
    reverse = target.relationships.get(relationship.reverse)
    if reverse is not None and reverse.keys:
        keys = {name: keys.get(name, "") for name in reverse.keys}
    if len(keys) != 1 or relationship.viewonly:
        return ()
    found: list[tuple[str, Value]] = [(name, ColumnValue(holder.identity, key)) for name, key in keys.items()]
    if reverse is not None:
        found.append((reverse.name, ColumnValue(holder.identity, "")))
    return tuple(found)
