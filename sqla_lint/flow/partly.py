"""Collections that a join has filled with some of their rows, and statements that do not fill them anew."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.loaded import change_in, is_loaded
from sqla_lint.flow.locking import READS_ANEW, is_row
from sqla_lint.flow.places import Place
from sqla_lint.flow.query_events import PassedBy
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import Constant, Instance, Statement, Value
from sqla_lint.knowledge.loaders import EAGER

# Stands among the values of an instance, and among the criteria of its statement: this collection holds some rows only.
_PARTLY = "<partly>"
Pairs = tuple[tuple[str, Value], ...]


def marks_of_part(frame: Frame, statement: Statement) -> Pairs:
    """The collections that a statement fills from a join whose rows are criteria of this function picks."""
    filled = [step for step in statement.steps if step.name == "contains_eager" and step.sure]
    asked = statement.entities[0] if filled and statement.scalar else None
    if not isinstance(asked, Instance) or not frame.ask(EventAsked("PassedBy")):
        return ()
    info = frame.ask(MappingOf(asked.cls))
    picked = {step.cls for step in statement.steps if step.name == "refers"}
    found: list[str] = []
    for step in filled:
        item = info.relationships.get(step.relationship) if info is not None else None
        here = step.place is not None and step.place.slice is frame.slice
        if item is not None and item.collection and here and item.target in picked:
            found.append(item.name)
    return tuple((_PARTLY, Constant(name)) for name in dict.fromkeys(found))


def note_passed_by(frame: Frame, statement: Statement) -> None:
    """Rows are asked for with options: tell of objects at hand whose collections stay as another option filled them."""
    if not frame.emitting or not statement.load.branches or not frame.ask(EventAsked("PassedBy")):
        return
    asked = statement.entities[0] if statement.scalar and not statement.load.doubtful else None
    info = frame.ask(MappingOf(asked.cls)) if isinstance(asked, Instance) else None
    if info is None or READS_ANEW in dict(statement.criteria):
        return
    parts = {mark.value for _, mark in marks_of_part(frame, statement) if isinstance(mark, Constant)}
    wanted = {name for name, strategy, _ in statement.load.branches if strategy in EAGER}
    for item in (item for item in info.relationships.values() if item.name in wanted and item.collection):
        for name, held, place in _at_hand(frame, statement, info.id):
            partly = (_PARTLY, Constant(item.name)) in held.values
            if partly != (item.name in parts) and is_loaded(held, item) and _asks_for(frame, statement, held, partly):
                here = frame.place(frame.current)
                frame.emit(PassedBy(here, None, name, item.owner, item.name, partly, place))
                return


def _at_hand(frame: Frame, statement: Statement, cls: str) -> Iterator[tuple[str, Instance, Place]]:
    """The objects of a class that a statement of this function has loaded, and that the session surely holds."""
    session = statement.session.key if statement.session is not None else ""
    for name, value in frame.state.names.items():
        for held in _rows(value) if "<" not in name else ():
            place = held.producer.place if held.producer is not None and not held.producer.root else None
            kept = held.expired is None and held.detached is None and not held.new and held.cls == cls
            if place is not None and place.slice is frame.slice and kept and held.session == session != "":
                yield name, held, place


def _asks_for(frame: Frame, statement: Statement, held: Instance, partly: bool) -> bool:
    """Whether an object surely is among the rows that a statement asks for: by its key, or with all that there are."""
    picks = statement.filtered or bool(statement.criteria) or statement.limit is not None
    return partly and not picks or is_row(frame, held, dict(statement.criteria))


def _rows(value: Value) -> list[Instance]:
    found: list[Instance] = []

    def note(held: Instance) -> Instance:
        found.append(held)
        return held

    change_in(value, note)
    return found
