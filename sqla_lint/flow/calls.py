"""Calls: dispatch on what is called."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import takewhile

import libcst as cst

from sqla_lint.flow import constructs
from sqla_lint.flow.applying import apply, apply_summary
from sqla_lint.flow.comprehensions import call_lambda, each_row, over_each
from sqla_lint.flow.containers import collection_method, item_at, note_injected
from sqla_lint.flow.core import from_core, from_transaction
from sqla_lint.flow.engines import gives_connection, rebind
from sqla_lint.flow.externals import external, unseen_call
from sqla_lint.flow.fielded import kept_sessions, row_method, without
from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.generics import made_of
from sqla_lint.flow.guesses import dynamic
from sqla_lint.flow.handing import completed, ran, turned
from sqla_lint.flow.keys import note_constructed
from sqla_lint.flow.lattice import join
from sqla_lint.flow.lending import note_late
from sqla_lint.flow.lost import note_made
from sqla_lint.flow.managers import enter
from sqla_lint.flow.migrations import operate
from sqla_lint.flow.operations import Batch
from sqla_lint.flow.options import chained
from sqla_lint.flow.queries import held, statement_method
from sqla_lint.flow.questions import MappingOf
from sqla_lint.flow.reaching import Adapter, Getter, Partial, Turned
from sqla_lint.flow.replacing import note_changed
from sqla_lint.flow.results import result_method
from sqla_lint.flow.schemas import construct as construct_schema
from sqla_lint.flow.schemas import dumper, use, validate
from sqla_lint.flow.sessions import give_away, session_method
from sqla_lint.flow.state import GONE
from sqla_lint.flow.telling import called
from sqla_lint.flow.unwritten import make, may_write
from sqla_lint.flow.uses import note_rows
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Coroutine,
    Criterion,
    Dumper,
    External,
    Factory,
    FunctionValue,
    Instance,
    LocalFunction,
    Manager,
    MappedAttribute,
    Mapping,
    Method,
    Object,
    OneOf,
    Option,
    Reflection,
    Result,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.flow.wanting import note_method, note_object
from sqla_lint.knowledge.coroutines import RESULT_COROUTINES
from sqla_lint.knowledge.reflection import HASHED, METHODS, SORTED
from sqla_lint.knowledge.statements import COMPARING, PASSED_ON, TAKING


def call(frame: Frame, callee: Value, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What calling `callee` gives; its effects on the state on the way."""
    match callee:
        case Method():
            return _method(frame, callee, arguments, node)
        case SessionFactory():
            return _open(frame, callee, arguments, node)
        case Session(registry=True):
            return _of_registry(frame, callee, node)
        case Session(guessed=True):
            unseen_call(frame, arguments, node)
            return made(frame, callee, node)  # what was called a session is a factory of them
        case Factory(result=result):
            unseen_call(frame, arguments, node)
            return made(frame, result, node)
        case Object():
            method = frame.read(callee, "__call__", node)
            return (
                call(frame, method, arguments, node)
                if isinstance(method, FunctionValue)
                else unseen_call(frame, arguments, node)
            )
        case ClassValue():
            return _instantiate(frame, callee, arguments, node)
        case FunctionValue():
            return apply(frame, callee, arguments, node)
        case LocalFunction():
            return apply_local(frame, callee, arguments, node)
        case Partial(function=function):
            return call(frame, function, completed(callee, arguments, node), node)
        case Turned():
            unseen_call(frame, arguments, node)
            return turned(frame, callee, arguments, node)
        case Getter():
            return _got(frame, callee, arguments.first(), node)
        case External():
            return external(frame, callee, arguments, node)
        case Symbol(path=(_, *_, name)) if name in PASSED_ON:
            return replace(callee, path=callee.path[:-1], shaped=True)  # a statement of the caller's
        case Symbol(path=(_, *_, _, "all")) if (rows := dynamic(frame, callee, node)) is not None:
            return call(frame, Method(rows, "all"), arguments, node)
        case OneOf(values=values) if all(isinstance(item, SessionFactory | ClassValue) for item in values):
            return call(frame, values[0], arguments, node)
        case Symbol(path=(_,)):
            _inject(frame, arguments, node)
        case Symbol():
            note_method(frame, callee)
    may_write(frame, node)
    return unseen_call(frame, arguments, node)


