"""Relationships that raise when they are read: the mapping says so, or an option of the query."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.loaded import remember
from sqla_lint.flow.query_events import RaisingRead
from sqla_lint.flow.questions import EventAsked, Relationship
from sqla_lint.flow.values import Collection, Instance, OneOf, Result, TupleValue, Value
from sqla_lint.knowledge import loaders

_DEEPEST = 3


def note_raising(frame: Frame, value: Instance, relationship: Relationship, at_hand: bool, node: cst.CSTNode) -> None:
    """Tell of a read that raises; at_hand: the session holds what it leads to, or there is nothing to lead to."""
    name = relationship.name
    if value.producer is None or not value.producer.seen or value.new or name in value.free or value.load.doubtful:
        return  # whoever has queried for it may have loaded it
    option = value.load.strategy(name)
    strategy = option or relationship.lazy
    if strategy not in loaders.RAISING or strategy == "raise_on_sql" and at_hand or option and value.expired:
        return
    if not frame.ask(EventAsked("RaisingRead")) or is_expected(frame) or _loaded_elsewhere(frame, value, name):
        return
    remember(frame, value, name)
    frame.emit(
        RaisingRead(frame.place(node), None, value, relationship, bool(option), value.asynchronous, frame.told(node))
    )


def is_expected(frame: Frame) -> bool:
    """Whether a handler goes on after it, or a test asks first what is loaded."""
    if any(handler.swallows and not handler.handling for handler in frame.handlers):
        return True
    return any(guard is not None and "loaded" in frame.text(guard, 200) for guard in frame.guards)


def _loaded_elsewhere(frame: Frame, value: Instance, name: str) -> bool:
    """Whether another query of the same class has loaded it: the objects may be the same."""
    return any(_loads(held, value.cls, name, 0) for held in frame.state.names.values())


def _loads(held: Value, cls: str, name: str, depth: int) -> bool:
    match held:
        case Instance(cls=other, load=load, free=free):
            return other == cls and (name in free or load.strategy(name) in loaders.FREE)
        case Collection(element=element) | Result(element=element) if depth < _DEEPEST:
            return _loads(element, cls, name, depth + 1)
        case TupleValue(items=items) | OneOf(values=items) if depth < _DEEPEST:
            return any(_loads(item, cls, name, depth + 1) for item in items)
    return False
