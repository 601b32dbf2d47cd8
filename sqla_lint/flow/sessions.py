"""Methods of a session, and what they do to its life and to its unit of work."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.constructs import asked, entities, is_plain, root_of
from sqla_lint.flow.elsewhere import note_elsewhere
from sqla_lint.flow.engines import gives_connection, rebind
from sqla_lint.flow.events import Committed, Loop, WorkPaired
from sqla_lint.flow.failures import commits, mended, note_step, sent
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lending import note_closed
from sqla_lint.flow.loaded import attach, copied, detach, detach_one, expire, expire_one, expires_on_commit, refresh
from sqla_lint.flow.locking import marks_of, note_locked
from sqla_lint.flow.lookups import note_got
from sqla_lint.flow.options import options_tree
from sqla_lint.flow.pacing import is_counted, is_first
from sqla_lint.flow.passed_over import note_passed_over
from sqla_lint.flow.places import Place
from sqla_lint.flow.queries import collection, execute, held, note_effect, result, row
from sqla_lint.flow.readded import note_merged_again, note_readded
from sqla_lint.flow.second import follow_changes, note_changed_row
from sqla_lint.flow.sent import note_executed, with_options
from sqla_lint.flow.state import CLOSED, GONE, IDLE, Work
from sqla_lint.flow.streaming import note_cut
from sqla_lint.flow.taken import note_taken, note_together
from sqla_lint.flow.transactions import begin, follow, left_transaction, lose_sight, outlived, write
from sqla_lint.flow.unwritten import in_bulk, left_block, relate, settled, touched, written
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Coroutine,
    Instance,
    Manager,
    Mapping,
    OneOf,
    Result,
    Session,
    Statement,
    TupleValue,
    Value,
)
from sqla_lint.flow.working import Working
from sqla_lint.flow.writes import note_written
from sqla_lint.knowledge.coroutines import class_called
from sqla_lint.knowledge.sessions import METHODS, REFUSING, Effect


def _other_method(frame: Frame, session: Session, name: str, arguments: Arguments, node: cst.Call) -> Value:
    if name == "configure" and gives_connection(frame, node):
        rebind(frame, node, replace(session, bound_to_connection=True))
    frame.may_raise()
    lose_sight(frame, session)
    for value in arguments.all():
        frame.escape(value)
    return UNKNOWN


def session_method(frame: Frame, session: Session, name: str, arguments: Arguments, node: cst.Call) -> Value:
    """Call a method of a session: its effects, its events and what it gives."""
    effect = METHODS.get(name)
    if effect is None:
        return _other_method(frame, session, name, arguments, node)
    if effect.coroutine and session.kind == "async" and node is frame.bare:
        return Coroutine(UNKNOWN, _spelt(session, name))  # never awaited: nothing happens
    if effect.ends:
        _end(frame, session, effect, name, node)
    elif effect.flushes == "always":
        waits = "autoflush" if frame.state.pending(session.key) else ""
        sent(frame, session, "flush" if name == "flush" else waits)
        flush(frame, session)
        note_effect(frame, session, "flush" if name == "flush" else "nested")
    elif effect.sql and arguments.keywords.get("load") != Constant(False):
        statement = arguments.first()
        note_executed(frame, arguments, name, node)
        held_back = not effect.flushes or _waits(arguments)
        sent_as = with_options(frame, statement, arguments, node) if isinstance(statement, Statement) else None
        execute(frame, session, sent_as, not held_back)
        reads = isinstance(statement, Statement) and statement.kind in ("select", "query", "core")
        frame.state.dirty |= not reads and name not in ("get", "get_one", "refresh", "connection")
    if name in ("add", "add_all", "delete", "merge"):
        frame.state.dirty = frame.state.waiting = True
        frame.works_on_batch()
        note_merged_again(frame, session, name, arguments, node)
        follow(frame, session, name)
    in_bulk(frame, name)
    if name.startswith(("add_all", "bulk_")) and arguments.nodes:
        whole = frame.batch(arguments.nodes[-1])
        if whole is not None:
            whole.chunks = True
        note_step(frame, session, "" if name == "add_all" else "flush")
    for instance in instances_in(arguments.first()) if name in REFUSING else ():
        note_elsewhere(frame, session, instance, name, node)
    if name in ("add", "add_all", "delete"):
        for instance in instances_in(arguments.first()):
            put(frame, session, "delete" if name == "delete" else "add", instance, frame.place(node), None, node)
        note_step(frame, session, "delete" if name == "delete" else "add")
        frame.may_raise()
    note_written(frame, session, name, arguments)
    if name == "refresh":
        if refresh(frame, arguments):
            note_effect(frame, session, "refresh")
    elif name == "expire":
        expire_one(frame, arguments, node)
    elif name in ("add", "add_all"):
        attach(frame, session, arguments)
    elif name in ("expunge", "expunge_all"):
        _expunge(frame, session, name, arguments, node)
    elif name == "expire_all":
        note_effect(frame, session, "expire")
        expire(frame, session, node, "expire_all()")
    given = _given(frame, session, effect.gives, arguments, node)
    if name.startswith("stream") and isinstance(given, Result):
        given = replace(given, streamed=True)
    return _coroutine(session, name, given) if effect.coroutine and session.kind == "async" else given


def _expunge(frame: Frame, session: Session, name: str, arguments: Arguments, node: cst.Call) -> None:
    """Objects are taken out of the session, those with them that it has not written yet."""
    if name == "expunge":
        frame.state.withdraw(session.key, {item.identity for item in instances_in(arguments.first())})
        detach_one(frame, arguments, node)
    else:
        frame.state.work.pop(session.key, None)
        detach(frame, session, node, "expunge_all()")


def _waits(arguments: Arguments) -> bool:
    """Whether `execution_options={"autoflush": False}` keeps the session from flushing first."""
    options = arguments.keywords.get("execution_options")
    return isinstance(options, Mapping) and ("autoflush", Constant(False)) in options.entries


def _coroutine(session: Session, name: str, given: Value) -> Coroutine:
    return Working(given, _spelt(session, name), () if session.registry else (session,))


def _spelt(session: Session, name: str) -> str:
    """What is called, where more than a name says that it is a coroutine."""
    return "" if session.guessed else f"{class_called(session.kind, session.registry)}.{name}"


def flush(frame: Frame, session: Session) -> None:
    """Pending work is written."""
    frame.state.waiting = False
    frame.state.flush(session.key)
    written(frame)
    settled(frame, session)


def drop(frame: Frame, session: Session, ends: str = "") -> None:
    """Pending work is given up, and what was deleted is there again."""
    frame.state.waiting = False
    if ends == "rollback":
        frame.state.work.clear()  # whoever holds the session under another name has given up as much
    frame.state.work.pop(session.key, None)
    frame.state.deleted = ()
    written(frame)


def _end(frame: Frame, session: Session, effect: Effect, name: str, node: cst.Call) -> None:
    if effect.ends == "rollback":
        frame.isolate()
    if effect.ends == "commit":
        note_effect(frame, session, "commit")
        # A commit that fails has ended nothing: the connection is still out.
        commits(frame, session, frame.state.waiting)
        flush(frame, session)
        commit(frame, session, node, None, name=frame.callee(node.func))
        frame.state.dirty = False
        frame.set_life(session, IDLE)
        if expires_on_commit(frame, session):
            expire(frame, session, node, "commit()")
        return
    if effect.ends == "rollback":
        note_cut(frame, session, frame.callee(node.func), node)
    drop(frame, session, effect.ends)
    mended(frame, session.key, effect.ends)
    note_effect(frame, session, effect.ends)
    if effect.ends == "rollback":
        expire(frame, session, node, "rollback()")
    else:
        note_closed(frame, session, node)
        frame.fates.reused.pop(session.key, None)
        detach(frame, session, node, f"{name}()")
        frame.fates.end(frame.state, session, frame.place(node))
    frame.set_life(session, IDLE if effect.ends == "rollback" else CLOSED)


def commit(
    frame: Frame, session: Session, node: cst.CSTNode, via: Place | None, name: str, durable: bool = False
) -> None:
    """Emit a commit; inside a loop, once it is known whether the loop goes on after it."""
    loop = frame.around(session.key)
    place = frame.place(node)
    for around in frame.loops:
        around.committed.add(session.key)
    cuts = note_cut(frame, session, name, node, via)
    if loop is None or outlived(frame, session, loop):
        frame.emit(Committed(place, via, session, name))
        return
    inside = [item for item in frame.handlers if item.loops >= _depth(frame, loop)]
    guarded = is_counted(frame)
    if guarded:
        for around in frame.loops:
            around.chunks = True  # what remains of the last batch is committed by the loops outside
    event = Committed(
        place,
        via,
        session,
        name,
        loop,
        True,
        durable or any(item.swallows for item in inside),
        guarded or is_first(frame, loop.node, node),
        frame.state.dirty,
        cuts,
    )
    frame.emit_in(loop, node, event)


def _depth(frame: Frame, loop: Loop) -> int:
    return frame.loops.index(loop) + 1


def instances_in(value: Value) -> list[Instance]:
    """The rows that a value is, or holds one by one."""
    match value:
        case Instance():
            return [value]
        case Collection(items=items) if items:
            return [found for item in items for found in instances_in(item)]
        case Collection(element=element):
            return instances_in(element)
        case TupleValue(items=items) | OneOf(values=items):
            return [found for item in items for found in instances_in(item)]
    return []


def put(
    frame: Frame,
    session: Session,
    kind: str,
    instance: Instance,
    place: Place,
    via: Place | None = None,
    node: cst.CSTNode | None = None,
) -> None:
    """An object enters the unit of work; emits a pair for every opposite that waits for the same flush.

    node: the call that puts it there, if it has just done so.
    """
    work = Work(kind, instance, place, via)
    if node is not None and kind == "add":
        note_readded(frame, session, instance, node)
    if kind == "add":
        note_taken(frame, session, instance, place)
        note_together(frame, session, work)
    for earlier in frame.state.pending(session.key):
        if "delete" in (earlier.kind, kind) and _are_opposite(earlier, work):
            frame.emit(WorkPaired(place, via, session, earlier, work))
    frame.state.put(session.key, work)
    if kind == "delete" or kind == "add" and instance.new and instance.session in ("", session.key):
        write(frame, session.key, frame.current, via)
        note_changed_row(frame, session.key, instance, frame.current)
    if kind != "update":
        note_effect(frame, session, kind, instance)


def _are_opposite(one: Work, other: Work) -> bool:
    return one.kind != other.kind and one.instance.identity != other.instance.identity


def set_value(frame: Frame, instance: Instance, column: str, value: Value, node: cst.BaseExpression) -> Instance:
    """The instance with an attribute set; pending work on it learns of it."""
    given = held(frame, value, node)
    values = tuple(item for item in instance.values if item[0] != column) + ((column, given),)
    changed = replace(instance, values=values if instance.new else instance.values, free=touched(instance, column))
    relate(frame, (value,))
    for key, works in list(frame.state.work.items()):
        for work in works:
            if work.kind == "add" and instance.new and work.instance.identity == instance.identity != 0:
                frame.state.work[key] = tuple(item for item in works if item is not work)
                put(frame, Session(key), "add", changed, work.place, work.via)
    return changed


def _given(frame: Frame, session: Session, gives: str, arguments: Arguments, node: cst.Call) -> Value:
    """What a session method returns."""
    match gives:
        case "none":
            return Constant(None)
        case "query":
            given = arguments.positional
            root = root_of(given)
            return Statement(
                "query", entities(given), session=session, root=root, steps=asked(given), plain=is_plain(given)
            )
        case "begin":
            if not (arguments.keywords or session.kind == "async" and node is frame.bare):  # of 1.x; never awaited
                note_effect(frame, session, "begin")
                begin(frame, session, node)
            return Manager(UNKNOWN, "commit", session, begins="begin")
        case "nested":
            return Manager(UNKNOWN, "flush", session, begins="nested")
        case "get":
            return _got(frame, session, arguments, node)
        case "merge":
            return copied(session, arguments.first())
    statement = arguments.first()
    if isinstance(statement, Statement):
        statement = replace(with_options(frame, statement, arguments, node), session=session)
    match gives:
        case "result":
            return result(frame, statement, node)
        case "exec":
            single = isinstance(statement, Statement) and statement.scalar
            return result(frame, statement, node, scalars=single)
        case "scalars":
            return result(frame, statement, node, scalars=True)
        case "page" if isinstance(statement, Statement):
            return collection(frame, statement, node, scalars=True)
        case "scalar" if isinstance(statement, Statement):
            return row(frame, statement, node, scalars=True)
    return UNKNOWN


def _got(frame: Frame, session: Session, arguments: Arguments, node: cst.Call) -> Value:
    entity = arguments.first()
    if not isinstance(entity, ClassValue):
        return UNKNOWN
    load = options_tree(Arguments(tuple(item for name, item in arguments.keywords.items() if name == "options")))
    given = len(arguments.nodes) > 1
    key: tuple[tuple[str, Value], ...] = (
        (("<pk>", held(frame, arguments.positional[1], arguments.nodes[1])),) if given else ()
    )
    key += marks_of("get", arguments)
    statement = Statement("query", (Instance(entity.id),), load, session, criteria=key)
    note_locked(frame, session, statement, node)
    note_got(frame, statement, "get", Arguments(nodes=arguments.nodes[1:]))
    note_passed_over(frame, session, statement, node)
    return row(frame, statement, node)


def leave(frame: Frame, manager: Manager, node: cst.CSTNode) -> None:
    """A `with` block over a session or a transaction ends."""
    left_transaction(frame, manager)
    _leave_function(frame, manager, node)
    left_block(frame, manager)
    session = manager.session
    if session is None:
        return
    if manager.leaving == "flush":
        flush(frame, session)
        mended(frame, session.key, "close")
    elif manager.leaving == "close":
        drop(frame, session)
        note_closed(frame, session, node)
        mended(frame, session.key, "close")
        frame.state.done |= {("close", session.key)}
        frame.fates.end(frame.state, session, frame.place(node))
        detach(frame, session, node, _BLOCK)
        frame.set_life(session, CLOSED)
    elif manager.leaving == "commit":
        flush(frame, session)
        mended(frame, session.key, "close")
        for loop in frame.loops:
            loop.committed.add(session.key)
        frame.set_life(session, IDLE)
        note_effect(frame, session, "commit-block")
        if expires_on_commit(frame, session):
            expire(frame, session, node, "the commit at the end of the block")


_BLOCK = "the end of the block"


def _leave_function(frame: Frame, manager: Manager, node: cst.CSTNode) -> None:
    """The block of a generator function ends: what that has done to its session by then it has done to the rows."""
    session = manager.entered
    if not isinstance(session, Session):
        return
    if "commit" in manager.ended and frame.state.changed:
        follow_changes(frame, session, "commit-block")
    if "commit" in manager.ended and expires_on_commit(frame, session):
        expire(frame, session, node, "the commit at the end of the block")
    if "close" in manager.ended:
        note_closed(frame, session, node)
        frame.fates.end(frame.state, session, frame.place(node))
        detach(frame, session, node, _BLOCK)


def give_away(frame: Frame, session: Session) -> None:
    """Someone else closes the session from here on."""
    frame.set_life(session, GONE)