def _inject(frame: Frame, arguments: Arguments, node: cst.CSTNode) -> None:
    """Tell which sessions a function that was handed in is called with."""
    plain = takewhile(lambda item: not item.star, node.args) if isinstance(node, cst.Call) else ()
    first = arguments.positional[: len(tuple(plain))]
    given: list[tuple[str | int, Value]] = [
        *((at, value) for at, value in enumerate(first) if not _is_passed_on(value)),
        *arguments.keywords.items(),
    ]
    note_injected(frame, given, node)


def _is_passed_on(value: Value) -> bool:
    """Whether a session is the caller's, who then gives it to what is decorated as well."""
    return isinstance(value, Session) and value.owner == "caller"


def made(frame: Frame, value: Value, node: cst.CSTNode) -> Value:
    """What a factory known by its annotation gives: a session of unknown keeping, or one that its block closes."""
    match value:
        case Session():
            if value.key.startswith("named:") and not value.guessed:  # kept somewhere
                return replace(value, key=f"named:{frame.info.id}:{value.key.removeprefix('named:')}")
            return replace(value, key=frame.site(node), owner="unknown")
        case Manager(entered=Session() as session):
            return replace(value, entered=replace(session, key=frame.site(node), owner="manager"))
    return value


def _got(frame: Frame, getter: Getter, value: Value, node: cst.CSTNode) -> Value:
    """What an `attrgetter` or `itemgetter` takes out of a value."""
    found: list[Value] = []
    for name in getter.names:
        if getter.items:
            found.append(item_at(value, Constant(name)))
        else:
            found.append(reduce(lambda held, part: frame.read(held, part, node), str(name).split("."), value))
    return found[0] if len(found) == 1 else TupleValue(tuple(found))


