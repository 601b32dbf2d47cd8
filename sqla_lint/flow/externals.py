"""Calls into libraries, and into the unknown."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow import constructs
from sqla_lint.flow.engines import note_engine
from sqla_lint.flow.failures import unseen
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.handing import in_thread, partial, turn
from sqla_lint.flow.loaded import make_new, set_loaded
from sqla_lint.flow.migrations import draft, is_operation, operate
from sqla_lint.flow.noted import is_column
from sqla_lint.flow.polling import note_given, note_sleep
from sqla_lint.flow.queries import page
from sqla_lint.flow.reaching import Above
from sqla_lint.flow.schemas import adapter
from sqla_lint.flow.state import NEW
from sqla_lint.flow.stdlib import from_stdlib
from sqla_lint.flow.told import cast
from sqla_lint.flow.transactions import doubt, wait
from sqla_lint.flow.unwritten import handed_over, set_by_name
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Constant,
    Coroutine,
    Criterion,
    External,
    Instance,
    Manager,
    Object,
    Session,
    Value,
)
from sqla_lint.flow.walkers import reflect
from sqla_lint.knowledge import calls as known_calls
from sqla_lint.knowledge import sessions as known_sessions
from sqla_lint.knowledge.concurrency import CALLING, LOOPS, MAKING_POOLS, MAKING_PROCESSES
from sqla_lint.knowledge.migrations import COLUMN
from sqla_lint.knowledge.schemas import ADAPTERS

# What else is known by what made it.
_KEPT = MAKING_POOLS | MAKING_PROCESSES | LOOPS


def unseen_call(frame: Frame, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A call into the unknown: it may fail, it may keep what it is given, and it may change it."""
    unseen(frame, list(arguments.all()), node)
    frame.may_raise()
    frame.state.dirty = True
    doubt(frame)
    for value in arguments.all():
        frame.escape(value)
        note_given(frame, value)
    handed_over(frame, arguments)
    return UNKNOWN


def external(frame: Frame, callee: External, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What calling something of a library gives."""
    dotted = callee.dotted
    made: Value | None = constructs.construct(dotted, arguments, frame.site(node))
    if made is not None:
        return _opened(frame, made, arguments, node) if isinstance(made, Session) else made
    note_engine(frame, dotted, arguments, node)
    if is_operation(callee):
        return operate(frame, callee, dotted.rpartition(".")[2], arguments, node)
    if dotted == "functools.partial" and (bound := partial(frame, arguments)) is not None:
        return bound
    found = reflect(dotted, arguments) or from_stdlib(frame, dotted, arguments, node)
    if found is not None:
        return found
    home, _, name = dotted.rpartition(".")
    if home == "builtins":
        set_by_name(frame, name, arguments)
        return _builtin(frame, name)
    if name == "set_committed_value" and len(arguments.positional) > 1:
        named = arguments.positional[1]
        text = named.value if isinstance(named, Constant) else None
        set_loaded(frame, arguments.nodes[0], frozenset({text}) if isinstance(text, str) else None)
    if dotted in known_sessions.MAKE_TRANSIENT and arguments.nodes:
        make_new(frame, arguments.nodes[0])
    if dotted in known_calls.CASTS and len(arguments.nodes) == 2:
        return cast(frame, arguments)
    if dotted in known_calls.PAGINATING:
        frame.may_raise()
        rows = page(frame, arguments, node)
        is_async = isinstance(arguments.first(), Session) and getattr(arguments.first(), "kind", "") == "async"
        return Coroutine(rows) if is_async or name == known_calls.PAGINATING_AWAITED else rows
    if dotted in COLUMN:
        return draft(arguments)
    if dotted in known_calls.NEVER_RETURN:
        frame.stop()
        return UNKNOWN
    note_sleep(frame, dotted)
    if known_calls.leaves_process(dotted):
        frame.note_io(dotted)
        wait(frame, dotted, node)
    if dotted in ("contextlib.ExitStack", "contextlib.AsyncExitStack"):
        return Manager(Manager(UNKNOWN))
    if dotted in known_sessions.ENGINES:
        return constructs.create_engine(dotted, arguments)
    if dotted in known_sessions.FRAMEWORKS:
        return constructs.make_framework(dotted, arguments.keywords.get("session_options"))
    if dotted in known_sessions.CONNECTIONS:
        return External("sqlalchemy.Connection", made=True)
    if (made := adapter(frame, arguments) if dotted in ADAPTERS else turn(name, arguments.first())) is not None:
        return made
    unseen_call(frame, arguments, node)
    if name in CALLING and (result := in_thread(frame, dotted, arguments, node)) != UNKNOWN:
        return result
    if home == "sqlalchemy.func" and any(map(is_column, arguments.positional)):
        return Criterion("()")
    told = dotted.startswith(known_sessions.LIBRARIES) or dotted.split(".")[0] in known_calls.OUTSIDE
    return External(dotted, made=True) if told or name in _KEPT else UNKNOWN


def _opened(frame: Frame, made: Session, arguments: Arguments, node: cst.CSTNode) -> Session:
    """A session that a call of the library makes: from here on it lives."""
    if made.owner == "function":
        given = frame.gets_connection((*arguments.nodes, *arguments.keyword_nodes.values()))
        bound = made.bound_to_connection or given
        made = replace(made, opened=frame.place(node), bound_to_connection=bound)
        frame.open(made)
    elif made.registry and not frame.info.module_body:
        frame.state.lives[made.key] = frozenset({NEW})
    return made


def _above(frame: Frame) -> Value:
    """`super()` in a method; a session stays one, since its base is the library's."""
    this = frame.state.names.get(frame.info.parameters[0].name, UNKNOWN) if frame.info.parameters else UNKNOWN
    known = isinstance(this, Instance | Object | ClassValue) and frame.info.owner
    return Above(this, frame.info.owner) if known else this


def _builtin(frame: Frame, name: str) -> Value:
    if name == "super":
        return _above(frame)
    if name not in known_calls.CANNOT_RAISE:
        frame.may_raise()
    return UNKNOWN
