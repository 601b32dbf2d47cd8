"""The lattice of values: what covers two of them, what is in doubt, what an annotation fills in."""

from __future__ import annotations

from dataclasses import replace

from sqla_lint.flow.loading import ANYTHING
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    Collection,
    Coroutine,
    Instance,
    Mapping,
    OneOf,
    Result,
    Statement,
    TupleValue,
    Value,
    alternatives,
)

_MOST = 4


def doubtful(value: Value, depth: int = 0) -> Value:
    """`value` where its type is told but nobody can tell what of it is loaded."""
    if depth > 4:
        return value
    match value:
        case Instance(load=load):
            return replace(value, load=load.merge(ANYTHING))
        case Collection(element=element) | Result(element=element):
            return replace(value, element=doubtful(element, depth + 1))
        case TupleValue(items=items):
            return TupleValue(tuple(doubtful(item, depth + 1) for item in items))
        case OneOf(values=values):
            return OneOf(tuple(doubtful(item, depth + 1) for item in values))
        case Mapping(key=key, value=held):
            return Mapping(doubtful(key, depth + 1), doubtful(held, depth + 1))
        case Coroutine(result=result):
            return Coroutine(doubtful(result, depth + 1))
    return value


def informed(value: Value, told: Value) -> Value:
    """`value`, its unknown parts filled in from what an annotation tells."""
    match value, told:
        case Collection(element=element), Collection(element=other):
            return replace(value, element=informed(element, other))
        case Mapping(), Mapping():
            return Mapping(informed(value.key, told.key), informed(value.value, told.value))
        case TupleValue(items=items), TupleValue(items=others) if len(items) == len(others):
            return TupleValue(tuple(informed(one, other) for one, other in zip(items, others, strict=True)))
    return told if value == UNKNOWN else value


def join(left: Value, right: Value) -> Value:
    """The least value that covers both."""
    if left == right or right == NEVER:
        return left
    if left == NEVER:
        return right
    match left, right:
        case Instance(cls=a), Instance(cls=b) if a == b and left.session == right.session and left.new == right.new:
            return _join_instances(left, right)
        case Collection(), Collection():
            return _join_collections(left, right)
        case TupleValue(items=a), TupleValue(items=b) if len(a) == len(b):
            return TupleValue(tuple(join(one, other) for one, other in zip(a, b, strict=True)))
        case Mapping(), Mapping():
            return Mapping(join(left.key, right.key), join(left.value, right.value))
        case Statement(), Statement() if left.entities == right.entities and left.kind == right.kind:
            return replace(
                left,
                load=left.load.union(right.load),
                limit=left.limit if left.limit == right.limit else None,
                filtered=left.filtered and right.filtered,
                criteria=tuple(item for item in left.criteria if item in right.criteria),
            )
    if UNKNOWN in (left, right):
        return UNKNOWN
    values = tuple(dict.fromkeys([*alternatives(left), *alternatives(right)]))
    return OneOf(values) if len(values) <= _MOST else UNKNOWN


def _join_instances(left: Instance, right: Instance) -> Value:
    # A relationship loaded on one path only is in doubt: it counts as loaded, so that a doubt is never a finding.
    return replace(
        left,
        load=left.load.union(right.load),
        free=left.free | right.free,
        rows=left.rows if left.rows == right.rows else 0,
        values=tuple(item for item in left.values if item in right.values),
        identity=left.identity if left.identity == right.identity else 0,
        path=left.path if left.path == right.path else (),
        producer=left.producer if left.producer == right.producer else None,
        expired=left.expired if left.expired == right.expired else None,
    )


def _join_collections(left: Collection, right: Collection) -> Value:
    if left.literal and left.element == UNKNOWN and left.limit == 0:
        return right
    if right.literal and right.element == UNKNOWN and right.limit == 0:
        return left
    limit = None if left.limit is None or right.limit is None else max(left.limit, right.limit)
    producer = left.producer if left.producer == right.producer else None
    literal = left.literal and right.literal
    return Collection(join(left.element, right.element), producer, limit, literal)
