"""Sessions that leave the function that opens them: yielded to whoever works with them, or returned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.decorating import ClosedUnder, ProvidesFor
from sqla_lint.flow.endings import ClosedBehind, ReturnedOpen, SessionStored, TakenLate
from sqla_lint.flow.events import Injected, ScopeLeft
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.places import nodes
from sqla_lint.flow.state import BEGUN, CLOSED, LENT, State
from sqla_lint.flow.values import Collection, External, Instance, Result, Session, Statement, TupleValue, Value
from sqla_lint.knowledge.sessions import may_key_session

# The name by which the state knows the session of what is returned.
_RETURNED_OF = "<returned of>"


def lend(frame: Frame, session: Session, node: cst.Yield) -> None:
    """Whoever asked for the session works with it; what that fails with is raised at the `yield`."""
    frame.state.work.pop(session.key, None)
    if session.registry:
        # Who removes it is at work with it from here on; nobody else has to.
        frame.state.lives[session.key] = frozenset({BEGUN})
        frame.fates.registries[session.key] = (session, frame.text(node.value) if node.value is not None else "")
    elif session.owner != "function" and frame.info.wraps != "contextmanager":
        frame.escape(session)  # to be closed by others
    if session.key in frame.state.lives:
        frame.fates.lent.setdefault(session.key, frame.place(node))
    frame.set_life(session, LENT)
    frame.may_raise()
    frame.set_life(session, BEGUN)


def lives_of(key: str, states: Sequence[State]) -> frozenset[str]:
    """The lives that a session can have in these states."""
    return frozenset[str]().union(*(state.lives.get(key, frozenset()) for state in states))


def tell_lent(frame: Frame, ends: Sequence[State]) -> None:
    """Tell of the registries whose session is removed after its user, unless that one fails."""
    for key, (session, text) in frame.fates.registries.items():
        normal, raised = (lives_of(key, states) for states in (ends, frame.exits.raised))
        place = frame.fates.lent.get(key)
        if normal == {CLOSED} and place is not None:
            frame.sink(ScopeLeft(place, None, session, text, normal, raised, place))


def drawn(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """`next(get_session())`: the generator ends at once, and what it closes begins anew when it is used."""
    match arguments.first(), arguments.nodes:
        case Collection(element=Session(owner="manager") as session), [cst.Call() as generator, *_]:
            if dotted == "builtins.next" and session.kind == "async":
                return None  # no such generator gives its session to `next()`
            given = replace(session, key=frame.site(node), owner="function", opened=frame.place(node))
            frame.open(given)
            frame.fates.drawn[given.key] = frame.text(generator)
            return given
    return None


def note_returned(frame: Frame, value: Value, node: cst.BaseExpression | None) -> None:
    """What is returned needs its session: who closes that from here on does so behind the receiver's back."""
    if node is None:
        return
    if isinstance(node, cst.GeneratorExp):
        value = frame.fates.sources.get(node.for_in.iter, value)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in _LAZY:
        value = _passed_through(frame, node) or value
    kind, key = _needs(value)
    if key and ("close", key) not in frame.state.done:
        frame.fates.returned[key] = (frame.place(node), kind)
        frame.state.names[_RETURNED_OF] = Session(key)


# Builtins whose rows are taken only when theirs are.
_LAZY = frozenset({"enumerate", "filter", "iter", "map", "zip"})


def _passed_through(frame: Frame, call: cst.Call) -> Value | None:
    """The Result that `map(…, rows)` and its like go through later."""
    asked = [item.value for item in call.args if isinstance(item.value, cst.Name) or _asks(item.value)]
    with frame.silent():
        given = [frame.evaluate(item) for item in asked]
    return next((value for value in given if isinstance(value, Result)), None)


