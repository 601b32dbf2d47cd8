"""Sessions that several tasks or threads work with at a time: what starts them is told, with what else is at it.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame, path_of, sessions_in
from sqla_lint.flow.overlapping import Shared
from sqla_lint.flow.places import Place, nodes
from sqla_lint.flow.queries import awaited
from sqla_lint.flow.questions import EventAsked, FunctionInfo, SignatureOf, Summary, SummaryOf
from sqla_lint.flow.reaching import Partial
from sqla_lint.flow.substitution import Binding, session_given
from sqla_lint.flow.values import (
    Collection,
    Coroutine,
    External,
    FunctionValue,
    LocalFunction,
    Method,
    Session,
    Value,
)
from sqla_lint.flow.working import Working
from sqla_lint.knowledge.concurrency import (
    AWAITED_THREADS,
    MAPPING_THREADS,
    POOLS,
    STARTING_TASKS,
    STARTING_THREADS,
    TOGETHER,
    WAITING,
    is_lock,
)
from sqla_lint.knowledge.sessions import METHODS

# How `State.done` says that something surely runs, or is made and not started yet.
_RUNS, _MADE = "<runs>", "<made>"
_ADDS = METHODS["add"]
# Effects for which nothing is awaited, so that no other task comes between.
_PLAIN = frozenset({"add", "delete", "expire"})


# What a coroutine uses.


def used_by(
    frame: Frame, info: FunctionInfo, summary: Summary, binding: Binding, arguments: Arguments
) -> tuple[Session, ...]:
    """The sessions that a coroutine function of the project works with; none where it lets in one at a time."""
    if info.locks or not frame.ask(EventAsked("Shared")):
        return ()
    keys = {effect.session for effect in summary.effects if effect.op not in _PLAIN}
    given = [session for value in arguments.all() if (session := session_given(value)) is not None]
    if summary.known:
        touched = {binding.get(name) for name in summary.escapes}
        touched |= {binding.get(key.removeprefix("param:")) for key in keys if key.startswith("param:")}
        given = [session for session in given if session in touched]
    own = [found for key in sorted(keys) if (found := _reached(frame, key, binding)) is not None]
    return tuple(dict.fromkeys(item for item in (*given, *own) if not item.registry))


def _reached(frame: Frame, key: str, binding: Binding) -> Session | None:
    """The session of the caller that an effect speaks of, where no parameter gives it."""
    if key.startswith("param:"):
        return session_given(binding.get(key.removeprefix("param:")))
    if key.startswith("self."):
        owner = binding.get("self")
        with frame.silent():
            found = frame.read(owner, key.removeprefix("self."), frame.current) if owner is not None else None
        return found if isinstance(found, Session) else None
    held = (value for value in frame.state.names.values() if isinstance(value, Session))
    return next((session for session in held if session.key == key), None)


# What starts tasks and threads.


def note_shared(frame: Frame, callee: Value, arguments: Arguments, node: cst.CSTNode, given: Value) -> Value:
    """Tell of what a call starts; return what it gives: of what runs in a thread once it is awaited, with its uses."""
    if not isinstance(node, cst.Call) or not frame.ask(EventAsked("Shared")):
        return given
    name = _last(node.func)
    if _awaits(callee, name, AWAITED_THREADS):
        return Working(awaited(given), "", tuple(_handed(frame, arguments, 0)), True)
    if _awaits(callee, name, TOGETHER):
        _note_together(frame, arguments, node)
    elif name in STARTING_TASKS and arguments.nodes:
        uses = _uses(arguments.positional[0], arguments.nodes[0], frame)
        _note_started(frame, "tasks", uses, node)
    elif name in STARTING_THREADS and _is_starting(frame, callee, name, arguments):
        _note_started(frame, "threads", _handed(frame, arguments, STARTING_THREADS[name]), node, made=name == "Thread")
    elif name in MAPPING_THREADS and _is_pool(frame, node.func):
        _note_mapped(frame, arguments, node)
    elif name == "start":
        frame.state.done = frozenset((op.replace(_MADE, _RUNS), key) for op, key in frame.state.done)
    elif name in WAITING:
        note_waited(frame)
    else:
        _note_meanwhile(frame, callee, given, node)
    return given


def note_waited(frame: Frame, value: Value | None = None) -> None:
    """Something is awaited: what was started may have come to its end, unless it is a call of a session's."""
    if not isinstance(value, Coroutine) or not value.call:
        frame.state.done = frozenset(item for item in frame.state.done if not item[0].startswith((_RUNS, _MADE)))


def _last(function: cst.BaseExpression) -> str:
    match function:
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
    return ""


def _awaits(callee: Value, name: str, names: frozenset[str]) -> bool:
    """Whether it is a function of a library which is called so, or imported from there under another name."""
    return isinstance(callee, External) and callee.dotted.rpartition(".")[2] in names and "." in callee.dotted


