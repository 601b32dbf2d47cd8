"""Functions that are handed on: bound to arguments, run by a session, or called in another thread."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.applying import summed
from sqla_lint.flow.comprehensions import call_lambda, over_each
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import doubtful, informed
from sqla_lint.flow.loaded import change_in
from sqla_lint.flow.reaching import Partial, Pending, Turned
from sqla_lint.flow.reads import apply_read
from sqla_lint.flow.substitution import substitute
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Coroutine,
    FunctionValue,
    LocalFunction,
    Session,
    TupleValue,
    Value,
)
from sqla_lint.knowledge.concurrency import (
    AWAITED_THREADS,
    IN_THREADS,
    MAKING_POOLS,
    MAKING_PROCESSES,
    MAPPING,
    MAPPING_STARRED,
    STARTING_THREADS,
    TO_ASYNC,
    TO_SYNC,
)

_CALLED = (FunctionValue, LocalFunction, Partial)


def partial(frame: Frame, arguments: Arguments) -> Value | None:
    """`partial(load, session)`; None where nobody can tell what that calls."""
    function = arguments.first()
    if not isinstance(function, _CALLED) or arguments.spread:
        return None
    for value in arguments.all():
        frame.escape(value)
    return Partial(function, arguments.positional[1:], tuple(arguments.keywords.items()))


def completed(made: Partial, arguments: Arguments, node: cst.CSTNode) -> Arguments:
    """The arguments of a call of a partial function, with those that it was bound to."""
    before = tuple(cst.Name("_") for _ in made.positional)
    nodes = {name: cst.Name("_") for name, _ in made.keywords}
    return Arguments(
        (*made.positional, *arguments.positional),
        dict(made.keywords) | arguments.keywords,
        (*before, *arguments.nodes),
        nodes | arguments.keyword_nodes,
        arguments.spread,
    )


def ran(frame: Frame, session: Session, arguments: Arguments, node: cst.CSTNode, given: Value) -> Value:
    """`await session.run_sync(load)`: what the function gives, whose rows the asynchronous session holds."""
    inner = Session(f"{session.key}.sync_session", "sync", "registry")
    value = _given(frame, arguments, 0, node, (inner,))
    value = change_in(value, lambda row: replace(row, asynchronous=not row.new, session=session.key))
    return given if value == UNKNOWN else Coroutine(value, given.call if isinstance(given, Coroutine) else "")


def in_thread(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What is to be awaited, or asked for its result, where a thread calls a function; else nothing is known."""
    name = dotted.rpartition(".")[2]
    awaited = name in AWAITED_THREADS or dotted in IN_THREADS
    if awaited or name in ("run_in_executor", "submit"):
        value = _given(frame, arguments, 0 if awaited else STARTING_THREADS[name], node)
        if value == UNKNOWN:
            return UNKNOWN
        return Pending(value) if name == "submit" else Coroutine(value)
    home = dotted.rpartition(".")[0].rpartition(".")[2]
    if home not in MAKING_POOLS | MAKING_PROCESSES:
        return UNKNOWN
    with frame.silent() if home in MAKING_PROCESSES else nullcontext():  # a process has copies of its own
        value = _of_pool(frame, name, arguments, node)
    return Pending(value) if value != UNKNOWN and name.endswith("_async") else value


def _of_pool(frame: Frame, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What a pool's methods give that call a function for each item, or with a tuple of arguments."""
    function = arguments.first()
    if not isinstance(function, _CALLED) or len(arguments.positional) < 2:
        return UNKNOWN
    given = arguments.positional[1]
    if name in MAPPING:
        value = over_each(frame, function, (given, arguments.nodes[1]), node, name in MAPPING_STARRED)
        return Collection(value, given.producer if isinstance(given, Collection) else None)
    if not isinstance(given, TupleValue):
        return UNKNOWN
    several = Arguments((function, *given.items), nodes=(arguments.nodes[1],) * (len(given.items) + 1))
    return _given(frame, several, 0, node)


def turned(frame: Frame, made: Turned, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A call of what `sync_to_async()` or `async_to_sync()` has made of a function."""
    if not made.awaited:
        return frame.await_(frame.call(made.function, arguments, node))
    behind = Arguments(
        (made.function, *arguments.positional),
        arguments.keywords,
        (cst.Name("_"), *arguments.nodes),
        arguments.keyword_nodes,
        arguments.spread,
    )
    value = _given(frame, behind, 0, node)
    return Coroutine(value) if value != UNKNOWN else UNKNOWN


def turn(name: str, function: Value) -> Value | None:
    """`sync_to_async(function)`; None for anything else."""
    if name not in TO_ASYNC | TO_SYNC or not isinstance(function, _CALLED):
        return None
    return Turned(function, name in TO_ASYNC)


def _given(frame: Frame, arguments: Arguments, at: int, node: cst.CSTNode, first: tuple[Value, ...] = ()) -> Value:
    """What the function among some arguments gives for those that come after it; it does its work elsewhere."""
    function = arguments.get(at, "func") or UNKNOWN
    if not isinstance(function, _CALLED) or arguments.spread:
        return UNKNOWN
    rest = Arguments(
        (*first, *arguments.positional[at + 1 :]),
        {name: value for name, value in arguments.keywords.items() if name != "func"},
        (*(cst.Name("_") for _ in first), *arguments.nodes[at + 1 :]),
        arguments.keyword_nodes,
    )
    while isinstance(function, Partial):
        rest, function = completed(function, rest, node), function.function
    if isinstance(function, LocalFunction):
        written = frame.local_functions.get(function.name)
        if isinstance(written, cst.Lambda):
            return _of_lambda(frame, written, rest)
        found = frame.summarise_local(function.name, rest)
    else:
        found = summed(frame, function, rest) if isinstance(function, FunctionValue) else None
    if found is None:
        return UNKNOWN
    info, summary, binding = found
    for read in summary.reads:
        apply_read(frame, read, binding, node)
    if info.is_async or info.is_generator or info.wraps:
        return UNKNOWN
    return informed(substitute(frame, summary.returns, binding, node), doubtful(info.returns))


def _of_lambda(frame: Frame, written: cst.Lambda, arguments: Arguments) -> Value:
    before = frame.state
    frame.state = before.copy()
    with frame.silent():
        value = call_lambda(frame, written, arguments)
    frame.state = before
    return value
