"""Sessions that live as long as their process: made for a module, a class or a parameter's default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.flow.decorating import ClosedUnder, OpenedBy, RunsFor, SharedBy, UsersOf
from sqla_lint.flow.endings import RegistryMade, SessionKept
from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.state import CLOSED, GONE, State
from sqla_lint.flow.values import Object, Session, Value


def note_default(frame: Frame, node: cst.FunctionDef) -> None:
    """A function of the module is defined: what its parameters default to is made once, for all of its calls."""
    if not frame.emitting or not frame.ask(EventAsked("SessionKept")):
        return
    for item in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        if isinstance(item.default, cst.Call) and _opens(frame, item.default):
            frame.emit(SessionKept(frame.place(item.default), None, "default", item.name.value, node.name.value))


def note_class(frame: Frame, node: cst.ClassDef) -> None:
    """A class of the module is defined: what its body opens is shared by all of its instances."""
    if not frame.emitting or not frame.ask(EventAsked("SessionKept")):
        return
    for name, value in _bound(node.body.body):
        if _opens(frame, value):
            frame.emit(SessionKept(frame.place(value), None, "class", name, node.name.value))
    for inner in node.body.body:
        if isinstance(inner, cst.FunctionDef):
            note_default(frame, inner)


def _bound(body: Sequence[cst.CSTNode]) -> Iterator[tuple[str, cst.Call]]:
    """The names that the lines of a block bind to what calls give."""
    lines = (line for line in body if isinstance(line, cst.SimpleStatementLine))
    for small in (small for line in lines for small in line.body):
        match small:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call() as value):
                yield name, value
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.Call() as value):
                yield name, value


def _opens(frame: Frame, node: cst.Call) -> bool:
    """Whether a call opens a session, tried on a copy of what is known."""
    state, opened = frame.state, dict(frame.opened)
    frame.state = state.copy()
    with frame.silent():
        value = frame.evaluate(node)
    frame.state, frame.opened = state, opened
    return isinstance(value, Session) and value.owner == "function" and not value.registry


def tell_kept(frame: Frame, ends: Sequence[State]) -> None:
    """At the end of a module tell of the sessions that it keeps open in its names, and that others use."""
    if not frame.info.module_body or not frame.ask(EventAsked("SessionKept")):
        return
    for key, session in frame.opened.items():
        lives = frozenset[str]().union(*(state.lives.get(key, frozenset()) for state in ends))
        name = frame.opened_as.get(key, "")
        held = any(state.names.get(name) == session for state in ends)
        if held and session.opened is not None and lives.isdisjoint((CLOSED, GONE)):
            user = frame.ask(SharedBy(frame.info.module, name))
            if user:
                frame.sink(SessionKept(session.opened, None, "module", name, user))
    for name, call in _bound(frame.slice.module.body):
        made = [state.names.get(name) for state in ends]
        if made and isinstance(made[0], Object) and all(value == made[0] for value in made):
            _tell_single(frame, name, made[0].cls, call)


def _tell_single(frame: Frame, name: str, cls: str, call: cst.Call) -> None:
    """Tell of a session that the one object of a class keeps, which a module makes for others."""
    attribute = frame.ask(OpenedBy(cls))
    user = frame.ask(SharedBy(frame.info.module, name)) if attribute else ""
    if user and not frame.ask(ClosedUnder(attribute)):
        frame.sink(SessionKept(frame.place(call), None, "module", f"{name}.{attribute}", user))


def note_kept(frame: Frame, target: cst.BaseExpression, value: Value, source: object) -> None:
    """Tell of a session that a function opens into a variable of its module, or into its class, to keep it there."""
    if not isinstance(value, Session) or value.key not in frame.opened or not isinstance(source, cst.Call):
        return
    match target:
        case cst.Name(value=name) if name in frame.globals:
            kind, user = "module", f"`{frame.info.name}()`"
            if not frame.ask(SharedBy(frame.info.module, name)) and frame.ask(RunsFor(frame.info.id)) != "request":
                return
        case cst.Attribute(value=owner, attr=cst.Name(value=name)) if path_of(owner).split(".")[0] == "cls":
            if frame.info.name in ("setUpClass", "setup_class"):
                return  # a test's own, for as long as its class runs
            kind, user = "class", frame.info.id.rpartition(":")[2].partition(".")[0]
        case _:
            return
    if frame.emitting and frame.ask(EventAsked("SessionKept")) and not frame.ask(ClosedUnder(name)):
        frame.emit(SessionKept(frame.place(source), None, kind, name, user))


def tell_registries(frame: Frame, ends: Sequence[State]) -> None:
    """At the end of a module tell of the registries in its names that keep a session for each thread, or task."""
    if not frame.info.module_body or not frame.ask(EventAsked("RegistryMade")):
        return
    for name, call in _bound(frame.slice.module.body):
        kinds = {_kind_of_registry(state.names.get(name)) for state in ends}
        tasks = kinds == {"async"} and _TASK in frame.text(call, 200)
        if tasks or kinds == {"sync"} and not _has_scope(call):
            users = frame.ask(UsersOf(frame.info.module, name))
            frame.sink(RegistryMade(frame.place(call), None, name, users, tasks))


_TASK = "current_task"


def _kind_of_registry(value: Value | None) -> str:
    """Whether a registry that is made here has synchronous sessions or others; empty for anything else."""
    made = isinstance(value, Session) and value.registry and value.key.startswith("site:")
    return value.kind if made and isinstance(value, Session) else ""


def _has_scope(call: cst.Call) -> bool:
    """Whether a registry is told what its sessions belong to; one that is made of another call says it there."""
    named = any(item.keyword is not None and item.keyword.value == "scopefunc" for item in call.args)
    return named or sum(item.keyword is None for item in call.args) > 1
