"""The lattice of values: what covers two of them, what is in doubt, what an annotation fills in."""

from __future__ import annotations

from dataclasses import replace

from sqla_lint.flow.loading import ANYTHING
from sqla_lint.flow.steps import either
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    Collection,
    Constant,
    Coroutine,
    Instance,
    Mapping,
    Object,
    OneOf,
    Producer,
    Result,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    Text,
    TupleValue,
    Value,
    alternatives,
)
from sqla_lint.flow.working import Working

_MOST = 4
_MOST_CONSTANTS = 16
_DEEPEST = 6
# Beside any other value a coroutine is none for sure: who uses that value as it is may well be right.
_UNUSED = (Coroutine, Constant)


def is_told(value: Value) -> bool:
    """Whether a value is the same wherever it is written so: NULL equals nothing, and a call may give another."""
    return value != Constant(None) and not (isinstance(value, Text) and "(" in value.text)


def bounded(value: Value) -> Value:
    """`value`, or unknown where containers are nested too deep: what a loop wraps again and again has an end."""
    return value if _nested(value) <= _DEEPEST else UNKNOWN


def _nested(value: Value) -> int:
    """How deep a value is nested in containers."""
    match value:
        case Collection(element=inner) | Coroutine(result=inner) | Result(element=inner):
            return 1 + _nested(inner)
        case TupleValue(items=items):
            return 1 + max(map(_nested, items), default=0)
        case Object(fields=(_, *_) as fields):
            return 1 + max(_nested(item) for _, item in fields)
        case OneOf(values=values):
            return max(map(_nested, values))
        case Mapping(key=key, value=held, entries=entries):
            return 1 + max(_nested(key), _nested(held), *(_nested(item) for _, item in entries))
    return 0


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
            entries = tuple((name, doubtful(item, depth + 1)) for name, item in value.entries)
            return Mapping(doubtful(key, depth + 1), doubtful(held, depth + 1), entries, value.whole)
        case Coroutine(result=result):
            return replace(value, result=doubtful(result, depth + 1))
    return value


def informed(value: Value, told: Value) -> Value:
    """`value`, its unknown parts filled in from what an annotation tells."""
    match value, told:
        case Session(guessed=True), Session():
            return told
        case OneOf(values=values), Session():
            return one_of(tuple(dict.fromkeys(informed(item, told) for item in values)))
        case Collection(element=element), Collection(element=other):
            return replace(value, element=informed(element, other))
        case Mapping(), Mapping():
            entries = tuple((name, informed(item, told.value)) for name, item in value.entries)
            return Mapping(informed(value.key, told.key), informed(value.value, told.value), entries, value.whole)
        case TupleValue(items=items), TupleValue(items=others) if len(items) == len(others):
            return TupleValue(tuple(informed(one, other) for one, other in zip(items, others, strict=True)))
    return told if value == UNKNOWN else value


def choice(values: tuple[Value, ...]) -> Value:
    """One of several values; of factories of sessions, one that may make either kind."""
    factories = [item for item in values if isinstance(item, SessionFactory)]
    if len(factories) < len(values):
        return OneOf(values)
    kinds = {item.kind for item in factories}
    return replace(factories[0], kind=kinds.pop() if len(kinds) == 1 else "unknown")


def join(left: Value, right: Value) -> Value:
    """The least value that covers both."""
    if left is right or left == right or right == NEVER:
        return left
    if left == NEVER:
        return right
    if UNKNOWN in (left, right):
        return UNKNOWN
    values: list[Value] = list(alternatives(left))
    for item in alternatives(right):
        _include(values, item)
    return one_of(tuple(dict.fromkeys(values)))


def _include(values: list[Value], item: Value) -> None:
    """Add an alternative, joined with the first one that is of its kind."""
    for index, known in enumerate(values):
        joined = _joined(known, item)
        if joined is not None:
            values[index] = joined
            return
    values.append(item)


def one_of(values: tuple[Value, ...]) -> Value:
    """Any of these values; unknown where one is, or where they are too many to tell."""
    if len(values) == 1:
        return values[0]
    most = _MOST_CONSTANTS if all(isinstance(item, Constant) for item in values) else _MOST
    if UNKNOWN in values or len(values) > most:
        return UNKNOWN
    if any(isinstance(item, Coroutine) for item in values) and not all(isinstance(i, _UNUSED) for i in values):
        return OneOf(tuple(replace(item, call="") if isinstance(item, Coroutine) else item for item in values))
    return OneOf(values)


