"""Transactions of sessions: the blocks that hold one, what ends it before its block does, and which surely has begun.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import Effect, EventAsked
from sqla_lint.flow.second import follow_changes
from sqla_lint.flow.state import Began, State
from sqla_lint.flow.transacted import BegunTwice, Block, End, UsedAfterEnd, Waited, WritesLost
from sqla_lint.flow.values import Manager, Session, Value
from sqla_lint.knowledge.calls import waits
from sqla_lint.knowledge.transactions import BEGINNING, ENDING, KEEPING, SENDING, USING, WRITING_OUT, may_end


def enter_block(frame: Frame, manager: Manager, node: cst.WithItem) -> None:
    """A `with` enters a manager: the session is in a transaction from here on, where the manager begins one."""
    session = manager.session or manager.entered
    if not manager.begins or not isinstance(session, Session):
        return
    place = frame.place(node.item)
    begins(frame, session, frame.told(node.item), place)
    frame.held.blocks.append(Block(session, manager.begins == "nested", place, len(frame.loops)))


def leave_blocks(frame: Frame, depth: int, states: list[State]) -> None:
    """The blocks beyond that depth are left, in these states: tell what was used in them after their transaction."""
    left = frame.held.blocks[depth:]
    del frame.held.blocks[depth:]
    keys = {block.session.key for block in left} - {block.session.key for block in frame.held.blocks}
    for state in states if keys else ():
        state.ended = frozenset(item for item in state.ended if item[0] not in keys)
    for block in left:
        for end in block.ends.values():
            if end.used is not None:
                told = (end.by, end.nested, block.place, end.used, end.use)
                frame.emit(UsedAfterEnd(end.place, end.via, block.session, *told))


def follow(frame: Frame, session: Session, op: str, like: Effect | None = None) -> None:
    """Something happens to a session, here or, as `like` tells, in a callee: follow it in its transaction."""
    if op in KEEPING or op == "rollback" and not any(handler.handling for handler in frame.handlers):
        frame.held.kept.add(session.key)
    if op == "write":
        write(frame, session.key, frame.current, like.place if like is not None else None)
    if frame.state.changed:
        follow_changes(frame, session, op)
    usual = like is None or like.usual
    if usual and op in USING:
        use(frame, session.key, frame.current)
    if op in ENDING:
        frame.state.begun.pop(session.key, None)
        if usual and frame.held.blocks:
            _end(frame, session, like)
    elif op in BEGINNING and like is None and frame.held.begun:
        begins(frame, session, _spelt(frame, frame.current), frame.place(frame.current), op in SENDING)
    elif op in WRITING_OUT and (like is None or like.must) and _waits_to_be_written(frame, session):
        begins(frame, session, _spelt(frame, frame.current), frame.place(frame.current), sent=True)


def _waits_to_be_written(frame: Frame, session: Session) -> bool:
    """Whether a flush of the session surely has something to send."""
    done = frame.state.done if session.key in frame.state.begun else ()
    return ("add", session.key) in done or ("delete", session.key) in done


def use(frame: Frame, session: str, node: cst.CSTNode) -> None:
    """The session of that key is used so that it raises where a transaction was ended inside its block."""
    if not frame.state.ended:
        return
    for block in frame.held.blocks:
        for number, end in block.ends.items():
            if end.used is None and (session, number) in frame.state.ended:
                end.used, end.use = frame.place(node), _spelt(frame, node)


def outlived(frame: Frame, session: Session, loop: Loop) -> bool:
    """Whether a block around the loop holds the transaction of the session: no second turn can end it again."""
    depth = frame.loops.index(loop)
    return any(block.session.key == session.key and block.loops <= depth for block in frame.held.blocks)


def note_yield(frame: Frame, value: Value) -> None:
    """Something is yielded; a session perhaps, inside a block that holds its transaction."""
    frame.outcome.yields.append(value)
    for loop in frame.loops:
        loop.yields = True
    if isinstance(value, Session) and frame.info.wraps != "contextmanager":
        frame.held.kept.add(value.key)  # who asked for it may commit
    if isinstance(value, Session) and (around := [item for item in frame.held.blocks if item.session.key == value.key]):
        frame.held.begins = "nested" if any(item.nested for item in around) else "begin"


def _end(frame: Frame, session: Session, like: Effect | None) -> None:
    """The transaction of a block is ended, as far as the function is in one of that session."""
    mine = [block for block in frame.held.blocks if block.session.key == session.key]
    if not mine:
        return
    node, number = frame.current, frame.number(frame.current)
    if number not in mine[0].ends:
        nested, via = any(block.nested for block in mine), like.place if like is not None else None
        mine[0].ends[number] = End(_spelt(frame, node), frame.place(node), via, nested)
    frame.state.ended |= {(session.key, number)}


def _spelt(frame: Frame, node: cst.CSTNode) -> str:
    """A call, as messages name it."""
    return f"{frame.callee(node.func)}()" if isinstance(node, cst.Call) else frame.text(node)


# What is written.


def write(frame: Frame, session: str, node: cst.CSTNode, via: Place | None = None) -> None:
    """Something is written with the session of that key."""
    if frame.emitting and session.startswith("site:"):
        what = _spelt(frame, node) if isinstance(node, cst.Call) else f"{frame.text(node)} = …"
        frame.held.written.setdefault(session, (frame.place(node), via, what))


def lost(frame: Frame, session: Session, opened: Place) -> None:
    """A session ends: tell what was written with it, where nothing may commit that."""
    if session.key in frame.held.kept or session.key not in frame.held.written or session.bound_to_connection:
        return
    if not frame.emitting or not frame.ask(EventAsked("WritesLost")):
        return
    place, via, what = frame.held.written[session.key]
    frame.emit(WritesLost(place, via, session, what, frame.opened_as.get(session.key, ""), opened))


# Transactions that have begun.


def begins(frame: Frame, session: Session, by: str, place: Place, sent: bool = False) -> None:
    """From here on the session surely is in a transaction, until something ends it; sent: it has a connection."""
    if not frame.held.begun:
        return
    began = frame.state.begun.get(session.key)
    if began is None:
        frame.state.begun[session.key] = Began(by, place, sent)
    elif sent and not began.sent:
        frame.state.begun[session.key] = replace(began, sent=True)


def begin(frame: Frame, session: Session, node: cst.Call, via: Place | None = None) -> None:
    """`begin()` is called, here or in a callee: tell where its session surely is in a transaction."""
    began, place = frame.state.begun.get(session.key), frame.place(node)
    # What this very call has sent came before or after it begins: nobody knows, and it is told there.
    if began is not None and (via is None or began.place.node is not node):
        frame.emit(BegunTwice(place, via, session, frame.callee(node.func), began.by, began.place))
    begins(frame, session, _spelt(frame, node), place)


def left_transaction(frame: Frame, manager: Manager) -> None:
    """A block is left: what it entered is in no transaction any more, for all that is known."""
    for session in (manager.entered, manager.session if manager.leaving in ("close", "commit") else None):
        if isinstance(session, Session):
            frame.state.begun.pop(session.key, None)


def lose_sight(frame: Frame, session: Session) -> None:
    """Something unknown is done with the session: it may begin or end a transaction, and commit what was written."""
    frame.state.begun.pop(session.key, None)
    frame.held.kept.add(session.key)


def wait(frame: Frame, what: str, node: cst.CSTNode) -> None:
    """A library is called, here or in a callee: tell where it waits for the outside world in a transaction."""
    if not waits(what) or not frame.state.begun or not isinstance(node, cst.Call):
        return
    # A transaction that has sent nothing has no connection to keep.
    key, began = next(((key, began) for key, began in frame.state.begun.items() if began.sent), ("", None))
    if began is not None and frame.emitting and frame.ask(EventAsked("Waited")):
        call = frame.callee(node.func)
        frame.emit(Waited(frame.place(node), None, Session(key), call, what, began.by, began.place))


def doubt(frame: Frame) -> None:
    """A call into the unknown: by its name it may end whatever transaction there is."""
    if not frame.state.begun or not isinstance(frame.current, cst.Call):
        return
    if may_end(frame.callee(frame.current.func).rpartition(".")[2]):
        frame.state.begun.clear()
