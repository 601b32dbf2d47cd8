"""A value of a callee in its caller's terms."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.values import (
    PARENT,
    UNKNOWN,
    Collection,
    Coroutine,
    Instance,
    Manager,
    Mapping,
    OneOf,
    Producer,
    Result,
    Session,
    Statement,
    Symbol,
    Text,
    TupleValue,
    Value,
)

Binding = dict[str, Value]


def substitute(value: Value, binding: Binding, node: cst.CSTNode, depth: int = 0) -> Value:
    """A value of the callee in the caller's terms."""
    if depth > 5:
        return UNKNOWN
    match value:
        case Session(key=key) if key.startswith("param:"):
            given = binding.get(key.removeprefix("param:"))
            return given if isinstance(given, Session) else replace(value, owner="unknown")
        case Session(owner="function"):
            return replace(value, key=f"site:{id(node)}", opened=value.opened)
        case Symbol(path=(root, *rest)):
            given = binding.get(root, UNKNOWN)
            for _ in rest:
                given = UNKNOWN
            return given
        case Instance(producer=Producer(root=(root, *rest))):
            given = binding.get(root, UNKNOWN)
            if not rest and given != UNKNOWN and not isinstance(given, Symbol):
                return given
            return _fresh(value, binding, node)
        case Instance():
            return _fresh(value, binding, node)
        case Collection(element=element):
            given = _collection_given(value, binding)
            if given is not None:
                return given
            producer = _produced(value.producer, node)
            return replace(value, element=substitute(element, binding, node, depth + 1), producer=producer)
        case Result(element=element):
            return replace(value, element=substitute(element, binding, node, depth + 1))
        case TupleValue(items=items):
            return TupleValue(tuple(substitute(item, binding, node, depth + 1) for item in items))
        case OneOf(values=values):
            found = tuple(dict.fromkeys(substitute(item, binding, node, depth + 1) for item in values))
            return found[0] if len(found) == 1 else UNKNOWN if UNKNOWN in found else OneOf(found)
        case Mapping():
            keys = substitute(value.key, binding, node, depth + 1)
            return Mapping(keys, substitute(value.value, binding, node, depth + 1))
        case Statement(session=Session() as session):
            inner = substitute(session, binding, node, depth + 1)
            return replace(value, session=inner if isinstance(inner, Session) else None)
        case Coroutine(result=result):
            return Coroutine(substitute(result, binding, node, depth + 1))
        case Manager(entered=entered):
            return replace(value, entered=substitute(entered, binding, node, depth + 1))
    return value


def _collection_given(value: Collection, binding: Binding) -> Value | None:
    """The caller's own collection, where the callee gives back what it was given."""
    producer = value.producer
    if producer is not None and len(producer.root) == 1:
        given = binding.get(producer.root[0])
        if isinstance(given, Collection):
            return given
    return None


def _produced(producer: Producer | None, node: cst.CSTNode) -> Producer | None:
    return None if producer is None else replace(producer, root=(), inside=0)


def _fresh(value: Instance, binding: Binding, node: cst.CSTNode) -> Instance:
    session = value.session
    if session.startswith("param:"):
        given = binding.get(session.removeprefix("param:"))
        session = given.key if isinstance(given, Session) else ""
    values = tuple((column, substitute(item, binding, node)) for column, item in value.values)
    known = tuple(
        item for item in values if item[1] != UNKNOWN and not isinstance(item[1], Text) or item[0].startswith(PARENT)
    )
    return replace(
        value, rows=0, identity=id(node), values=known, session=session, producer=_produced(value.producer, node)
    )