def _root(value: Instance | Object) -> tuple[str, ...]:
    if isinstance(value, Object):
        return value.root
    return value.producer.root if value.producer is not None else ()


def _joined(left: Value, right: Value) -> Value | None:
    """What covers two values of one kind; None where they are of different kinds."""
    if left == right:
        return left
    match left, right:
        case Instance(cls=a), Instance(cls=b) if a == b and left.new == right.new:
            return _join_instances(left, right)
        case (Symbol() as whole, Instance() | Object() as part) | (Instance() | Object() as part, Symbol() as whole):
            return whole if _root(part) == whole.path else None  # narrowed on one path only
        case SessionFactory(), SessionFactory():
            return choice((left, right))
        case Symbol(), Symbol() if left.path == right.path and left.rows == right.rows:
            return replace(left, shaped=True)
        case Collection(), Collection():
            return _join_collections(left, right)
        case TupleValue(items=a), TupleValue(items=b) if len(a) == len(b):
            return TupleValue(tuple(join(one, other) for one, other in zip(a, b, strict=True)))
        case Mapping(), Mapping():
            return _join_mappings(left, right)
        case Object(fields=fields), Object(cls=cls, bound=bound) if left.cls == cls and left.bound == bound:
            known = dict(right.fields)
            both = tuple((name, join(item, known[name])) for name, item in fields if name in known)
            row = left.row and len(both) == len(fields)
            return Object(cls, left.root if left.root == right.root else (), bound, both, row)
        case Coroutine(), Coroutine():
            joined, call = join(left.result, right.result), left.call if left.call == right.call else ""
            if isinstance(left, Working) and isinstance(right, Working) and left.uses == right.uses:
                return Working(joined, call, left.uses, left.threaded or right.threaded)
            return Coroutine(joined, call)
        case Result(), Result():
            producer = left.producer if left.producer == right.producer else Producer(False)
            streamed, unique = left.streamed and right.streamed, left.unique or right.unique
            return Result(join(left.element, right.element), producer, streamed=streamed, unique=unique)
        case Statement(), Statement() if left.entities == right.entities and left.kind == right.kind:
            return replace(
                left,
                load=left.load.union(right.load),
                limit=left.limit if left.limit == right.limit else None,
                filtered=left.filtered and right.filtered,
                criteria=tuple(item for item in left.criteria if item in right.criteria),
                steps=either(left.steps, right.steps),
                plain=left.plain and right.plain,
                narrowed=left.narrowed.or_by(right.narrowed),
            )
    return None


def _join_instances(left: Instance, right: Instance) -> Instance:
    # A relationship loaded on one path only is in doubt: it counts as loaded, so that a doubt is never a finding.
    return replace(
        left,
        load=left.load.union(right.load),
        free=left.free | right.free,
        session=left.session if left.session == right.session else "",
        rows=left.rows if left.rows == right.rows else 0,
        values=tuple(item for item in left.values if item in right.values),
        identity=left.identity if left.identity == right.identity else 0,
        path=left.path if left.path == right.path else (),
        producer=left.producer if left.producer == right.producer else None,
        expired=left.expired if left.expired == right.expired else None,
        detached=left.detached if left.detached == right.detached else None,
        asynchronous=left.asynchronous and right.asynchronous,
        unwritten=left.unwritten and right.unwritten,
        shared=left.shared or right.shared,
        parents=left.parents | right.parents,
    )


def _join_collections(left: Collection, right: Collection) -> Collection:
    if left.literal and left.element == UNKNOWN and left.limit == 0:
        return right
    if right.literal and right.element == UNKNOWN and right.limit == 0:
        return left
    limit = None if left.limit is None or right.limit is None else max(left.limit, right.limit)
    producer = left.producer if left.producer == right.producer else None
    literal = left.literal and right.literal
    return Collection(join(left.element, right.element), producer, limit, literal)


def _join_mappings(left: Mapping, right: Mapping) -> Mapping:
    known = dict(right.entries)
    if NEVER in (left.value, right.value):
        entries = left.entries or right.entries
    else:
        entries = tuple((name, join(item, known[name])) for name, item in left.entries if name in known)
    whole = left.whole and right.whole and {name for name, _ in left.entries} == known.keys()
    return Mapping(join(left.key, right.key), join(left.value, right.value), entries, whole)
