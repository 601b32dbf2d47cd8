"""Applying a summary at a call: the callee's effects on the caller's sessions, its reads of the caller's rows."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.containers import fill
from sqla_lint.flow.decorating import RunsWithin
from sqla_lint.flow.failures import commits, enter_callee, pass_over, sent, unseen
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.given import bind, node_of, told
from sqla_lint.flow.giving import result_of, wrapped
from sqla_lint.flow.half_built import flushes_by_itself, note_flushed
from sqla_lint.flow.helped import note_asked
from sqla_lint.flow.keys import note_uses
from sqla_lint.flow.lattice import doubtful
from sqla_lint.flow.loaded import detach, expire, expires_on_commit, fill_rows, renew
from sqla_lint.flow.lookups import differs
from sqla_lint.flow.managing import Managing, as_manager
from sqla_lint.flow.pacing import as_kept
from sqla_lint.flow.polling import note_given
from sqla_lint.flow.queries import execute, note_effect
from sqla_lint.flow.questions import (
    Effect,
    EventAsked,
    FunctionInfo,
    SignatureOf,
    Summary,
    SummaryOf,
)
from sqla_lint.flow.reads import apply_read, note_columns
from sqla_lint.flow.sessions import commit, drop, flush, give_away, put
from sqla_lint.flow.state import CLOSED, IDLE
from sqla_lint.flow.streaming import note_cut
from sqla_lint.flow.substitution import Binding, session_for, substitute
from sqla_lint.flow.transactions import begin, follow, wait
from sqla_lint.flow.unwritten import called, written
from sqla_lint.flow.values import (
    NO_BINDINGS,
    UNKNOWN,
    ClassValue,
    Collection,
    Coroutine,
    FunctionValue,
    Instance,
    Mapping,
    Object,
    OneOf,
    Option,
    Result,
    Session,
    Statement,
    TupleValue,
    Value,
)
from sqla_lint.flow.wanting import want_class
from sqla_lint.flow.work_events import ReadFlushes
from sqla_lint.knowledge.transactions import BEGUN, ENDING, SENDING, SENT


def apply(frame: Frame, callee: FunctionValue, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Call a function of the project."""
    found = summed(frame, callee, arguments)
    return apply_summary(frame, *found, arguments, node) if found is not None else UNKNOWN


def summed(frame: Frame, callee: FunctionValue, arguments: Arguments) -> tuple[FunctionInfo, Summary, Binding] | None:
    """A function of the project, what it does when it is called so, and what its parameters are then."""
    info = frame.ask(SignatureOf(callee.id))
    if info is None:
        return None
    for value in (callee.bound, *arguments.all()):
        note_given(frame, value)
    this, bound = "", NO_BINDINGS
    match callee.bound:
        case Object(cls=this, bound=bound) | ClassValue(id=this, bound=bound):
            pass
        case Instance(cls=this):
            pass
    if this == info.owner and not bound:
        this = ""
    elif info.generic and this:
        info = frame.ask(SignatureOf(callee.id, this, bound)) or info
    binding = bind(info, callee.bound, arguments)
    given = told(frame, info, binding, arguments)
    closely = any(_matters(value) for value in arguments.all())
    question = SummaryOf(callee.id, this, given, closely, bound, isinstance(callee, Managing))
    summary = frame.ask(question)
    if summary.wants:
        for name in sorted(summary.wants):
            want_class(frame, binding.get(name, UNKNOWN))
        summary = frame.ask(replace(question, given=told(frame, info, binding, arguments, summary.wants)))
    return as_manager(info, isinstance(callee, Managing)), summary, binding


def _matters(value: Value, depth: int = 0) -> bool:
    """Whether a value is, or holds, a session, a statement or rows."""
    match value:
        case Session() | Statement() | Instance() | Option() | Result():
            return True
        case Collection(element=inner) | Mapping(value=inner) | Coroutine(result=inner):
            return depth < 3 and _matters(inner, depth + 1)
        case TupleValue(items=items) | OneOf(values=items):
            return depth < 3 and any(_matters(item, depth + 1) for item in items)
        case Object(fields=fields):
            return depth < 3 and any(_matters(item, depth + 1) for _, item in fields)
    return False