def _uses(value: Value, node: cst.BaseExpression, frame: Frame) -> list[Session]:
    """The sessions that something to be awaited works with; of what cannot be followed, those it is handed."""
    match value:
        case Working(uses=uses):
            return list(uses)
        case Collection(element=Working(uses=uses)):
            return list(uses)
    if type(value) is not Value or not isinstance(node, cst.Call):
        return []
    named = (frame.state.names.get(path_of(item.value)) for item in node.args)
    return [item for item in named if isinstance(item, Session) and not item.registry]


def _is_starting(frame: Frame, callee: Value, name: str, arguments: Arguments) -> bool:
    """Whether a call by such a name starts a thread: of a library, or of something unknown with a function first."""
    if name in ("Thread", "Timer"):
        return isinstance(callee, External) and callee.dotted.startswith("threading.")
    place = STARTING_THREADS[name]
    if place >= len(arguments.positional):
        return False
    return isinstance(arguments.positional[place], FunctionValue | LocalFunction | Method | External | Partial) or (
        type(arguments.positional[place]) is Value and len(arguments.positional) > place + 1
    )


def _is_pool(frame: Frame, function: cst.BaseExpression) -> bool:
    """Whether the name of what a method is called on, or what it is bound to here, says that it runs threads."""
    owner = path_of(function).rpartition(".")[0]
    texts = [owner]
    for found in frame.slice.nodes if owner else ():
        match found:
            case cst.WithItem(item=made, asname=cst.AsName(name=target)) if path_of(target) == owner:
                texts.append(frame.text(made))
            case cst.Assign(targets=[cst.AssignTarget(target=target)], value=made) if path_of(target) == owner:
                texts.append(frame.text(made))
    return any(word in text.lower() for text in texts for word in POOLS)


def _handed(frame: Frame, arguments: Arguments, place: int) -> list[Session]:
    """The sessions that a function takes along to its thread: as arguments, in itself, or in its object."""
    function = arguments.get(place, "target") if place >= 0 else arguments.keywords.get("target")
    found = [item for value in arguments.all() if value is not function for item in sessions_in(value)]
    match function:
        case LocalFunction(name=name):
            found += _captured(frame, name)
        case Method(receiver=Session() as session):
            found.append(session)
        case FunctionValue(id=id_, bound=Value() as bound):
            keys = {effect.session for effect in frame.ask(SummaryOf(id_)).effects}
            own = (_reached(frame, key, {"self": bound}) for key in sorted(keys) if key.startswith("self."))
            found += [item for item in own if item is not None]
    if isinstance(function, FunctionValue):
        info = frame.ask(SignatureOf(function.id))
        if info is not None and info.locks:
            return []
    return [item for item in dict.fromkeys(found) if not item.registry]


def _captured(frame: Frame, function: str) -> Iterator[Session]:
    """The sessions of this function that a nested one mentions, and does not bind itself; none where it locks."""
    node = frame.local_functions.get(function)
    if node is None or any(isinstance(item, cst.With) and locks(frame, item) for item in nodes(node)):
        return
    own = {path_of(item.target) for item in nodes(node) if isinstance(item, cst.AssignTarget)}
    own |= {item.name.value for item in nodes(node) if isinstance(item, cst.Param)}
    own |= {path_of(item.name) for item in nodes(node) if isinstance(item, cst.AsName)}
    for item in nodes(node):
        if not isinstance(item, cst.Name | cst.Attribute):
            continue
        path = path_of(item)
        held = frame.state.names.get(path) if path and path.partition(".")[0] not in own else None
        if held is None and path.startswith("self.") and path.count(".") == 1 and "self" not in own:
            with frame.silent():
                held = frame.evaluate(item)
        if isinstance(held, Session):
            yield held


def locks(frame: Frame, node: cst.With) -> bool:
    """Whether a block enters a lock."""
    return any(is_lock(path_of(item.item)) for item in node.items)


# What is told.


def _note_together(frame: Frame, arguments: Arguments, node: cst.Call) -> None:
    """Of the coroutines that are run at a time, those that use the same session."""
    seen: dict[str, cst.BaseExpression] = {}
    for value, item in zip(arguments.positional, arguments.nodes, strict=True):
        several = isinstance(value, Collection) or any(arg.star and arg.value is item for arg in node.args)
        literal = isinstance(value, Collection) and value.literal and bool(value.items)
        for session in _uses(value, item, frame):
            if session.key in seen or several and not literal:
                how = "threads" if _threaded(value) else "tasks"
                other = None if session.key not in seen else frame.place(seen[session.key])
                _emit(frame, how, "together", session, node, other)
                return
            seen[session.key] = item
    note_waited(frame)


