"""Values that nothing comes of, coroutines taken for what awaiting them gives, and `await` where there is nothing to.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.core import plain_call, unbegun
from sqla_lint.flow.events import AwaitedPlain, CoroutineUsed, ValueDropped
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.merged import used_after_merge
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Coroutine, External, Method, Result, Session, Statement, Value
from sqla_lint.knowledge.coroutines import (
    COROUTINE_ATTRIBUTES,
    RESULT_COROUTINES,
    RESULT_PLAIN,
    SESSION_PLAIN,
    class_called,
)
from sqla_lint.knowledge.statements import ADDING, GENERATIVE


def note_dropped(frame: Frame, node: cst.BaseExpression, value: Value, name: str = "") -> None:
    """Tell that a value, of a statement of its own or bound to a `name` that nothing reads, is one that matters."""
    if not frame.emitting or not frame.ask(EventAsked("ValueDropped")):
        return
    call = node.expression if isinstance(node, cst.Await) else node
    callee = frame.called[1] if frame.called[0] is call else None
    begun = "" if name else unbegun(callee, value, node is not call)
    kind, spelt = ("coroutine", begun) if begun else _kind(value, callee)
    if kind and isinstance(call, cst.Call) and not (name and _read_later(frame, name, node)):
        place, text = frame.place(node), frame.callee(call.func)
        dropped = ValueDropped(place, None, kind, spelt, text, name, frame.info.is_async, value)
        used = used_after_merge(frame, call) if kind == "merged" else None
        if used is not None:
            given, held, again = used
            dropped = replace(dropped, argument=given.value, given=held, again=frame.place(again))
        frame.emit(dropped)


def _kind(value: Value, callee: Value | None) -> tuple[str, str]:
    """What kind of value a call gives that should not be dropped, and the name of what is called."""
    match callee, value:
        case _, Coroutine(call=call) if call:
            return "coroutine", call
        case Method(receiver=Session() as session, name="merge"), _:
            return "merged", f"{class_called(session.kind, session.registry)}.merge"
        case Method(receiver=Session() as session, name=name), Result():
            return "result", f"{class_called(session.kind, session.registry)}.{name}"
        case Method(receiver=Statement(kind=kind), name=name), Statement() if name in GENERATIVE | ADDING:
            return "statement", f"{kind}.{name}"
    return "", ""


def _read_later(frame: Frame, name: str, node: cst.BaseExpression) -> bool:
    """Whether a name may be read after it is bound to the value of `node`, as far as the order of lines tells."""
    if frame.info.module_body or name in frame.globals:
        return True
    reads = frame.slice.reads
    if name in reads.shared or reads.opaque or (name in reads.places if frame.loops else reads.after(name, node)):
        return True
    return _read_inside(frame, name)


def _read_inside(frame: Frame, name: str) -> bool:
    """Whether a function defined in this one reads the name: nobody knows when."""
    return any(
        isinstance(found, cst.Name) and found.value == name
        for function in frame.local_functions.values()
        for found in nodes(function)
    )


def note_used(frame: Frame, value: Value, how: str, node: cst.CSTNode, attribute: str = "") -> None:
    """Tell that a coroutine is used as if it were what awaiting it gives."""
    if not isinstance(value, Coroutine) or not value.call or attribute in COROUTINE_ATTRIBUTES:
        return
    if frame.emitting and frame.ask(EventAsked("CoroutineUsed")):
        frame.emit(CoroutineUsed(frame.place(node), None, how, value.call, frame.text(node), frame.info.is_async))


def note_looped(frame: Frame, value: Value, node: cst.CSTNode) -> None:
    """Tell that a plain `for` goes through an AsyncResult."""
    if isinstance(value, Result) and value.streamed and frame.emitting and frame.ask(EventAsked("CoroutineUsed")):
        text = frame.text(node)
        frame.emit(CoroutineUsed(frame.place(node), None, "iteration", "AsyncResult", text, frame.info.is_async))


def note_awaited(frame: Frame, callee: Value, node: cst.Call) -> None:
    """Tell that what a call gives is awaited although it is no coroutine."""
    if not frame.emitting or not frame.ask(EventAsked("AwaitedPlain")):
        return
    spelt = ""
    match callee:
        case Method(receiver=Session(kind="async") as session, name=name) if name in SESSION_PLAIN:
            spelt = f"{class_called(session.kind, session.registry)}.{name}"
        case Method(receiver=Result(streamed=streamed), name=name):
            if name in (RESULT_PLAIN if streamed else RESULT_PLAIN | RESULT_COROUTINES):
                spelt = f"{'AsyncResult' if streamed else 'Result'}.{name}"
        case Method(receiver=External() as core, name=name):
            spelt = plain_call(core, name)
    if spelt:
        frame.emit(AwaitedPlain(frame.place(node), None, spelt, frame.text(node)))
