"""Objects that were made here and that surely no flush has written yet: the database has given them nothing.

Whatever may flush ends that for all of them: a doubt is never a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.columns import WORKED_OUT
from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.loaded import change_all, change_in
from sqla_lint.flow.loading import EMPTY, SET, UPDATED, LoadTree
from sqla_lint.flow.questions import AttributeMeans, EventAsked, FunctionInfo, MappingOf, Summary, SummaryOf
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    FunctionValue,
    Instance,
    Manager,
    Mapping,
    OneOf,
    Session,
    TupleValue,
    Value,
)
from sqla_lint.knowledge.calls import QUIET

# In what a function assigns: it calls what cannot be followed.
ANYTHING = "?"
_DEEPEST = 3


def make(frame: Frame, value: Instance, arguments: Arguments) -> Instance:
    """An object was constructed; what hides among its arguments may be its key."""
    frame.making.makes = True
    plain = not arguments.spread and not arguments.positional
    (frame.making.plain.add if plain else frame.making.plain.discard)(value.identity)
    relate(frame, arguments.all())
    return replace(value, unwritten=plain or bool(arguments.positional) and _gives_no_key(frame, value, arguments))


def _gives_no_key(frame: Frame, value: Instance, arguments: Arguments) -> bool:
    """Whether a constructor of the project's own takes the arguments, and surely makes no key of any of them."""
    if arguments.spread or not frame.ask(EventAsked("KeyRead")):
        return False
    found, info = frame.ask(AttributeMeans(value.cls, "__init__")), frame.ask(MappingOf(value.cls))
    if not isinstance(found, FunctionValue) or info is None:
        return False
    summary = frame.ask(SummaryOf(found.id, closely=True))
    return summary.known and not summary.effects and summary.sets.isdisjoint({ANYTHING, *info.primary})


def relate(frame: Frame, given: Iterable[Value]) -> None:
    """Others are given these: what leads back from them is set as well."""
    frame.making.related.update(held.identity for value in given for held in _rows_in(value) if held.new)


def settled(frame: Frame, session: Session) -> None:
    """An AsyncSession has flushed: its new objects have rows, and what was never set of them is not loaded.

    Only of objects that nothing unseen has touched, and that no other was given: what leads back is set by that.
    """
    making = frame.making
    if session.kind != "async" or session.guessed:
        return

    def settle(held: Instance) -> Instance:
        if SET in held.free and held.session == session.key:
            return _updated(frame, held)
        known = held.identity in making.plain and held.identity not in making.related
        info = frame.ask(MappingOf(held.cls)) if held.new and known and held.session == session.key else None
        if info is None:
            return held
        given = {name for name, _ in held.values}
        making.settled.add(held.identity)
        return replace(held, new=False, free=held.free | given | set(info.columns))

    change_all(frame.state.names, settle)


def touched(held: Instance, name: str) -> frozenset[str]:
    """What is at hand of a row once an attribute of it is set: of one that has a row, that an UPDATE will follow."""
    waits = held.asynchronous and not held.new
    return held.free | ({name, SET} if waits else {name})


def _updated(frame: Frame, held: Instance) -> Instance:
    """A row that was changed, after the UPDATE: what the database has worked out in it is to be fetched."""
    info = frame.ask(MappingOf(held.cls))
    columns = info.columns.values() if info is not None and not info.refetched else ()
    names = [item.name for item in columns if item.onupdate in WORKED_OUT and item.name not in held.free]
    frame.making.updated = frame.making.updated or bool(names)
    load = held.load.merge(LoadTree(tuple((name, UPDATED, EMPTY) for name in sorted(names))))
    return replace(held, free=held.free - {SET}, load=load)


def fetched(frame: Frame) -> None:
    """A statement is sent: the rows that it gives may be those that were updated."""
    if frame.making.updated:
        change_all(frame.state.names, lambda held: replace(held, load=held.load.fetched()))


def written(frame: Frame) -> None:
    """Something is flushed, or may be."""
    frame.making.wrote = True
    if frame.making.makes:
        change_all(frame.state.names, _written)


def in_bulk(frame: Frame, method: str) -> None:
    """A method of a session that flushes nothing may give keys all the same, or run what does."""
    if method.startswith(("bulk_", "run_sync")):
        written(frame)


def load(frame: Frame) -> None:
    """Something is loaded as it is read: sessions that autoflush have written what waited before."""
    for key in list(frame.state.work):
        session = frame.opened.get(key)
        if key not in frame.state.no_autoflush and (session is None or session.autoflush):
            frame.state.flush(key)
    written(frame)