def _threaded(value: Value) -> bool:
    inner = value.element if isinstance(value, Collection) else value
    return isinstance(inner, Working) and inner.threaded


def _note_mapped(frame: Frame, arguments: Arguments, node: cst.Call) -> None:
    """A function that is called in threads, once per item."""
    for session in _handed(frame, arguments, 0)[:1]:
        _emit(frame, "threads", "together", session, node)


def _note_started(frame: Frame, by: str, uses: Iterable[Session], node: cst.Call, made: bool = False) -> None:
    """A task or a thread is started: in turns, or beside another one that runs."""
    if frame.awaiting is node:
        return
    for session in uses:
        loop = frame.around(session.key)
        if loop is not None and not _ended_in_turn(frame, node):
            shared = _shared(frame, by, "turns", session, node, None)
            frame.emit_in(loop, node, replace(shared, loop=loop))
            return
        for call in _running(frame, session.key, node):
            _emit(frame, by, "another", session, call, frame.place(node))
            return
        frame.state.done |= {(f"{_MADE if made else _RUNS}{by}:{frame.number(node)}", session.key)}
        frame.outcome.started[frame.number(node)] = node


def _note_meanwhile(frame: Frame, callee: Value, given: Value, node: cst.Call) -> None:
    """The function itself uses a session that something it has started uses."""
    match callee, given:
        case _, Working(uses=(Session(key=key) as session, *_)) if frame.awaiting is node:
            pass
        case Method(receiver=Session(kind="sync", key=key) as session, name=name), _ if METHODS.get(name, _ADDS).sql:
            pass
        case _:
            return
    for call in _running(frame, key, node):
        _emit(frame, "", "meanwhile", session, call, frame.place(node))
        note_waited(frame)
        return


def _running(frame: Frame, key: str, node: cst.Call) -> Iterator[cst.Call]:
    """The calls that have surely started what runs with that session, while its block lasts."""
    for op, held in sorted(frame.state.done):
        if held == key and op.startswith(_RUNS):
            call = frame.outcome.started[int(op.rpartition(":")[2])]
            block = _block_of(frame, call)
            if call is not node and (block is None or any(item is node for item in nodes(block))):
                yield call


def _block_of(frame: Frame, call: cst.Call) -> cst.With | None:
    """The block at whose end all that the call has started is done: that of its group or executor."""
    owner = path_of(call.func).rpartition(".")[0]
    for found in frame.slice.nodes:
        if isinstance(found, cst.With) and owner:
            names = {path_of(item.asname.name) for item in found.items if item.asname is not None}
            if owner in names and any(item is call for item in nodes(found)):
                return found
    return None


def _ended_in_turn(frame: Frame, node: cst.Call) -> bool:
    """Whether what a call in a loop starts is waited for in the same turn."""
    loop: cst.CSTNode | None = None
    name = ""
    for found in frame.slice.nodes:
        if isinstance(found, cst.For | cst.While) and any(item is node for item in nodes(found.body)):
            loop = found.body
        elif isinstance(found, cst.Assign) and found.value is node:
            name = path_of(found.targets[0].target)
        elif isinstance(found, cst.Attribute) and found.value is node and found.attr.value in WAITING:
            return True  # `executor.submit(…).result()`
    if loop is None:
        return False
    for found in nodes(loop):
        match found:
            case cst.Await(expression=waited) if name and any(path_of(item) == name for item in _names(waited)):
                return True
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=method))) if method in WAITING:
                if name and path_of(owner) == name or any(path_of(item) == name for item in _names(found)):
                    return True
            case cst.With(items=items) if any(_block_owner(item, node) for item in items):
                return True
    return False


def _names(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    return (item for item in nodes(node) if isinstance(item, cst.Name | cst.Attribute))


def _block_owner(item: cst.WithItem, node: cst.Call) -> bool:
    """Whether a block inside the loop is that of what starts it, and it starts one thing."""
    owner = path_of(node.func).rpartition(".")[0]
    return item.asname is not None and path_of(item.asname.name) == owner != ""


def _shared(frame: Frame, by: str, how: str, session: Session, node: cst.Call, other: Place | None) -> Shared:
    if not by:
        by = "threads" if _last(node.func) in STARTING_THREADS else "tasks"
    name = next((name for name, held in frame.state.names.items() if held == session), "")
    name = name or session.key.removeprefix("param:")
    name = "the session" if name.startswith("site:") else f"`{name.rpartition(':')[2]}`"
    return Shared(frame.place(node), None, by, how, session, name, frame.callee(node.func), other)


def _emit(frame: Frame, by: str, how: str, session: Session, node: cst.Call, other: Place | None = None) -> None:
    if frame.emitting:
        frame.emit(_shared(frame, by, how, session, node, other))
