"""Rows that one session writes while another one of the same function holds their locks.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Frame, sessions_in
from sqla_lint.flow.lattice import is_told
from sqla_lint.flow.questions import MappingOf
from sqla_lint.flow.state import Changed
from sqla_lint.flow.transacted import WrittenTwice
from sqla_lint.flow.values import ColumnValue, Constant, Instance, OneOf, Session, Statement, Value
from sqla_lint.knowledge.statements import WRITING
from sqla_lint.knowledge.transactions import ENDING, FLUSHING

_MOST = 16
_KEY = "<pk>"


def note_changed_row(frame: Frame, session: str, row: Instance, node: cst.CSTNode) -> None:
    """A row is changed, added or deleted: the next flush of its session tells the database."""
    if frame.held.pairs and session and _works_as_usual(frame, session):
        _keep(frame, Changed(session, row, frame.place(node), began=frame.state.begun.get(session)))


def note_statement(frame: Frame, session: Session, statement: Statement, locks: bool = False) -> None:
    """A statement that changes rows is sent, or one that locks them."""
    asked = statement.entities[0] if statement.entities else None
    if not frame.held.pairs or not isinstance(asked, Instance) or not _works_as_usual(frame, session.key):
        return
    if locks or statement.kind in WRITING:
        row = replace(asked, values=statement.criteria)
        place, began = frame.place(frame.current), frame.state.begun.get(session.key)
        changed = Changed(session.key, row, place, True, locks, began)
        if not locks:
            _meet(frame, (changed,))
        _keep(frame, changed)


def follow_changes(frame: Frame, session: Session, op: str) -> None:
    """Something happens to a session: what it has changed is sent, or its transaction ends."""
    if op in FLUSHING:
        mine = tuple(item for item in frame.state.changed if item.session == session.key and not item.sent)
        if mine:
            _meet(frame, mine)
            began = frame.state.begun.get(session.key)
            frame.state.changed = tuple(
                replace(item, sent=True, began=began) if item in mine else item for item in frame.state.changed
            )
    if op in ENDING:
        frame.state.changed = tuple(item for item in frame.state.changed if item.session != session.key)


def _works_as_usual(frame: Frame, session: str) -> bool:
    """Whether a session has a transaction on a connection of its own."""
    known = frame.opened.get(session)
    return known is None or not known.bound_to_connection and not known.autocommit


def _keep(frame: Frame, changed: Changed) -> None:
    if changed not in frame.state.changed and len(frame.state.changed) < _MOST:
        frame.state.changed += (changed,)


def _meet(frame: Frame, mine: tuple[Changed, ...]) -> None:
    """Rows are written: tell of the first that waits for another session, which is opened here or has opened this."""
    if not frame.emitting:
        return
    others = [item for item in frame.state.changed if item.sent and item.session != mine[0].session]
    for one in mine:
        for other in others:
            if _are_apart(frame, one.session, other.session) and _is_open(frame, other):
                same = _is_same(frame, one.instance, other.instance)
                names = (_name(frame, one.session), _name(frame, other.session))
                told = (one.instance.cls, same, other.locked, *names, other.place)
                frame.emit(WrittenTwice(one.place, None, *told))
                return


def _are_apart(frame: Frame, one: str, other: str) -> bool:
    """Whether there surely are two sessions: one is opened here, and no name stands for either the one or the other."""
    if not (one.startswith("site:") or other.startswith("site:")):
        return False
    either = (value for value in frame.state.names.values() if isinstance(value, OneOf))
    return not any({one, other} <= {session.key for session in sessions_in(value)} for value in either)


def _is_open(frame: Frame, changed: Changed) -> bool:
    """Whether the transaction in which a row was changed surely goes on."""
    began = frame.state.begun.get(changed.session)
    return changed.began is not None and began is not None and began.place is changed.began.place


def _is_same(frame: Frame, one: Instance, other: Instance) -> bool:
    """Whether two objects surely stand for one row."""
    info = frame.ask(MappingOf(one.cls))
    if info is None or one.cls != other.cls or len(info.primary) != 1:
        return False
    key = next(iter(info.primary))
    first, second = _keys(one, key), _keys(other, key)
    return any(is_told(value) and value in second for value in first)


def _keys(row: Instance, key: str) -> tuple[Value, ...]:
    """What the primary key of a row is known to equal."""
    known = dict(row.values)
    own = (ColumnValue(row.identity, key),) if row.identity else ()
    return (*own, *(item for item in (known.get(key), known.get(_KEY)) if item not in (None, Constant(None)) and item))


def _name(frame: Frame, session: str) -> str:
    """What a session is called, empty where it has no name."""
    return frame.opened_as.get(session, "") or session.partition("param:")[2]
