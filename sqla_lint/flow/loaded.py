"""What of the instances at hand is loaded, and what stops being so: reads, `refresh()`, commits and `expire()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import is_

import libcst as cst

from sqla_lint.flow.columns import Column
from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.lattice import doubtful
from sqla_lint.flow.loading import APART, COLUMNS, DEFERRED, RAISED, UPDATED, LoadTree
from sqla_lint.flow.polling import note_renewed
from sqla_lint.flow.questions import Relationship
from sqla_lint.flow.speaking import SpeaksOf
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Constant,
    Coroutine,
    Expiry,
    Instance,
    Mapping,
    Object,
    OneOf,
    Result,
    Session,
    Statement,
    TupleValue,
    Value,
)
from sqla_lint.knowledge import loaders

Change = Callable[[Instance], Instance]
_DEEPEST = 4
_MOST_LOADS = 8
# What an instance is, or may be in.
_HOLDING = frozenset({Instance, Collection, Result, TupleValue, OneOf, Mapping, Coroutine, Object})
# The session of `Model.query`: some registry of the application.
REGISTRY = "registry"


def is_loaded(value: Instance, relationship: Relationship) -> bool:
    """Whether reading the relationship sends nothing, the identity map left aside."""
    if relationship.name in value.free or value.new:
        return True
    if value.detached and value.expired:
        return False
    option = value.load.strategy(relationship.name)
    if (option or relationship.lazy) in loaders.NOT_A_LOAD:
        return True
    # What the statement loaded is gone once the instance has expired; a mapping that loads eagerly is left in doubt.
    strategy = relationship.lazy if value.expired else option or relationship.lazy
    return strategy in loaders.FREE


def missing(value: Instance, column: Column) -> str:
    """Why the value of a column is not at hand, "" where it is: what `ColumnRead` tells."""
    if value.new or column.name in value.free:
        return ""
    if value.expired:
        return "" if COLUMNS in value.free else "expired"
    if value.load.doubtful or column.primary_key or column.kind not in ("column", "expression"):
        return ""
    told = value.load.column(column.name)
    if told in (APART, RAISED, UPDATED) and not (told == RAISED and column.foreign_keys):
        return told
    if told == DEFERRED and column.foreign_keys and (value.path or value.load.eager):
        return ""  # what puts rows together goes by it
    return "deferred" if told == DEFERRED or column.deferred and not told else ""


def change_in(value: Value, change: Change, depth: int = 0) -> Value:
    """`value` with every instance in it changed; the same object where there is none to change."""
    if type(value) not in _HOLDING or depth > _DEEPEST:
        return value

    def inside(items: tuple[Value, ...]) -> tuple[Value, ...]:
        found = tuple([change_in(item, change, depth + 1) for item in items])
        return items if all(map(is_, found, items)) else found

    match value:
        case Instance():
            return change(value)
        case Collection(element=element, items=items):
            held = inside((element, *items))
            same = held[0] is element and all(map(is_, held[1:], items))
            return value if same else replace(value, element=held[0], items=held[1:])
        case Result(element=element):
            found = change_in(element, change, depth + 1)
            return value if found is element else replace(value, element=found)
        case TupleValue(items=items):
            held = inside(items)
            return value if held is items else TupleValue(held)
        case OneOf(values=values):
            held = inside(values)
            distinct = tuple(dict.fromkeys(held))
            return value if held is values else distinct[0] if len(distinct) == 1 else OneOf(distinct)
        case Mapping():
            return _changed_mapping(value, inside)
        case Coroutine(result=result):
            found = change_in(result, change, depth + 1)
            return value if found is result else replace(value, result=found)
        case Object(fields=(_, *_) as fields):
            items = tuple(item for _, item in fields)
            held = inside(items)
            names = (name for name, _ in fields)
            return value if held is items else replace(value, fields=tuple(zip(names, held, strict=True)))
    return value


def _changed_mapping(value: Mapping, inside: Callable[[tuple[Value, ...]], tuple[Value, ...]]) -> Mapping:
    """A dict with what is inside its keys and values changed."""
    items = (value.key, value.value, *(item for _, item in value.entries))
    key, held, *entries = found = inside(items)
    if found is items:
        return value
    names = (name for name, _ in value.entries)
    return Mapping(key, held, tuple(zip(names, entries, strict=True)), value.whole)


def change_all(names: dict[str, Value], change: Change) -> None:
    """Change every instance that a name leads to."""
    for name, value in names.items():
        changed = change_in(value, change)
        if changed is not value:
            names[name] = changed


def remember(frame: Frame, value: Instance, name: str, binding: dict[str, Value] | None = None) -> None:
    """What was loaded once is not loaded again: not by the same name, nor by a second loop over the same list.

    `binding`: what a callee that has loaded it was given, and may give back.
    """
    if not frame.emitting:
        return
    change = _if_same(value, lambda held: replace(held, free=held.free | {name}))
    change_all(frame.state.names, change)
    if binding is not None:
        change_all(binding, change)


def _if_same(value: Instance, change: Change) -> Change:
    """`change` for what is the same row as `value`, or a row of the same list."""

    def changed(held: Instance) -> Instance:
        same = held.identity == value.identity != 0 and held.path == value.path
        return change(held) if same else held

    return changed


# Loading what is not.


def refresh(frame: Frame, arguments: Arguments) -> bool:
    """`refresh(order, ["lines"])` loads what it names; names that cannot be read may be any.

    Without names it does what the first read of an expired instance does: the options of its statement apply again.
    True where what is refreshed may be an argument of this function.
    """
    frame.fates.locked.clear()  # what was locked too late may be read anew by this
    note_renewed(frame)
    if not arguments.nodes:
        return True
    names = arguments.get(1, "attribute_names")
    if names in (None, Constant(None)):
        _change_named(frame, arguments.nodes[0], lambda held: replace(held, expired=None, load=held.load.fetched()))
    else:
        set_loaded(frame, arguments.nodes[0], _texts(names))
    given = arguments.first()
    return not isinstance(given, Instance) or given.producer is not None and bool(given.producer.root)


def _texts(names: Value | None) -> frozenset[str] | None:
    """The texts of a display of names; None where some cannot be told."""
    listed = names.items if isinstance(names, Collection | TupleValue) else ()
    texts = [item.value for item in listed if isinstance(item, Constant) and isinstance(item.value, str)]
    return frozenset(texts) if listed and len(texts) == len(listed) else None


def fill(frame: Frame, statement: Statement) -> None:
    """A query loads what its options name on the instances at hand as well, where it comes across them again."""
    branches = tuple(item for item in statement.load.branches if item[1] in loaders.FREE)
    classes = {item.cls for item in statement.entities if isinstance(item, Instance)}
    if branches:
        for cls in classes:
            fill_rows(frame, cls, LoadTree(branches))


def fill_rows(frame: Frame, cls: str, load: LoadTree) -> None:
    """A query, here or in a callee, loads this on the rows of a class that are at hand."""
    if len(frame.outcome.loads) < _MOST_LOADS:
        frame.outcome.loads.add((cls, load))
    change_all(
        frame.state.names,
        lambda held: replace(held, load=held.load.merge(load), expired=None) if held.cls == cls else held,
    )


def set_loaded(frame: Frame, node: cst.BaseExpression, names: frozenset[str] | None) -> None:
    """From here on these relationships of what `node` names are loaded; None stands for any."""
    _change_named(frame, node, lambda held: _loaded_by(held, names))


def _loaded_by(value: Instance, names: frozenset[str] | None) -> Instance:
    if names is None:
        changed = doubtful(replace(value, expired=None))
        assert isinstance(changed, Instance)
        return changed
    return replace(value, free=value.free | names)


def make_new(frame: Frame, node: cst.BaseExpression) -> None:
    """From here on what `node` names is as if it had just been made: it has no row, so nothing is loaded for it."""
    _change_named(frame, node, lambda held: replace(held, new=True, expired=None))


def _change_named(frame: Frame, node: cst.BaseExpression, change: Change) -> None:
    """Change what `node` names; what a loop does to each row it has done to the list."""
    path = path_of(node)
    with frame.silent():
        value = frame.evaluate(node)
    if not isinstance(value, Instance):
        return
    if path:
        frame.state.names[path] = change(value)
    if frame.emitting:
        change_all(frame.state.names, _if_same(value, change))


# Expiring what is.


def expires_on_commit(frame: Frame, session: Session) -> bool:
    """Whether a commit expires what the session holds; one that nobody can tell keeps it, so that doubt is silent."""
    if not session.expire_on_commit or session.guessed:
        return False
    seen = session.owner == "function" or session.opened is not None
    return seen or not frame.ask(SpeaksOf("expire_on_commit"))


def expire(frame: Frame, session: Session, node: cst.CSTNode, by: str) -> None:
    """Nothing that the session holds is loaded from here on: `by` names what did it."""
    expiry = Expiry(by, frame.place(node))

    def expired(held: Instance) -> Instance:
        kept = held.new or held.identity in frame.making.settled
        if not _holds(session, held) or kept and "commit" not in by:
            return held  # what was never written, or is written no more, is not read again
        frame.making.settled.discard(held.identity)
        asynchronous = held.asynchronous or session.kind == "async"  # what was new is the session's from here on
        held = replace(held, expired=expiry, free=frozenset(), load=held.load.fetched())
        return replace(held, new=False, asynchronous=asynchronous)

    change_all(frame.state.names, expired)


def renew(frame: Frame, session: Session) -> None:
    """Something that the session holds is refreshed by a callee: which of the rows that is cannot be told."""
    frame.making.renewed = True
    change_all(frame.state.names, lambda held: replace(held, expired=None) if _holds(session, held) else held)


def detach(frame: Frame, session: Session, node: cst.CSTNode, by: str) -> None:
    """The session is closed: what it held loads nothing from here on."""
    closing = Expiry(by, frame.place(node))

    def detached(held: Instance) -> Instance:
        return replace(held, detached=held.detached or closing) if _holds(session, held) else held

    change_all(frame.state.names, detached)


def detach_one(frame: Frame, arguments: Arguments, node: cst.CSTNode) -> None:
    """`expunge(order)`."""
    closing = Expiry("expunge()", frame.place(node))
    for named in arguments.nodes[:1]:
        _change_named(frame, named, lambda held: replace(held, detached=closing))


def attach(frame: Frame, session: Session, arguments: Arguments) -> None:
    """`add(order)`: a new one belongs to a session from here on, and one that had lost its own has one again."""

    def attached(held: Instance) -> Instance:
        if not held.new and not held.detached:
            return held
        return replace(held, detached=None, session=session.key, asynchronous=session.kind == "async")

    for named in arguments.nodes[:1]:
        _change_named(frame, named, attached)


def copied(session: Session, merged: Value) -> Value:
    """The copy that a session has of what it merges."""
    if not isinstance(merged, Instance):
        return UNKNOWN
    elsewhere = merged.session not in ("", session.key, REGISTRY)
    return replace(merged, new=False, detached=None, session=session.key if elsewhere else merged.session)


def as_left(value: Value, left: list[Value]) -> Value:
    """A returned value as the ends of the function leave it: blocks that it leaves may expire and detach its rows."""
    found: dict[tuple[str, str], set[tuple[Expiry | None, Expiry | None]]] = {}
    written: set[tuple[str, str]] = set()

    def note(held: Instance) -> Instance:
        found.setdefault((held.cls, held.session), set()).add((held.expired, held.detached))
        if not held.unwritten:
            written.add((held.cls, held.session))
        return held

    for item in left:
        change_in(item, note)

    def changed(held: Instance) -> Instance:
        ends = found.get((held.cls, held.session), set())
        if held.unwritten and (held.cls, held.session) in written:
            held = replace(held, unwritten=False)
        if len(ends) != 1:
            return held
        ((expired, detached),) = ends
        free = frozenset[str]() if expired and not held.expired else held.free
        return replace(held, expired=expired, detached=detached, free=free)

    return change_in(value, changed)


def _holds(session: Session, held: Instance) -> bool:
    if held.session == REGISTRY:
        return session.registry or session.key.startswith("global:")
    return held.session == session.key != ""


def expire_one(frame: Frame, arguments: Arguments, node: cst.CSTNode) -> None:
    """`expire(order)`, `expire(order, ["lines"])`."""
    frame.fates.locked.clear()
    note_renewed(frame)
    if not arguments.nodes:
        return
    names = arguments.get(1, "attribute_names")
    listed = _texts(names)
    if names in (None, Constant(None)):
        expiry = Expiry("expire()", frame.place(node))
        _change_named(frame, arguments.nodes[0], lambda held: replace(held, expired=expiry, free=frozenset()))
    elif listed is not None:
        _change_named(
            frame,
            arguments.nodes[0],
            lambda held: replace(held, free=held.free - listed, load=held.load.without(listed)),
        )
