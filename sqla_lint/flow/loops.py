"""Loops: stabilised first with emission off, then walked once more to emit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import libcst as cst

from sqla_lint.flow.branches import assume, decide
from sqla_lint.flow.comprehensions import turns_of
from sqla_lint.flow.core import note_awaited_rows
from sqla_lint.flow.dropped import note_looped
from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Exits, Frame, sessions_in
from sqla_lint.flow.lattice import join
from sqla_lint.flow.places import nodes
from sqla_lint.flow.polling import tell_polled
from sqla_lint.flow.queries import rows_of
from sqla_lint.flow.state import State, adds_only_names, gather, join_states
from sqla_lint.flow.streaming import note_streams
from sqla_lint.flow.truths import note_truth
from sqla_lint.flow.values import Collection, External, Instance, Result, Value
from sqla_lint.knowledge.calls import CHUNK_WORDS, ENDLESS, RETRY_WORDS

_PASSES = 4


def for_loop(frame: Frame, node: cst.For) -> list[State]:
    """`for` and `async for`."""
    value = frame.evaluate(node.iter)
    source = rows_of(frame, value, node.iter)
    kind = "async for" if node.asynchronous else "for"
    (note_awaited_rows if node.asynchronous else note_looped)(frame, source, node.iter)
    loop = Loop(frame.number(node), kind, frame.told(node.iter), turns=turns_of(source, node.iter))
    loop.place = frame.place(node.iter)
    loop.node = node
    note_streams(frame, loop, value, node.iter)
    if frame.state.assumed.get(f"len({loop.source}) == 1"):
        loop.turns = 1
    loop.target = node.target.value if isinstance(node.target, cst.Name) else frame.told(node.target)
    loop.batch_of, loop.body = frame.batch(node.iter), node.body
    named = f"{loop.target} {loop.source}".lower()
    loop.chunks = any(word in named for word in CHUNK_WORDS) or _steps(node.iter)
    loop.retries = any(word in named for word in RETRY_WORDS)
    loop.polls = isinstance(source, External) and source.dotted in ENDLESS or _is_sentinel(node.iter)

    rows = f"<rows of {loop.id}>"
    if isinstance(source, Collection | Result):
        frame.state.names[rows] = source

    def turn() -> None:
        element = frame.elements(frame.state.names.get(rows, source), node.iter, loop.id)
        frame.assign(node.target, element)
        loop.opened |= {session.key for session in sessions_in(element)}

    return _run(frame, loop, turn, node.body, node.orelse, endless=False, rows=rows)


def _steps(node: cst.BaseExpression) -> bool:
    """`range(0, len(items), 500)`, `result.partitions(500)`."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="partitions"))):
            return True
        case cst.Call(func=cst.Name(value="range"), args=[_, _, _]):
            return True
    return False


def _is_sentinel(node: cst.BaseExpression) -> bool:
    """`iter(queue.get, None)`."""
    match node:
        case cst.Call(func=cst.Name(value="iter"), args=[_, _]):
            return True
    return False


def while_loop(frame: Frame, node: cst.While) -> list[State]:
    """`while`."""
    endless = isinstance(node.test, cst.Name | cst.Integer) and node.test.value in ("True", "1")
    loop = Loop(frame.number(node), "while", frame.told(node.test))
    loop.place = frame.place(node.test)
    loop.polls = endless or not _walks_a_collection(node)
    loop.chunks = _goes_by_steps(node)
    loop.retries = any(word in loop.source.lower() for word in RETRY_WORDS)

    def turn() -> None:
        note_truth(frame, frame.evaluate(node.test), node.test)
        assume(frame, node.test, True)

    known = decide(frame, node.test) if endless else None
    return _run(frame, loop, turn, node.body, node.orelse, endless=endless or known is True and endless)


def _walks_a_collection(node: cst.While) -> bool:
    """`while items: items.pop()` and `while i < n: i += 1` go through a collection; other loops wait for something."""
    if any(_takes_next(inner) for inner in nodes(node.test)):
        return True
    match node.test:
        case cst.Name(value=name):
            return any(_pops(inner, name) for inner in nodes(node.body))
        case cst.Comparison(left=cst.Name(value=name)):
            return any(_counts_up(inner, name) for inner in nodes(node.body))
    return False