def apply_summary(
    frame: Frame, info: FunctionInfo, summary: Summary, binding: Binding, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Replay what a callee does, in the caller's terms, and give what it returns."""
    before, frame.state.dirty = frame.state.dirty, True
    note_uses(frame, summary, binding, node)
    binding = called(frame, info, summary, binding)
    if not summary.known:
        unseen(frame, list(arguments.all()), node)
        frame.may_raise()
        for value in arguments.all():
            frame.escape(value)
        return wrapped(frame, info, doubtful(info.returns), None, node)
    if summary.asks:
        note_asked(frame, info, summary, binding, arguments, node)
    if frame.state.changed:
        _note_reading(frame, summary, binding, node)
    outside = frame.blocks
    enter_callee(frame, summary, binding)
    closed = {effect.session for effect in summary.effects if effect.op == "close"}
    ended = {effect.session for effect in summary.effects if effect.op == "commit" and not effect.must}
    blocked, frame.outcome.blocked = frame.outcome.blocked, frame.outcome.blocked or info.is_async
    bindings = _with_each_session(binding) if summary.effects else (binding,)
    for effect in summary.effects:
        if effect.op == "sql" and not effect.must and effect.session in ended:
            frame.may_raise()  # where it sends at all it also commits
            continue
        pending = before or effect.works
        done = as_kept(frame, info, effect, node)
        for one in bindings:
            _apply_effect(frame, done, one, node, effect.session in closed, pending)
    _store(frame, summary, binding)
    frame.blocks = outside
    frame.outcome.blocked = blocked if info.is_async else frame.outcome.blocked
    _settle(frame, summary, binding, node)
    for passed in summary.passed:
        if (session := session_for(frame, passed.session, binding)) is not None:
            pass_over(frame, passed, session, node)
    frame.may_raise()
    alone = not info.is_async and not any(isinstance(value, Session) for value in binding.values())
    for read in summary.reads:
        apply_read(frame, read, binding, node, alone)
    note_columns(frame, info.id, binding, node)
    _apply_expiry(frame, summary, binding, node)
    for parameter, value in summary.fills:
        if (owner := node_of(info, parameter, binding, arguments)) is not None:
            fill(frame, owner, substitute(frame, value, binding, node))
    for cls, load in sorted(summary.loads, key=repr):
        fill_rows(frame, cls, load)
    for name in summary.escapes:
        frame.escape(binding.get(name, UNKNOWN))
    if summary.io:
        frame.note_io(summary.io)
        if not any(effect.op in ENDING for effect in summary.effects):
            wait(frame, summary.io, node)
    if not summary.returns_normally and not info.is_generator:
        frame.stop()
    return result_of(frame, info, summary, binding, arguments, node)


def _with_each_session(binding: Binding) -> tuple[Binding, ...]:
    """What is given, once with each of the sessions that a name may stand for."""
    for name, value in binding.items():
        if type(value) is OneOf and any(isinstance(item, Session) for item in value.values):
            return tuple({**binding, name: item} for item in value.values if isinstance(item, Session))
    return (binding,)


def _note_reading(frame: Frame, summary: Summary, binding: Binding, node: cst.CSTNode) -> None:
    """Tell of a callee that surely does nothing but read, and flushes what the caller has changed."""
    if summary.sets or not frame.emitting or not isinstance(node, cst.Call):
        return
    if not frame.ask(EventAsked("ReadFlushes")):
        return
    for effect in summary.effects:
        if effect.op != "loads" or not effect.must:
            continue
        session = session_for(frame, effect.session, binding)
        if session is None or any(item.op not in ("loads", "sql") for item in summary.effects):
            return
        waiting = [item for item in frame.state.changed if item.session == session.key and not item.sent]
        if waiting and session.key in frame.state.begun and flushes_by_itself(frame, session):
            call, changed = frame.callee(node.func), waiting[-1]
            told = (session, call, changed.instance.cls, changed.place)
            frame.emit(ReadFlushes(frame.place(node), effect.place, *told))
            return


def _apply_effect(
    frame: Frame, effect: Effect, binding: Binding, node: cst.CSTNode, whole: bool, pending: bool
) -> None:
    """One effect of a callee.

    whole: it closes the session too, so that each call is a unit of work of its own. pending: the caller or the
    callee has changed something that a commit writes.
    """
    session = session_for(frame, effect.session, binding)
    if session is None or effect.outside and frame.ask(RunsWithin(frame.info.id, effect.outside)):
        return
    match effect.op:
        case "sql":
            if effect.must:
                execute(frame, session, None)
            else:
                sent(frame, session, "", sure=False)
                written(frame)
                note_effect(frame, session, "sql", like=effect)
        case "loads":
            if effect.must:
                note_flushed(frame, session, effect.place)
            note_effect(frame, session, "loads", like=effect)
        case "begin":
            note_effect(frame, session, "begin", like=effect)
            if effect.must and isinstance(node, cst.Call):
                begin(frame, session, node, effect.place)
        case "write":
            note_effect(frame, session, "write", like=effect)
        case "flush":
            flush(frame, session)
            sent(frame, session, "flush" if effect.usual and not effect.durable else "", effect.usual)
            note_effect(frame, session, "flush", durable=effect.durable, like=effect)
        case "nested":
            flush(frame, session)
            frame.sends(session)
            note_effect(frame, session, "nested", like=effect)
        case "commit":
            frame.state.dirty = pending
            _apply_commit(frame, effect, session, node, whole)
        case "rollback":
            if effect.must:
                note_cut(frame, session, _called(frame, node), node, effect.place)
                drop(frame, session, effect.op)
                frame.set_life(session, IDLE)
            note_effect(frame, session, "rollback", like=effect)
        case "close":
            if effect.must:
                frame.set_life(session, CLOSED)
                frame.fates.end(frame.state, session, frame.place(node))
                detach(frame, session, node, "close()")
            else:
                give_away(frame, session)
            note_effect(frame, session, "close", like=effect)
        case "add" | "delete" if effect.instance is not None:
            instance = substitute(frame, effect.instance, binding, node)
            if isinstance(instance, Instance):
                put(frame, session, effect.op, instance, frame.place(node), effect.place, node)


def _settle(frame: Frame, summary: Summary, binding: Binding, node: cst.CSTNode) -> None:
    """The sessions that are in a transaction once the callee is done, whatever it did with them before."""
    touched = {effect.session for effect in summary.effects}
    for key in sorted(touched | summary.begun):
        session = session_for(frame, key, binding)
        if session is not None and key in summary.begun:
            sends = any(item.session == key and item.must and item.op in SENDING for item in summary.effects)
            follow(frame, session, SENT if sends else BEGUN)
        elif session is not None:
            frame.state.begun.pop(session.key, None)


def _apply_commit(frame: Frame, effect: Effect, session: Session, node: cst.CSTNode, whole: bool) -> None:
    note_effect(frame, session, "commit", durable=effect.durable, like=effect)
    for loop in frame.loops:
        loop.committed.add(session.key)
    if not effect.usual:
        note_cut(frame, session, _called(frame, node), node, effect.place)
        frame.may_raise()
        return
    commits(frame, session, effect.works and not effect.durable)
    flush(frame, session)
    if not whole and not effect.once and (effect.must or _differs(frame, session, node)):
        commit(frame, session, node, effect.place, _called(frame, node), effect.durable)
    frame.state.dirty = False
    frame.set_life(session, IDLE)


def _called(frame: Frame, node: cst.CSTNode) -> str:
    return frame.callee(node.func) if isinstance(node, cst.Call) else ""


def _store(frame: Frame, summary: Summary, binding: Binding) -> None:
    """What a callee adds and, on some way, commits as well may be stored by the time it ends."""
    added = {effect.session for effect in summary.effects if effect.op == "add"}
    for effect in summary.effects if added else ():
        session = session_for(frame, effect.session, binding) if effect.op == "commit" and not effect.usual else None
        if session is not None and effect.session in added:
            flush(frame, session)


def _differs(frame: Frame, session: Session, node: cst.CSTNode) -> bool:
    """Whether the turns of a loop call something else: what decides by itself may be done with it after the first."""
    loop = frame.around(session.key)
    return loop is None or differs(loop, node)


def _apply_expiry(frame: Frame, summary: Summary, binding: Binding, node: cst.CSTNode) -> None:
    """What the callee surely expires; its own reads came before, for all that is known."""
    refreshed = {effect.session for effect in summary.effects if effect.op == "refresh"}
    for effect in summary.effects:
        session = session_for(frame, effect.session, binding)
        by = _EXPIRING.get(effect.op)
        if session is None:
            continue
        if effect.op == "refresh" or effect.op == "expire" and effect.must:
            note_effect(frame, session, effect.op)
        if effect.op == "refresh":
            renew(frame, session)
        if by is None or not effect.must or effect.session in refreshed:
            continue  # what of the caller's rows was refreshed afterwards cannot be told
        if by != "commit()" or expires_on_commit(frame, session):
            expire(frame, session, node, by)


_EXPIRING = {"commit": "commit()", "commit-block": "commit()", "rollback": "rollback()", "expire": "expire_all()"}
