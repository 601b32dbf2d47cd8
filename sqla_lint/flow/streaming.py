"""Rows that arrive batch by batch while a loop goes through them, and what cuts them off: the end of a transaction."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.steps import Steps
from sqla_lint.flow.transacted import StreamCut
from sqla_lint.flow.values import Result, Session, Statement, Value

# What goes through its first argument item by item.
_PASSING = frozenset({"enumerate", "iter", "tqdm"})
# The keys of an application's registry, as `Model.query` and as other code reach it.
_SHARED = ("registry", "global:")


def note_streams(frame: Frame, loop: Loop, value: Value, node: cst.BaseExpression) -> None:
    """A loop goes through `value`: note the session that gives it the rows batch by batch."""
    if frame.ask(EventAsked("StreamCut")):
        loop.streams = _streaming(frame, value, node)


def _streaming(frame: Frame, value: Value, node: cst.BaseExpression) -> Session | None:
    match value:
        case Statement(kind="query", session=session, steps=steps) | Result(of=Statement(session=session, steps=steps)):
            if session is None or session.bound_to_connection:
                return None  # the transaction is not the session's own
            if session.kind == "async" and not getattr(value, "streamed", False):
                return None  # an AsyncSession gives batches to `stream()` alone
            return session if in_batches(steps) else None
    match node:
        case cst.Call(func=cst.Name(value=name), args=[first, *_]) if name in _PASSING:
            inner = first.value
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="partitions"))):
            pass
        case _:
            return None
    state, frame.state = frame.state, frame.state.copy()
    with frame.silent():
        value = frame.evaluate(inner)
    frame.state = state
    return _streaming(frame, value, inner)


def in_batches(steps: Steps) -> bool:
    """Whether the rows of a statement surely arrive batch by batch; `stream_results` alone has all of them at once."""
    return any(
        item.sure and (item.name == "yield_per" or item.name == "execution_options" and "yield_per" in item.keywords)
        for item in steps
    )


def note_cut(frame: Frame, session: Session, by: str, node: cst.CSTNode, via: Place | None = None) -> bool:
    """The transaction of a session ends: tell of a loop around this point that still takes its rows, if one does."""
    for loop in frame.loops:
        if loop.streams is not None and _is_same(loop.streams.key, session.key):
            frame.emit_in(loop, node, StreamCut(frame.place(node), via, session=session, by=by, loop=loop))
            return True
    return False


def _is_same(one: str, other: str) -> bool:
    return one == other or one.startswith(_SHARED) and other.startswith(_SHARED)
