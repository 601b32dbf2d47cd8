"""Rows that are locked after their objects were loaded: the objects keep what they held before the lock."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.endings import LockedStale
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.polling import note_renewed
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.second import note_statement
from sqla_lint.flow.values import ColumnValue, Constant, Instance, Session, Statement, Value, class_name

# Stand among the criteria of a statement: it locks its rows; it reads anew what the session holds.
LOCKS, READS_ANEW = "<locks>", "<reads anew>"
Pairs = tuple[tuple[str, Value], ...]
_YES = Constant(True)
ANEW = (READS_ANEW, _YES)


def marks_of(name: str, arguments: Arguments) -> Pairs:
    """What a method of a statement, or the keywords of `get()`, say of locks and of reading anew, as criteria."""
    lock = arguments.keywords.get("with_for_update", Constant(None))
    anew = name == "populate_existing" or arguments.keywords.get("populate_existing") == _YES
    options = arguments.keywords.get("execution_options")
    locking = name in ("with_for_update", "with_lockmode") or lock not in (Constant(None), Constant(False))
    return (
        *(((LOCKS, _YES),) if locking else ()),
        *((ANEW,) if anew or options is not None else ()),
    )


def note_locked(frame: Frame, session: Session, statement: Statement, node: cst.CSTNode) -> None:
    """A statement is sent: if it locks the row of an object that is at hand, tell of it at the function's end."""
    said = dict(statement.criteria)
    if READS_ANEW in said:
        note_renewed(frame, session.key)
    if LOCKS in said:
        note_statement(frame, session, statement, locks=True)
    if LOCKS not in said or READS_ANEW in said or not frame.emitting or not frame.ask(EventAsked("LockedStale")):
        return
    asked = next((item for item in statement.entities if isinstance(item, Instance)), None)
    if asked is None or session.expire_on_commit and ("commit", session.key) in frame.state.done:
        return  # what was loaded before a commit may have expired, as far as the session's origin is known
    for name, held in frame.state.names.items():
        if not isinstance(held, Instance) or held.cls != asked.cls or "<" in name:
            continue
        if _at_hand(held, session) and is_row(frame, held, said):
            loaded = held.producer.place if held.producer is not None else None
            frame.fates.locked.append(LockedStale(frame.place(node), None, name, class_name(held.cls), loaded))
            return


def _at_hand(held: Instance, session: Session) -> bool:
    """Whether the session surely holds an object as some earlier statement found it, and had not locked it then."""
    seen = held.producer is not None and held.producer.seen
    kept = held.expired is None and held.detached is None and not held.new
    return seen and kept and held.session == session.key != "" and LOCKS not in dict(held.values)


def is_row(frame: Frame, held: Instance, said: dict[str, Value]) -> bool:
    """Whether what a statement compares tells that it speaks of the row of an object."""
    info = frame.ask(MappingOf(held.cls))
    if info is None or len(info.primary) != 1:
        return False
    key = next(iter(info.primary))
    known = dict(held.values)
    given = said.get(key) or said.get("<pk>")
    if given is not None:
        return given == ColumnValue(held.identity, key) or given in (known.get(key), known.get("<pk>"))
    return any(all(said.get(name) == known.get(name, _YES) for name in names) for names in info.unique)


def tell_locked(frame: Frame) -> None:
    """At the end of the function tell of the rows that were locked, unless something was refreshed after that."""
    for event in frame.fates.locked:
        frame.sink(event)