def apply_local(frame: Frame, callee: LocalFunction, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Call a function defined in this one, or a lambda."""
    written = frame.local_functions.get(callee.name)
    if isinstance(written, cst.Lambda):
        if callee.name in frame.calling:
            return UNKNOWN
        outer, frame.calling = frame.calling, frame.calling | {callee.name}
        value = call_lambda(frame, written, arguments)
        frame.calling = outer
        return value
    found = frame.summarise_local(callee.name, arguments)
    if found is None:
        return unseen_call(frame, arguments, node)
    info, summary, binding = found
    return apply_summary(frame, info, summary, binding, arguments, node)


def _method(frame: Frame, method: Method, arguments: Arguments, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.Call)
    receiver, name = method.receiver, method.name
    if isinstance(receiver, Statement | Result):
        note_rows(frame, receiver, name, node)
    match receiver:
        case Session() if name in ("__enter__", "__aenter__"):
            return receiver
        case ClassValue(id=cls):
            unseen_call(frame, arguments, node)
            validate(frame, cls, arguments, node)
            return UNKNOWN
        case Session():
            note_object(frame, name, arguments.first())
            given = session_method(frame, receiver, name, arguments, node)
            return ran(frame, receiver, arguments, node, given) if name == "run_sync" else given
        case OneOf(values=values):
            real = [item for item in values if item != Constant(None)]
            return reduce(join, (call(frame, frame.read(item, name, node), arguments, node) for item in real))
        case Statement():
            return statement_method(frame, receiver, name, arguments, node)
        case Result():
            if name in TAKING:
                note_late(frame, receiver, node)
            given = result_method(receiver, name, arguments)
            if name == "unique" and node is frame.bare and isinstance(node.func, cst.Attribute):
                frame.state.names[path_of(node.func.value)] = given  # it changes the Result itself
            waits = receiver.streamed and name in RESULT_COROUTINES
            return Coroutine(given, f"AsyncResult.{name}") if waits else given
        case Collection() | Mapping():
            return _container_method(frame, receiver, name, arguments, node)
        case Option():
            return _chained(frame, receiver, name, arguments, node)
        case MappedAttribute():
            return receiver if name in ("of_type", "and_", "any", "has") else _compared(name)
        case SessionFactory():
            return _factory_method(frame, receiver, name, arguments, node)
        case Batch():
            return operate(frame, receiver, name, arguments, node)
        case Manager():
            return _manager_method(frame, receiver, name, arguments, node)
        case Adapter() | Dumper():
            unseen_call(frame, arguments, node)
            use(frame, receiver, name, arguments, node)
            return UNKNOWN
        case TupleValue() | Object():
            return row_method(receiver, name, arguments)
        case Reflection(subject=subject):
            return Reflection(subject, METHODS[name])
        case External():
            given = external(frame, External(f"{receiver.dotted}.{name}", True), arguments, node)
            return from_core(frame, receiver, name, given)
    may_write(frame, node)
    return unseen_call(frame, arguments, node)


def _factory_method(frame: Frame, receiver: SessionFactory, name: str, arguments: Arguments, node: cst.Call) -> Value:
    if name == "begin":
        opened = constructs.open_session(receiver, arguments, frame.site(node))
        opened = replace(opened, owner="manager", opened=frame.place(node))
        return Manager(opened, ended=frozenset({"commit", "close"}), begins="begin")
    if name == "configure" and gives_connection(frame, node):
        rebind(frame, node, replace(receiver, pooled=False))
        return UNKNOWN
    may_write(frame, node)
    return unseen_call(frame, arguments, node)


def _compared(name: str) -> Value:
    """What a method of a column gives."""
    return Criterion(name) if name in COMPARING else UNKNOWN


def _chained(frame: Frame, option: Option, name: str, arguments: Arguments, node: cst.Call) -> Value:
    """Another step of an option; one that is dropped is kept all the same before 2.0, so that it is in doubt."""
    changed = chained(option, name, arguments)
    if node is frame.bare and isinstance(changed, Option):
        start: cst.BaseExpression = node
        while isinstance(start, cst.Call) and isinstance(start.func, cst.Attribute):
            start = start.func.value
        held = frame.state.names.get(path_of(start))
        if isinstance(held, Option):
            frame.state.names[path_of(start)] = replace(held, tree=changed.tree)
    return changed


def _container_method(
    frame: Frame, receiver: Collection | Mapping, name: str, arguments: Arguments, node: cst.Call
) -> Value:
    key = arguments.keywords.get("key")
    if name == "sort" and key is not None and isinstance(node.func, cst.Attribute):
        over_each(frame, key, (receiver, node.func.value), node)
    if name == "sort" and key is None and isinstance(node.func, cst.Attribute):
        each_row(frame, SORTED, (receiver, node.func.value), node)
    elif name == "add" and arguments.positional:
        called(frame, arguments.positional[0], HASHED, node)
    note_changed(frame, receiver, name, arguments, node)
    return collection_method(frame, receiver, name, arguments, node)


def _manager_method(frame: Frame, receiver: Manager, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """An `ExitStack`, or a manager entered by hand: what it is given is closed by it."""
    if name in ("__enter__", "__aenter__"):
        return receiver.entered
    if name not in ("enter_context", "enter_async_context"):
        return from_transaction(receiver, name, unseen_call(frame, arguments, node))
    entered = enter(frame, arguments.first(), node).entered
    if not isinstance(entered, Session):
        return entered
    give_away(frame, entered)
    return replace(entered, owner="manager") if entered.owner == "function" else entered


def _open(frame: Frame, factory: SessionFactory, arguments: Arguments, node: cst.CSTNode) -> Value:
    session = constructs.open_session(factory, arguments, frame.site(node))
    if factory.registry:
        return session
    session = replace(session, opened=frame.place(node))
    bound = session.bound_to_connection or frame.gets_connection((*arguments.nodes, *arguments.keyword_nodes.values()))
    session = replace(session, bound_to_connection=bound)
    frame.open(session)
    return session


def _of_registry(frame: Frame, registry: Session, node: cst.CSTNode) -> Session:
    """The session that a registry keeps: its own affair, unless nobody but this call of the function knows it."""
    if GONE in frame.state.lives.get(registry.key, {GONE}):
        return registry
    if registry.key not in frame.opened:
        frame.open(replace(registry, owner="function", registry=False, opened=frame.place(node)))
    return frame.opened[registry.key]


def _instantiate(frame: Frame, callee: ClassValue, arguments: Arguments, node: cst.CSTNode) -> Value:
    info = frame.ask(MappingOf(callee.id))
    if info is not None and info.mapped:
        nodes = arguments.keyword_nodes
        values = tuple((name, held(frame, value, nodes[name])) for name, value in arguments.keywords.items())
        frame.may_raise()
        frame.works_on_batch()
        free = frozenset(arguments.keywords)
        made = Instance(callee.id, new=True, identity=frame.number(node), values=values, free=free)
        note_made(frame, made, arguments, node)
        note_constructed(frame, made, arguments, node)
        return make(frame, made, arguments)
    new = made_of(frame, callee, arguments)
    unseen_call(frame, without(arguments, kept_sessions(frame, new)), node)
    construct_schema(frame, callee.id, arguments, node)
    return dumper(frame.ask, callee.id, arguments) or new
