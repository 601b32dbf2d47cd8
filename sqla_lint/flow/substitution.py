"""A value of a callee in its caller's terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.containers import item_at
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.instances import EACH, INDEX, VALUE
from sqla_lint.flow.queries import entity
from sqla_lint.flow.steps import UNSEEN
from sqla_lint.flow.values import (
    ANY_PARENT,
    PARENT,
    UNKNOWN,
    ClassValue,
    Collection,
    ColumnValue,
    Constant,
    Coroutine,
    Instance,
    Manager,
    Mapping,
    Object,
    OneOf,
    Producer,
    Reflection,
    Result,
    Session,
    Statement,
    Symbol,
    Text,
    TupleValue,
    Value,
    derived,
)

Binding = dict[str, Value]


def session_given(value: Value | None) -> Session | None:
    """The session that an argument is, or that it is a query of."""
    return value.session if isinstance(value, Statement) else value if isinstance(value, Session) else None


def session_for(frame: Frame, key: str, binding: Binding) -> Session | None:
    """The session that a callee's key speaks of, in the caller's terms; None where it is none or not at hand."""
    if key.startswith("param:"):
        name, _, held = key.removeprefix("param:").partition(".")
        given = session_given(binding.get(name))
        if not held or name not in binding:
            return given
        # What was taken for a session holds one.
        return Session(f"{given.key if given is not None else f'held:{name}'}.{held}")
    if key.startswith("self."):
        owner = binding.get("self")
        if owner is None:
            return None
        if isinstance(owner, Object) and owner.fields:
            kept = dict(owner.fields).get(key.removeprefix("self."))
            if isinstance(kept, Session):
                return kept
        if owner != frame.state.names.get("self"):
            # Another object's session: nothing is known of it but that it is always the same.
            key = f"held:{getattr(owner, 'cls', '')}.{key.removeprefix('self.')}"
    return Session(key)


def substitute(frame: Frame, value: Value, binding: Binding, node: cst.CSTNode, depth: int = 0) -> Value:
    """A value of the callee in the caller's terms."""
    if depth > 5:
        return UNKNOWN
    match value:
        case Session(key=key) if key.startswith("param:"):
            return session_given(binding.get(key.removeprefix("param:"))) or replace(value, owner="unknown")
        case Session(owner="function"):
            return replace(value, key=frame.site(node), opened=value.opened)
        case Symbol(path=(root, *steps), shaped=shaped):
            led = follow(frame, binding.get(root, UNKNOWN), steps, node)
            return _shaped(led) if shaped else led
        case Instance(producer=Producer(root=(root, *_))) if isinstance(binding.get(root), Statement | ClassValue):
            return _asked_for(binding[root], _fresh(frame, value, binding, node))
        case Instance(cls=cls, producer=Producer(root=(root, *steps))):
            held = follow(frame, binding.get(root, UNKNOWN), steps, node)
            if isinstance(held, Instance):
                return replace(held, free=held.free | value.free) if held.cls == cls else held
            if not steps and held != UNKNOWN and not isinstance(held, Symbol):
                return held
            return _fresh(frame, value, binding, node)
        case Instance():
            return _fresh(frame, value, binding, node)
        case ColumnValue(identity=identity, column=column):
            return ColumnValue(_given(identity, binding), column)
        case Collection():
            return _collection(frame, value, binding, node, depth)
        case TupleValue(items=items):
            return TupleValue(tuple(substitute(frame, item, binding, node, depth + 1) for item in items))
        case OneOf(values=values):
            found = tuple(dict.fromkeys(substitute(frame, item, binding, node, depth + 1) for item in values))
            return found[0] if len(found) == 1 else UNKNOWN if UNKNOWN in found else OneOf(found)
        case Mapping():
            keys = substitute(frame, value.key, binding, node, depth + 1)
            entries = tuple((key, substitute(frame, item, binding, node, depth + 1)) for key, item in value.entries)
            return Mapping(keys, substitute(frame, value.value, binding, node, depth + 1), entries, value.whole)
        case Statement(session=session):
            inner = substitute(frame, session, binding, node, depth + 1) if session is not None else None
            return replace(value, root=(), session=inner if isinstance(inner, Session) else None)
        case Reflection():
            return UNKNOWN  # of something of the callee
        case Object():
            return _object(frame, value, binding, node, depth)
        case Result() | Coroutine() | Manager():
            return _holding_one(frame, value, binding, node, depth)
    return value


def _holding_one(
    frame: Frame, value: Result | Coroutine | Manager, binding: Binding, node: cst.CSTNode, depth: int
) -> Value:
    match value:
        case Result(element=element):
            return replace(value, element=substitute(frame, element, binding, node, depth + 1))
        case Coroutine(result=result):
            return replace(value, result=substitute(frame, result, binding, node, depth + 1))
        case Manager(entered=entered):
            return replace(value, entered=substitute(frame, entered, binding, node, depth + 1))


