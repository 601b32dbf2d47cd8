"""Executing `with`, `try` and `match`: blocks that are left in more ways than by their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from sqla_lint.flow import failures
from sqla_lint.flow.connected import note_connected
from sqla_lint.flow.frame import Exits, Frame, Handler, path_of
from sqla_lint.flow.guesses import kind_of, may_be_session
from sqla_lint.flow.managers import enter
from sqla_lint.flow.narrowing import bind_pattern, refuted
from sqla_lint.flow.noted import note_entered
from sqla_lint.flow.sessions import leave
from sqla_lint.flow.state import State, gather, join_states
from sqla_lint.flow.transactions import enter_block, leave_blocks, lost
from sqla_lint.flow.values import UNKNOWN, External, Manager, Session, Value
from sqla_lint.knowledge.calls import answers


def body_of(block: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    """The statements of a block, one on the line of its header included."""
    if isinstance(block, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine(block.body)]
    return block.body


def with_(frame: Frame, node: cst.With) -> list[State]:
    """`with`: every item is entered in order, and left on every way out."""
    managers: list[Manager] = []
    values: list[Value] = []
    depth = len(frame.held.blocks)
    exits, outer = Exits(), frame.exits
    for item in node.items:
        frame.entering = (item.item, "async with" if node.asynchronous else "with")
        value = frame.evaluate(item.item)
        note_entered(frame, value, item, node)
        note_connected(frame, value, item, node)
        manager = enter(frame, value, item)
        values.append(value)
        if manager.entered == UNKNOWN:
            manager = _by_name(frame, manager, item, bool(node.asynchronous))
        elif isinstance(manager.entered, Session) and manager.entered.guessed and manager.entered.kind == "unknown":
            manager = _as_used(frame, manager, manager.entered, item)
        managers.append(manager)
        enter_block(frame, manager, item)
        frame.entered(manager.entered)
        if manager.no_autoflush and manager.session is not None:
            frame.state.no_autoflush |= {manager.session.key}
        if item.asname is not None:
            frame.assign(item.asname.name, manager.entered)
            _name_opened(frame, manager.entered, item.asname.name)
    frame.exits = exits
    swallows = any(manager.swallows for manager in managers)
    if swallows:
        frame.handlers.append(Handler(True, len(frame.loops)))
    frame.state = frame.state.copy()
    outside, frame.blocks = frame.blocks, [*frame.blocks, *failures.entered(frame, managers, values)]
    states = frame.block(body_of(node.body), [frame.state])
    frame.blocks = outside
    if swallows:
        frame.handlers.pop()
    frame.exits = outer
    groups = (states, exits.returned, exits.raised, exits.broken, exits.continued)
    leave_blocks(frame, depth, [state for group in groups for state in group])
    silenced = {item.session.key for item in managers if item.no_autoflush and item.session is not None}
    for group in groups:
        for state in group:
            frame.state = state
            state.no_autoflush -= silenced
            for manager in reversed(managers):
                leave(frame, manager, node)
    for manager, item in zip(managers, node.items, strict=True):
        if "lost" in manager.ended and isinstance(manager.entered, Session):
            lost(frame, manager.entered, frame.place(item.item))
    if swallows:
        states = gather([*states, *exits.raised])
        if any(manager.swallows and manager.all_of_them for manager in managers):
            exits.raised = []
    _pass_on(exits, outer)
    return states


def _name_opened(frame: Frame, value: Value, target: cst.BaseExpression) -> None:
    if isinstance(value, Session) and isinstance(target, cst.Name):
        frame.opened_as.setdefault(value.key, target.value)


def _by_name(frame: Frame, manager: Manager, item: cst.WithItem, asynchronous: bool) -> Manager:
    """`with self.database.connect() as session`: a call that cannot be followed, and a name that says what it gives."""
    target = item.asname.name if item.asname is not None else None
    if not isinstance(target, cst.Name) or not may_be_session(frame, target.value, item.item):
        return manager
    kind = kind_of(frame, target.value)
    if not kind:
        return manager
    kind = "async" if asynchronous else kind
    return replace(manager, entered=Session(frame.site(item), kind, "manager", guessed=True))


def _as_used(frame: Frame, manager: Manager, session: Session, item: cst.WithItem) -> Manager:
    """A session known by the name of what opens it alone: the name that it is bound to may tell its kind."""
    target = item.asname.name if item.asname is not None else None
    kind = kind_of(frame, target.value) if isinstance(target, cst.Name) else ""
    return replace(manager, entered=replace(session, kind=kind or "unknown"))


def _pass_on(inner: Exits, outer: Exits) -> None:
    outer.returned += inner.returned
    outer.raised += inner.raised
    outer.broken += inner.broken
    outer.continued += inner.continued


def try_(frame: Frame, node: cst.Try | cst.TryStar) -> list[State]:
    """`try`: the handlers start from any point of the body that may raise; `finally` runs on every way out."""
    outer, frame.exits = frame.exits, Exits()
    with_finally, before = node.finalbody is not None, frame.state.copy()
    swallows = any(_goes_on(handler.body) for handler in node.handlers)
    outside, frame.blocks = frame.blocks, [*frame.blocks, *failures.at_last(node)]
    tried = failures.attempt(frame, node)
    frame.handlers.append(Handler(swallows, len(frame.loops), attempt=tried))
    states = frame.block(body_of(node.body), [frame.state])
    frame.handlers[-1].attempt = None
    raised, frame.exits.raised = frame.exits.raised, []
    if node.orelse is not None:
        states = frame.block(body_of(node.orelse.body), states)
    frame.handlers.pop()
    entry = _entry(before, raised, states)
    handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
    for index, handler in enumerate(handlers):
        frame.state = entry.copy()
        goes_on = _goes_on(handler.body)
        caught = failures.handle(frame, tried, handler, index, goes_on)
        if handler.name is not None:
            frame.assign(handler.name.name, UNKNOWN)
        frame.guards.append(handler.type or cst.Name("except"))
        failed = not _catches_answers(frame, handler)
        frame.handlers.append(Handler(goes_on, len(frame.loops), True, failed, caught=caught))
        states += frame.block(body_of(handler.body), [frame.state])
        frame.handlers.pop()
        frame.guards.pop()
    if not any(_catches_all(handler) for handler in node.handlers):
        frame.exits.raised += raised
    inner, frame.exits = frame.exits, outer
    frame.blocks = outside
    if with_finally:
        assert node.finalbody is not None
        frame.handlers.append(Handler(True, len(frame.loops)))  # what runs in any case is meant to, item by item
        states = frame.block(body_of(node.finalbody.body), gather(states))
        for group in (inner.returned, inner.raised, inner.broken, inner.continued):
            group[:] = frame.block(body_of(node.finalbody.body), gather(group)) if group else []
        frame.handlers.pop()
    _pass_on(inner, outer)
    return gather(states)


def _entry(before: State, raised: list[State], ends: list[State]) -> State:
    """The state in which a handler starts. A `close()` that fails has closed all the same: none stands before it."""
    entry, last = join_states([before, *raised]), join_states(raised or ends)
    assert entry is not None
    return entry if last is None else replace(entry, lives=dict(last.lives), failed=last.failed)


def _goes_on(block: cst.BaseSuite) -> bool:
    """Whether a handler deals with the failure: it does not always raise."""
    statements = body_of(block)
    if not statements:
        return True
    match statements[-1]:
        case cst.SimpleStatementLine(body=[*_, last]):
            return not isinstance(last, cst.Raise)
        case cst.If(orelse=cst.Else(body=other), body=body):
            return _goes_on(body) or _goes_on(other)
    return True


def _catches_all(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    match handler.type:
        case None:
            return True
        case cst.Name(value="Exception" | "BaseException"):
            return True
    return False


def _catches_answers(frame: Frame, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Whether it catches what Python code raises to answer a question, a missing key say: no failure at all."""
    items = [item.value for item in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
    return any(isinstance(item, cst.Name | cst.Attribute) and answers(_named(frame, item)) for item in items)


def _named(frame: Frame, item: cst.Name | cst.Attribute) -> str:
    """The last name of an exception, by what it is imported as."""
    value = frame.evaluate(item)
    return (value.dotted if isinstance(value, External) else path_of(item)).rpartition(".")[2]


def _takes_anything(pattern: cst.MatchPattern) -> bool:
    return isinstance(pattern, cst.MatchAs) and pattern.pattern is None


def match_(frame: Frame, node: cst.Match) -> list[State]:
    """`match`: one case runs, or none."""
    subject, path = frame.evaluate(node.subject), path_of(node.subject)
    before = frame.state
    anything = any(case.guard is None and _takes_anything(case.pattern) for case in node.cases)
    states = [] if anything else [before.copy()]
    for case in node.cases:
        frame.state = before.copy()
        fitting = bind_pattern(frame, case.pattern, subject, node.subject)
        if path in frame.state.names:
            frame.state.names[path] = fitting
        if case.guard is not None:
            frame.evaluate(case.guard)
        else:
            subject = refuted(frame, case.pattern, subject)
        frame.guards.append(node.subject)
        states += frame.block(body_of(case.body), [frame.state])
        frame.guards.pop()
    return gather(states)