def _asks(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return name in ("execute", "scalars", "unique")
    return False


def _needs(value: Value) -> tuple[str, str]:
    """What a value is that needs its session yet, and the key of that."""
    match value:
        case Session(key=key):
            return "session", key
        case Statement(kind="query", owner=None, session=Session(key=key)):
            return "query", key
        case Result(element=element):
            row = _row(element)
            return ("rows", row.session) if row is not None and (value.streamed or not row.asynchronous) else ("", "")
    return "", ""


def _row(element: Value) -> Instance | None:
    """The first instance in a row: rows of columns alone need no session."""
    items = element.items if isinstance(element, TupleValue) else (element,)
    return next((item for item in items if isinstance(item, Instance)), None)


def note_closed(frame: Frame, session: Session, node: cst.CSTNode) -> None:
    """A session is closed: tell of it where that happens on the way out with what needs it."""
    held = frame.state.names.get(_RETURNED_OF)
    place, kind = frame.fates.returned.get(session.key, (None, ""))
    if place is None or place.node is None or not isinstance(held, Session) or held.key != session.key:
        return
    text = frame.text(place.node)
    frame.emit(ClosedBehind(place, None, session, kind, _closing(node), frame.place(node), text))
    if kind == "session":  # its receiver's no more
        returns = frame.outcome.returns
        returns[:] = [replace(item, owner="unknown") if item == session else item for item in returns]


def _closing(node: cst.CSTNode) -> str:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return name
    return "block"


def tell_returned(frame: Frame) -> None:
    """Tell of sessions that go to a framework, which closes none."""
    for key, (place, kind) in frame.fates.returned.items():
        session = frame.opened.get(key)
        if kind != "session" or place.node is None or session is None or session.opened is None:
            continue
        if session.bound_to_connection or frame.info.wraps or _is_known_elsewhere(frame, key):
            continue
        serves = frame.ask(ProvidesFor(frame.info.id))
        if serves:
            frame.sink(ReturnedOpen(place, None, session, serves, frame.text(place.node)))


def _is_known_elsewhere(frame: Frame, key: str) -> bool:
    """Whether a session is also given to something that may close it, a callback say, or kept."""
    name = frame.opened_as.get(key, "")
    given = (item.value for item in frame.slice.nodes if isinstance(item, cst.Arg | cst.Assign))
    if any(isinstance(item, cst.Name) and item.value == name for item in given):
        return True
    return any(_mentions(node, name) for node in frame.local_functions.values())


def note_stored(frame: Frame, target: cst.Attribute | cst.Subscript, value: Value, source: object) -> None:
    """Tell of a session that is opened right into what the function was given, `context["session"] = Session()`."""
    if not isinstance(value, Session) or value.key not in frame.opened or not isinstance(source, cst.Call):
        return
    name = _stored_under(target)
    if not may_key_session(name) or not frame.emitting or value.bound_to_connection or not _is_given(frame, target):
        return
    if not frame.ask(ClosedUnder(name)):
        frame.emit(SessionStored(frame.place(source), None, value, frame.text(target)))


def store(frame: Frame, target: cst.Subscript, value: Value, source: object) -> None:
    """An item of a container is set: what it holds is others' to close, unless the container never leaves."""
    if not isinstance(value, Session):
        frame.escape(value)
        return
    _inject_keyword(frame, target, value)
    note_stored(frame, target, value, source)
    if not isinstance(target.value, cst.Name) or not _stays(frame, target.value.value):
        frame.escape(value)


def _inject_keyword(frame: Frame, target: cst.Subscript, session: Session) -> None:
    """`kwargs["session"] = session`: what is called with those keywords gets it."""
    match target:
        case cst.Subscript(cst.Name(), [cst.SubscriptElement(cst.Index(cst.SimpleString(evaluated_value=str(key))))]):
            frame.emit(Injected(frame.place(target), None, key, session))


def _stored_under(target: cst.Attribute | cst.Subscript) -> str:
    match target:
        case cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Subscript(slice=[cst.SubscriptElement(cst.Index(cst.SimpleString(evaluated_value=str(name))))]):
            return name
    return ""


def _is_given(frame: Frame, target: cst.Attribute | cst.Subscript) -> bool:
    """Whether it is of what lives for one request, or of a dict that the function is given."""
    root = target.value
    while isinstance(root, cst.Attribute):
        root = root.value
    if not isinstance(root, cst.Name):
        return False
    kept = frame.evaluate(root)
    if isinstance(kept, External):
        return kept.dotted in _OF_REQUESTS
    given = root.value in {item.name for item in frame.info.parameters}
    of_dict = isinstance(target, cst.Subscript) and target.value is root and root.value not in ("self", "cls")
    return given and (of_dict or root.value in ("req", "request"))


_OF_REQUESTS = frozenset({"flask.g", "flask.request", "quart.g", "quart.request"})


def keeps(frame: Frame, node: cst.Dict) -> bool:
    """Whether a display is given to a name whose items alone are used, so that it gives nothing away."""
    match next(frame.slice.around(node), None):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return _stays(frame, name)
    return False


def _stays(frame: Frame, name: str) -> bool:
    """Whether a local container never leaves the function: nothing is done with it but to look up its items."""
    if name in {item.name for item in frame.info.parameters} or name in frame.globals or frame.info.module_body:
        return False
    bodies = [node for node in frame.slice.nodes if isinstance(node, cst.FunctionDef | cst.Lambda)]
    if sum(_mentions(node, name) for node in bodies) > 1:
        return False  # a function inside may take it along
    looked_up = set()
    for node in frame.slice.nodes:
        if isinstance(node, cst.Subscript):
            looked_up.add(id(node.value))
        elif isinstance(node, cst.AssignTarget | cst.AnnAssign):
            looked_up.add(id(node.target))
    return all(id(node) in looked_up for node in _named(frame.slice.module, name))


def _mentions(body: cst.CSTNode, name: str) -> bool:
    return any(True for _ in _named(body, name))


def _named(body: cst.CSTNode, name: str) -> Iterator[cst.Name]:
    return (node for node in nodes(body) if isinstance(node, cst.Name) and node.value == name)


def note_late(frame: Frame, value: Result, node: cst.CSTNode) -> None:
    """Rows are taken of a Result whose session this function has closed."""
    row = _row(value.element)
    if row is None or row.detached is None or row.asynchronous and not value.streamed:
        return
    if not row.detached.by.startswith("expunge") and row.detached.place.slice is frame.slice:
        frame.emit(TakenLate(frame.place(node), None, row.detached.by, row.detached.place, frame.text(node)))