def as_written(names: dict[str, Value]) -> dict[str, Value]:
    """The same names at some later time, when all may have been flushed."""
    return {name: change_in(value, _written) for name, value in names.items()}


def _written(held: Instance) -> Instance:
    return replace(held, unwritten=False) if held.unwritten else held


def left_block(frame: Frame, manager: Manager) -> None:
    """A `with` block ends: what manages it may write by then."""
    if not manager.no_autoflush and not manager.swallows:
        written(frame)


def may_write(frame: Frame, node: cst.CSTNode) -> None:
    """A call cannot be followed: it may flush, unless its name says that it is none of that kind."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))) if name in QUIET and node is not frame.awaiting:
            return
        case cst.Call(func=cst.Attribute(value=owner)) if frame.making.plain:
            shown(frame, (frame.state.names.get(path_of(owner), UNKNOWN),))
    frame.making.sets.add(ANYTHING)
    written(frame)


def handed_over(frame: Frame, arguments: Arguments) -> None:
    """What cannot be followed is given these: with a session or a row it may do anything."""
    if any(_matters(value) for value in arguments.all()):
        shown(frame, arguments.all())
        frame.making.sets.add(ANYTHING)
        written(frame)


def shown(frame: Frame, values: Iterable[Value]) -> None:
    """What cannot be followed gets hold of these: nobody knows what the objects among them hold from here on."""
    if frame.making.plain:
        frame.making.plain.difference_update(held.identity for value in values for held in _rows_in(value))


def _rows_in(value: Value, depth: int = 0) -> Iterator[Instance]:
    """The rows that a value is or holds, as far as one looks."""
    match value:
        case Instance():
            yield value
        case Collection(element=inner, items=items):
            for item in (inner, *items) if depth < _DEEPEST else ():
                yield from _rows_in(item, depth + 1)
        case Mapping(value=inner):
            yield from _rows_in(inner, depth + 1)
        case TupleValue(items=items) | OneOf(values=items):
            for item in items if depth < _DEEPEST else ():
                yield from _rows_in(item, depth + 1)


def _matters(value: Value, depth: int = 0) -> bool:
    match value:
        case Session() | Instance():
            return True
        case Collection(element=inner) | Mapping(value=inner):
            return depth < _DEEPEST and _matters(inner, depth + 1)
        case TupleValue(items=items) | OneOf(values=items):
            return depth < _DEEPEST and any(_matters(item, depth + 1) for item in items)
    return False


def set_by_name(frame: Frame, name: str, arguments: Arguments) -> None:
    """`setattr(order, name, value)` may set anything."""
    if name == "setattr":
        shown(frame, arguments.all())
        frame.making.sets.add(ANYTHING)
        written(frame)


def called(frame: Frame, info: FunctionInfo, summary: Summary, binding: dict[str, Value]) -> dict[str, Value]:
    """A function of the project was called: what it may assign is assigned, the keys of what was made here as well.

    Gives what the call binds as it leaves that.
    """
    sets = summary.sets if summary.known and not info.decorators else frozenset({ANYTHING})
    frame.making.sets |= sets
    if not frame.making.makes:
        return binding
    if sets:
        shown(frame, binding.values())
    flushes = ANYTHING in sets or any(effect.op not in ("add", "delete") for effect in summary.effects)

    def keyed(held: Instance) -> Instance:
        if not held.unwritten:
            return held
        mapping = frame.ask(MappingOf(held.cls))
        surely = mapping is not None and not flushes and sets.isdisjoint(mapping.primary)
        return held if surely else _written(held)

    if flushes or sets:
        change_all(frame.state.names, keyed)
        binding = {name: change_in(value, keyed) for name, value in binding.items()}
    return binding


def given_back(frame: Frame, info: FunctionInfo, arguments: Arguments, value: Value) -> Value:
    """What a function of the project gives back, unless something around it may write it or a call gives it its key."""
    if not isinstance(value, Instance | TupleValue | OneOf | Collection):
        return value
    if info.decorated or info.decorators or info.is_generator or info.wraps or arguments.spread:
        return change_in(value, _written)
    frame.making.makes = True

    def keyed(held: Instance) -> Instance:
        mapping = frame.ask(MappingOf(held.cls)) if held.unwritten else None
        if held.unwritten:
            frame.making.plain.add(held.identity)
        return held if mapping is None or mapping.primary.isdisjoint(arguments.keywords) else _written(held)

    return change_in(value, keyed)