def _given(identity: int, binding: Binding) -> int:
    """The identity of a row of the callee: of one that it was given, as the caller knows it."""
    given = (held for name, held in binding.items() if isinstance(held, Instance) and derived(1, name) == identity)
    row = next(given, None)
    return identity if row is None else row.identity


def _object(frame: Frame, value: Object, binding: Binding, node: cst.CSTNode, depth: int) -> Value:
    """An object of the callee's: one that it was given, or one that keeps what it was given."""
    if value.root:
        root, *steps = value.root
        held = follow(frame, binding.get(root, UNKNOWN), steps, node)
        return held if isinstance(held, Object) else replace(value, root=())
    kept = ((name, substitute(frame, item, binding, node, depth + 1)) for name, item in value.fields)
    return replace(value, fields=tuple(kept)) if value.fields else value


def _shaped(value: Value) -> Value:
    """A statement of the caller's, which the callee gives back filtered, ordered or limited: nobody knows how."""
    if not isinstance(value, Statement):
        return value
    return replace(value, filtered=True, steps=(*value.steps, *(item for item in UNSEEN if item not in value.steps)))


def _collection(frame: Frame, value: Collection, binding: Binding, node: cst.CSTNode, depth: int) -> Value:
    given = _collection_given(frame, value, binding, node)
    if given is not None:
        return given
    element = substitute(frame, value.element, binding, node, depth + 1)
    return replace(value, element=element, producer=_produced(value.producer, binding))


def _collection_given(frame: Frame, value: Collection, binding: Binding, node: cst.CSTNode) -> Value | None:
    """The caller's own collection, where the callee gives back what it was given."""
    producer = value.producer
    if producer is None or not producer.root:
        return None
    root, *steps = producer.root
    given = follow(frame, binding.get(root, UNKNOWN), steps, node)
    if not isinstance(given, Collection):
        return None
    return given if value.limit is None else replace(given, limit=value.limit)


def follow(frame: Frame, value: Value, steps: Sequence[str], node: cst.CSTNode) -> Value:
    """What an access path of the callee leads to from the caller's value; what its reads do was told already."""
    before = frame.state
    frame.state = before.copy() if steps else before
    with frame.silent():
        for step in steps:
            value = step_from(frame, value, step, node)
    frame.state = before
    return value


def step_from(frame: Frame, value: Value, step: str, node: cst.CSTNode) -> Value:
    """One step of an access path: an element, a value of a dict, or an attribute."""
    if step == EACH and isinstance(value, Statement):
        return entity(frame, value, 0, node) if value.scalar else UNKNOWN
    if step == EACH and isinstance(value, ClassValue):
        return Instance(value.id, producer=Producer(True, frame.place(node)))  # its rows, as the callee asks for them
    if step == EACH:
        return frame.elements(value, node, 0)
    at = step.startswith("[")  # an index that is told
    if (step in (VALUE, INDEX) or at) and isinstance(value, Mapping):
        return value.value
    if step == INDEX and isinstance(value, Collection):
        return value.element
    if at and isinstance(value, Collection | TupleValue):
        return item_at(value, Constant(int(step[1:-1])))
    return UNKNOWN if step == VALUE else frame.read(value, step, node)


def _produced(producer: Producer | None, binding: Binding) -> Producer | None:
    """The producer in the caller's terms: rows of a statement that the caller was given itself are owed by its own."""
    if producer is None:
        return None
    given = binding.get(producer.root[0]) if producer.root else None
    root = (*given.root, *producer.root[1:]) if isinstance(given, Statement) and given.root else ()
    return replace(producer, root=root, inside=0)


def _asked_for(statement: Value, row: Instance) -> Instance:
    """A row of a statement that the caller gave, of which the callee may have asked for more than the caller."""
    entity = statement.entities[0] if isinstance(statement, Statement) and statement.scalar else UNKNOWN
    if not isinstance(statement, Statement) or not isinstance(entity, Instance) or entity.cls != row.cls:
        return row
    return replace(row, values=tuple(dict.fromkeys((*row.values, *statement.criteria))))


def _fresh(frame: Frame, value: Instance, binding: Binding, node: cst.CSTNode) -> Instance:
    session = value.session
    if session.startswith("param:"):
        given = session_given(binding.get(session.removeprefix("param:")))
        session = given.key if given is not None else ""
    values = tuple((column, substitute(frame, item, binding, node)) for column, item in value.values)
    known = tuple(
        item
        for item in values
        if item[1] != UNKNOWN and not isinstance(item[1], Text) or item[0].startswith((PARENT, ANY_PARENT))
    )
    return replace(
        value,
        rows=0,
        identity=frame.number(node),
        values=known,
        session=session,
        producer=_produced(value.producer, binding),
    )
