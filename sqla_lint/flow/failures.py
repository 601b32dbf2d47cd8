"""Failures that a `try` catches: what is sent in it, and what its session does after a handler has swallowed one.

None of it is looked at unless a rule asks for `Caught`.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.attempts import Attempt, Handled
from sqla_lint.flow.caught import Caught
from sqla_lint.flow.frame import Frame, sessions_in
from sqla_lint.flow.passing import Passed, Step
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, Summary
from sqla_lint.flow.speaking import Databases
from sqla_lint.flow.state import State
from sqla_lint.flow.values import ClassValue, Constant, External, Instance, Manager, Session, TupleValue, Value
from sqla_lint.knowledge.databases import excludes_postgresql, is_postgresql, made_for_another, names_another
from sqla_lint.knowledge.exceptions import MENDING, catches_flush, catches_statement

# What raises inside a flush leaves the session unusable; a statement of its own does not.
FLUSHING = frozenset({"autoflush", "commit", "flush"})
# A callee of unknown code whose name has one of these words may well roll back.
_MENDING = ("rollback", "roll_back", "close", "reset", "remove", "abort", "cleanup", "dispose", "handle", "fail",
            "on_error", "recover", "undo")  # fmt: skip
# What a function does to a session that sees to its own failures.
_CONTAINING = frozenset({"close", "commit-block", "nested", "rollback"})
# What stands for a `with` that may roll back any session, and for the call of a function.
_ANY, _CALLEE = "*", "()"
# What stands before the key of a session whose transaction a `with` ends.
_BEGUN = "begin "

# The keys of sessions that a function and its callers have in common.
_CALLERS = ("param:", "self.", "global:", "registry")

_Handler = cst.ExceptHandler | cst.ExceptStarHandler


def attempt(frame: Frame, node: cst.Try | cst.TryStar) -> Attempt | None:
    """Begin a `try`; None where no rule asks for it or it has no handlers."""
    if not node.handlers or not frame.ask(EventAsked("Caught")):
        return None
    return Attempt(len(frame.blocks), tuple(_catches(frame, handler) for handler in node.handlers))


def at_last(node: cst.Try | cst.TryStar) -> list[str]:
    """A block around a `try` whose `finally` ends sessions: who catches the failure further out finds them mended."""
    calls = (item for item in nodes(node.finalbody) if type(item) is cst.Call) if node.finalbody is not None else ()
    mends = any(isinstance(item.func, cst.Attribute) and item.func.attr.value in MENDING for item in calls)
    return [_ANY] if mends else []


def handle(frame: Frame, tried: Attempt | None, node: _Handler, index: int, swallows: bool) -> Handled | None:
    """Begin a handler: what may have failed to flush is unusable from here on."""
    if tried is None:
        return None
    number = frame.number(node)
    known = frame.handled.get(number)
    if known is None or known.attempt is not tried:
        place = frame.place(node.type or node)
        used = known.used if known is not None else {}
        rolled_back = known.rolled_back if known is not None else set()
        known = Handled(number, place, tried, tried.catches[index], swallows, {}, used, rolled_back)
        frame.handled[number] = known
    before = any(_may_catch(item) for item in tried.catches[:index])
    for key, steps in tried.steps.items():
        known.loops[key] = frame.around(key)
        if _BEGUN + key in frame.blocks:
            known.within.add(key)
        if not before and _may_catch(known.catches) and not _failing(frame, known.catches).isdisjoint(steps):
            frame.state.failed |= {(number, key)}
    return known


def _failing(frame: Frame, catches: tuple[str, ...]) -> frozenset[str]:
    """The steps whose failure makes a session unusable, as far as a handler is there for them."""
    if not any(map(catches_statement, catches)) or not is_postgresql(frame.ask(Databases())):
        return FLUSHING
    # What a test, or its very name, reserves for another database never comes before PostgreSQL.
    apart = made_for_another(frame.info.id)
    apart = apart or any(guard is not None and names_another(frame.text(guard, 200)) for guard in frame.guards)
    apart = apart or any(excludes_postgresql(test, truth) for test, truth in frame.state.assumed.items())
    return FLUSHING if apart else FLUSHING | {"statement"}


def _may_catch(catches: tuple[str, ...]) -> bool:
    return any(catches_flush(item) for item in catches)


def _catches(frame: Frame, node: _Handler) -> tuple[str, ...]:
    """The dotted names of the classes that a handler names; an empty one where it names none."""
    if node.type is None:
        return ("",)
    nodes = [item.value for item in node.type.elements] if isinstance(node.type, cst.Tuple) else [node.type]
    found: list[str] = []
    with frame.silent():
        for item in nodes:
            value = frame.evaluate(item)
            several = value.items if isinstance(value, TupleValue) else (value,)
            found += [_dotted(one) or frame.text(item) for one in several]
    return tuple(found)


def _dotted(value: Value) -> str:
    match value:
        case External(dotted=dotted):
            return dotted
        case ClassValue(id=id_):
            return id_
    return ""


def sent(frame: Frame, session: Session, op: str, sure: bool = True) -> None:
    """The session sends something, which may fail, and does after a flush that has failed; `sure`: on most paths."""
    if frame.emitting and sure:
        for number, key in frame.state.failed:
            if key == session.key:
                frame.handled[number].used.setdefault(key, frame.place(frame.current))
    note_step(frame, session, op)
    frame.sends(session)


def commits(frame: Frame, session: Session, writes: bool) -> None:
    """The session commits, and `writes` what waits in it first, as far as it does not fail."""
    if frame.state.failed and not writes:
        # PostgreSQL ends an aborted transaction then, and tells nobody.
        frame.state.failed = frozenset(
            (number, key)
            for number, key in frame.state.failed
            if key != session.key or not FLUSHING.isdisjoint(frame.handled[number].attempt.steps.get(key, ()))
        )
    sent(frame, session, "commit" if writes else "statement")


def note_step(frame: Frame, session: Session, op: str) -> None:
    """Something is done to a session in the body of the nearest `try` around that would catch it."""
    for handler in reversed(frame.handlers):
        tried = handler.attempt
        if tried is not None and any(_may_catch(catches) for catches in tried.catches):
            inside = frame.blocks[tried.blocks :]
            if op and session.key not in inside and _ANY not in inside:
                call = frame.current
                text = frame.callee(call.func) if isinstance(call, cst.Call) else frame.text(call)
                step = Step(op, frame.place(call), text, _CALLEE in inside)
                tried.steps.setdefault(session.key, {}).setdefault(op, step)
            return


def mended(frame: Frame, key: str, by: str) -> None:
    """A session is rolled back, closed or opened anew: it can be used again.

    A rollback counts for every session: what looks like two is often the same one of a registry.
    """
    if frame.state.failed:
        frame.state.failed = frozenset(item for item in frame.state.failed if by != "rollback" and item[1] != key)
    for handler in frame.handlers if by == "rollback" else ():
        if handler.caught is not None:
            handler.caught.rolled_back.add(key)
            number = handler.caught.number
            frame.state.marks |= {(around.id, number) for around in frame.loops}


def enter_callee(frame: Frame, summary: Summary, binding: dict[str, Value]) -> None:
    """A function of the project is called: what it rolls back or closes, and whether it sees to its own failures."""
    frame.state.waiting |= any(effect.op in ("add", "delete") for effect in summary.effects) or any(
        isinstance(value, Instance) for value in binding.values()
    )
    if not frame.handlers and not frame.state.failed:
        return
    frame.blocks = [*frame.blocks, _CALLEE]
    for effect in summary.effects:
        if effect.op in _CONTAINING:
            frame.blocks = [*frame.blocks, _ANY]
        if effect.op == "rollback" or effect.op == "close" and frame.state.failed:
            mended(frame, "", "rollback")


def unseen(frame: Frame, arguments: list[Value], node: cst.CSTNode) -> None:
    """Unknown code runs: with a session in its hands, by its name, or as a method of `self`, it may roll back."""
    for handler in frame.handlers:
        if handler.attempt is not None:
            handler.attempt.opaque = True
    if not frame.state.waiting:
        frame.state.waiting = any(isinstance(value, Instance) for value in arguments)
    if not frame.state.failed:
        return
    text = frame.callee(node.func).lower() if isinstance(node, cst.Call) else ""
    if any(word in text for word in _MENDING) or text.startswith(("self.", "cls.", "super(")):
        for number, _ in frame.state.failed:
            frame.handled[number].doubtful = True
        frame.state.failed = frozenset()
    for value in arguments:
        for session in sessions_in(value):
            mended(frame, session.key, "")


def entered(frame: Frame, managers: list[Manager], values: list[Value]) -> list[str]:
    """The sessions that leaving a `with` block by an exception rolls back or closes, or `_ANY` where nobody knows."""
    found: list[str] = []
    for manager, value in zip(managers, values, strict=True):
        sessions = [session.key for session in sessions_in(manager.entered)]
        for key in sessions:
            if key.startswith("site:"):
                mended(frame, key, "")  # it is opened here
        if manager.session is not None and manager.leaving:
            sessions.append(manager.session.key)
        if manager.session is not None and manager.leaving in ("commit", "flush"):
            sessions.append(_BEGUN + manager.session.key)
        if not sessions and not manager.no_autoflush and not _harmless(value):
            sessions = [_ANY]
        if not manager.no_autoflush:
            found += sessions
    return found


def _harmless(value: Value) -> bool:
    """Whether what a `with` enters is of the builtins or of a library that has nothing to do with sessions."""
    match value:
        case External(dotted=dotted):
            return not dotted.startswith(("sqlalchemy", "sqlmodel", "flask_", "contextlib"))
    return False


def give_back(frame: Frame, value: Value) -> None:
    """The function returns a value: on the way out of a handler that tells of the failure, or not."""
    if frame.emitting:
        for number, _ in frame.state.failed:
            frame.handled[number].gives.add(_truth(value))


def _truth(value: Value) -> bool | None:
    match value:
        case Constant(value=held):
            return bool(held)
        case Instance():
            return True
    return None


def passed_over(frame: Frame, ends: list[State]) -> tuple[Passed, ...]:
    """What has failed in a session of the callers, who do not hear of it."""
    failed = sorted({item for state in ends for item in state.failed})
    found: list[Passed] = []
    for number, key in failed:
        handled = frame.handled[number]
        if handled.doubtful or key in frame.opened or not key.startswith(_CALLERS):
            continue
        gives = handled.gives or {False}
        others = tuple(item for catches in handled.attempt.catches if catches != handled.catches for item in catches)
        steps = tuple(handled.attempt.steps.get(key, {}).values())
        truth = next(iter(gives)) if len(gives) == 1 else None
        found.append(Passed(key, handled.place, handled.catches, others, steps, truth))
    return tuple(found)


def pass_over(frame: Frame, passed: Passed, session: Session, node: cst.CSTNode) -> None:
    """A callee has passed over a failure of the session, if what it gives back does not tell the caller so."""
    if not frame.ask(EventAsked("Caught")):
        return
    number = frame.number(node)
    before = frame.handled.get(number)
    name = before.name if before is not None else _name_of(frame, node) if passed.gives is not None else ""
    asked = True if name else _is_asked(frame, node)
    if asked is None or asked and passed.gives is None:
        return
    tried = Attempt(len(frame.blocks), (passed.catches, passed.others), {session.key: {}})
    tried.steps[session.key] = {step.op: step for step in passed.steps}
    known = frame.handled.get(number)
    if known is None:
        known = Handled(number, passed.place, tried, passed.catches, True)
        frame.handled[number] = known
    known.gives, known.name = {passed.gives}, name
    known.loops[session.key] = frame.around(session.key)
    frame.state.failed |= {(number, session.key)}


def _is_asked(frame: Frame, node: cst.CSTNode) -> bool | None:
    """Whether what a call gives is tested at once; False where it is dropped, None where it goes elsewhere."""
    for parent in frame.slice.around(node):
        match parent:
            case cst.Await():
                continue
            case cst.Expr():
                return False
            case cst.If() | cst.UnaryOperation(operator=cst.Not()):
                return True
        return None
    return None


def _name_of(frame: Frame, node: cst.CSTNode) -> str:
    """The name that gets what a call gives, where the function binds it once and does nothing with it but test it."""
    match next((item for item in frame.slice.around(node) if not isinstance(item, cst.Await)), None):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            uses = sum(isinstance(item, cst.Name) and item.value == name for item in frame.slice.nodes)
            tests = sum(_tests(item, name) for item in frame.slice.nodes)
            return name if tests and uses == tests + 1 else ""
    return ""


def _tests(node: cst.CSTNode, name: str) -> bool:
    """Whether an `if` asks for the truth of a name, and of nothing else."""
    match node:
        case cst.If(test=cst.Name(value=tested)):
            return tested == name
        case cst.If(test=cst.UnaryOperation(operator=cst.Not(), expression=cst.Name(value=tested))):
            return tested == name
    return False


def answered_by(frame: Frame, name: str, truth: bool) -> None:
    """A name is tested that may have got what a call gave: after a failure it is the other way."""
    for handled in frame.handled.values():
        if handled.name == name and truth not in handled.gives:
            frame.state.failed = frozenset(item for item in frame.state.failed if item[0] != handled.number)


def answered(frame: Frame, test: cst.BaseExpression, truth: bool) -> None:
    """A call is tested: what it gives after a failure is the other way."""
    call = test.expression if isinstance(test, cst.Await) else test
    handled = frame.handled.get(frame.number(call))
    if handled is not None and truth not in handled.gives:
        frame.state.failed = frozenset(item for item in frame.state.failed if item[0] != handled.number)


def tell_caught(frame: Frame) -> None:
    """Tell what each handler of the function has caught, session by session."""
    for handled in frame.handled.values():
        tried = handled.attempt
        others = tuple(item for catches in tried.catches if catches != handled.catches for item in catches)
        for key, steps in tried.steps.items():
            loop = handled.loops.get(key)
            event = Caught(
                handled.place,
                None,
                key,
                handled.catches,
                others,
                tuple(steps.values()),
                handled.swallows,
                key in handled.rolled_back,
                None if handled.doubtful else handled.used.get(key),
                loop,
                loop is not None and handled.number in loop.repeated,
                tried.opaque,
                key in handled.within,
            )
            frame.sink(event)
