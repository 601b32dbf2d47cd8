"""Loops that wait for a row to change, and look at an object that nothing reads anew."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.endings import ReadStale
from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import Instance, Session, Value

# What is done to a session that has it read anew.
RENEWING = frozenset({"close", "commit", "commit-block", "expire", "refresh", "rollback"})
# Of these, what does not where the session is told to keep what it has over its commits.
COMMITTING = frozenset({"commit", "commit-block"})
# Stands for any session: something was read anew, of whichever.
ANY = "*"


def note_polled(frame: Frame, held: Instance, node: cst.CSTNode) -> None:
    """A column of an object is read: a loop that waits may be waiting for it."""
    if not frame.emitting or not held.session or held.new or held.expired is not None:
        return
    for loop in frame.loops:
        if loop.kind == "while":
            loop.polled.append((held, ReadStale(frame.place(node), None, frame.text(node), loop.place)))


def note_renewed(frame: Frame, session: str = ANY) -> None:
    """Something is done to a session, or to what it holds, after which it may be read anew."""
    for loop in frame.loops:
        loop.renewed.add(session)


def note_given(frame: Frame, value: Value | None) -> None:
    """An object, or its session, is handed to somebody who may have it read anew."""
    match value:
        case Instance(session=key) | Session(key=key):
            note_renewed(frame, key or ANY)


def note_sleep(frame: Frame, dotted: str) -> None:
    """The loops around this point wait, if this is a call that does."""
    if dotted in ("time.sleep", "asyncio.sleep"):
        for loop in frame.loops:
            loop.sleeps = True


def tell_polled(frame: Frame, loop: Loop) -> None:
    """At the end of a loop that waits tell of what it has read, and what no turn can find changed."""
    if not loop.sleeps or not loop.polled or ANY in loop.renewed or not frame.ask(EventAsked("ReadStale")):
        return
    for held, event in loop.polled:
        if held.session not in loop.renewed | loop.opened and _stays(frame, held, loop):
            frame.emit(event)
            return


def _stays(frame: Frame, held: Instance, loop: Loop) -> bool:
    """Whether each turn looks at the same object: it was loaded before the loop, or by its primary key in it."""
    if held.producer is None or not held.producer.seen:
        return False
    if held.producer.inside != loop.id:
        return not held.rows
    info = frame.ask(MappingOf(held.cls))
    named = {name for name, _ in held.values}
    return "<pk>" in named or info is not None and bool(info.primary) and info.primary <= named