def _goes_by_steps(node: cst.While) -> bool:
    """`while done < total: …; done += len(batch)`: as `range()` with a step does."""
    match node.test:
        case cst.Comparison(left=cst.Name(value=name)):
            counting = [item for item in nodes(node.body) if isinstance(item, cst.AugAssign) and _counts_up(item, name)]
            return bool(counting) and not any(_is_number_one(item.value) for item in counting)
    return False


def _is_number_one(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Integer) and node.value == "1"


def _takes_next(node: cst.CSTNode) -> bool:
    match node:
        case cst.NamedExpr(value=cst.Call(func=cst.Name(value="next"))):
            return True
    return False


def _pops(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value="pop" | "popleft"))):
            return owner == name
    return False


def _counts_up(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.AugAssign(target=cst.Name(value=target), operator=cst.AddAssign()):
            return target == name
    return False


def _run(
    frame: Frame,
    loop: Loop,
    turn: Callable[[], None],
    body: cst.BaseSuite,
    orelse: cst.Else | None,
    endless: bool,
    rows: str = "",
) -> list[State]:
    """Find the state that holds at the head of every turn, then walk the body once more with emission on.

    A turn that only binds names of its own leaves the next one what it has found itself.

    `rows`: the name by which the state knows what is gone through.
    """
    before = frame.state.copy()
    head = before.copy()
    emitting, frame.emitting = frame.emitting, False
    exits, ends = _turn(frame, loop, turn, body, head)
    for _ in range(_PASSES):
        joined = join_states([head, *(_next_turn(state.copy(), loop, before) for state in ends)])
        assert joined is not None
        if rows in joined.names:
            joined.names[rows] = _as_later(before.names[rows], [state.names[rows] for state in ends])
        settled = adds_only_names(head, joined)
        head = joined
        if settled:
            break
        exits, ends = _turn(frame, loop, turn, body, head)
    frame.emitting = emitting
    if emitting:
        frame.loop_records[loop.id] = loop
        exits, ends = _turn(frame, loop, turn, body, head)
        loop.repeated = {node for state in ends for mark, node in state.marks if mark == loop.id}
        frame.release(loop)
        tell_polled(frame, loop)
    frame.exits.returned += exits.returned
    frame.exits.raised += exits.raised
    if loop.turns is not None and loop.turns > 0 and not endless:
        done = gather(ends)
    else:
        done = [] if endless else gather([head.copy(), *ends])
    if orelse is not None:
        done = frame.block(orelse.body.body, done)
    done = gather([*done, *exits.broken])
    for state in done:
        state.names.pop(rows, None)
    return [_without_marks(state, loop) for state in done]


def _as_later(rows: Value, later: list[Value]) -> Value:
    """What is gone through as all turns but the first find it: a turn that commits expires what comes after it."""
    expired = [item for item in later if isinstance(item, Collection | Result)]
    if not later or len(expired) < len(later) or not all(_is_expired(item.element) for item in expired):
        return rows
    return reduce(join, later)


def _is_expired(value: Value) -> bool:
    return isinstance(value, Instance) and value.expired is not None


def _without_marks(state: State, loop: Loop) -> State:
    state.marks = frozenset(item for item in state.marks if item[0] != loop.id)
    return state


def _next_turn(state: State, loop: Loop, before: State) -> State:
    state.age(before)
    return _without_marks(state, loop)


def _turn(
    frame: Frame, loop: Loop, turn: Callable[[], None], body: cst.BaseSuite, head: State
) -> tuple[Exits, list[State]]:
    """One turn from the head: how the body is left, and the states from which the next turn starts."""
    outer, frame.exits = frame.exits, Exits()
    frame.loops.append(loop)
    frame.guards.append(None)
    frame.state = _without_marks(head.copy(), loop)
    frame.state.dirty = False
    turn()
    states = frame.block(_statements(body), [frame.state])
    frame.guards.pop()
    frame.loops.pop()
    exits, frame.exits = frame.exits, outer
    return exits, [*states, *exits.continued]


def _statements(body: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    if isinstance(body, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine(body.body)]
    return body.body
