"""What a call of a function of the project gives its caller: values in the caller's terms, and who owns them."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import doubtful, informed
from sqla_lint.flow.loaded import change_in
from sqla_lint.flow.queries import criteria_of
from sqla_lint.flow.questions import FunctionInfo, Summary, WorksOnSession
from sqla_lint.flow.sharing import used_by
from sqla_lint.flow.substitution import Binding, substitute
from sqla_lint.flow.unwritten import given_back
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Coroutine,
    Instance,
    Manager,
    Mapping,
    OneOf,
    Result,
    Session,
    TupleValue,
    Value,
)
from sqla_lint.flow.working import Working


def result_of(
    frame: Frame, info: FunctionInfo, summary: Summary, binding: Binding, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """What a call gives its caller, who has it from here on."""
    returned = substitute(frame, summary.returns, binding, node)
    returned = informed(returned, doubtful(info.returns))
    returned = given_back(frame, info, arguments, returned)
    returned = _asked_with(frame, returned, arguments)
    if isinstance(returned, Session) and not returned.key:
        returned = replace(returned, key=f"named:{frame.text(node)}")
    if isinstance(returned, Manager):
        returned = _own_block(frame, returned, node)
    yielded = None if summary.yields is None else substitute(frame, summary.yields, binding, node)
    told = _yielded_by_annotation(doubtful(info.returns))
    if info.wraps == "contextmanager" and (yielded == UNKNOWN or _is_session(told) and not _is_known_session(yielded)):
        yielded = told  # an annotation knows better than a body that could not be followed
    frame.state.loaded |= classes_of_rows(returned)
    if info.wraps.startswith("cached") and isinstance(returned, Session) and returned.owner == "function":
        returned = replace(returned, owner="unknown")  # every call gives the same one
    elif info.wraps != "contextmanager" and not info.is_generator:
        _adopt(frame, returned, node)
    given = wrapped(frame, info, returned, yielded, node)
    if isinstance(given, Coroutine):
        return Working(given.result, given.call, used_by(frame, info, summary, binding, arguments))
    if isinstance(given, Manager) and info.wraps == "contextmanager":
        begins = next((kind for kind in ("nested", "begin") if kind in summary.ended), "")
        return replace(given, ended=summary.ended, begins=begins)
    return given


def _asked_with(frame: Frame, value: Value, arguments: Arguments) -> Value:
    """Rows that a function gives for criteria that it is given: what is compared there holds for all of them."""
    written = (*arguments.nodes, *arguments.keyword_nodes.values())
    parts = [part for node in written for part in (_parts(node) if isinstance(node, cst.List | cst.Tuple) else (node,))]
    compared = tuple(part for part in parts if isinstance(part, cst.Comparison))
    criteria = criteria_of(frame, Arguments(nodes=compared)) if compared else ()
    if not criteria:
        return value
    return change_in(value, lambda row: replace(row, values=tuple(dict.fromkeys((*row.values, *criteria)))))


def _parts(node: cst.List | cst.Tuple) -> list[cst.BaseExpression]:
    return [item.value for item in node.elements]


def _own_block(frame: Frame, manager: Manager, node: cst.CSTNode) -> Manager:
    """A context manager that a function gives: the session of its block is opened for it."""
    match manager.entered:
        case Session(key="") as session:
            return replace(manager, entered=replace(session, key=frame.site(node), owner="manager"))
    return manager


def _yielded_by_annotation(value: Value) -> Value:
    return value.element if isinstance(value, Collection) else UNKNOWN


def classes_of_rows(value: Value) -> frozenset[str]:
    """The classes whose rows a callee has queried and given back: the session holds them."""
    match value:
        case Collection(element=row) | Result(element=row) | Mapping(value=row):
            items = row.items if isinstance(row, TupleValue) else (row,)
            return frozenset(
                item.cls for item in items if isinstance(item, Instance) and item.producer and item.producer.seen
            )
    return frozenset()


def _is_session(value: Value | None) -> bool:
    if isinstance(value, OneOf):
        return any(isinstance(item, Session) for item in value.values)
    return isinstance(value, Session)


def _is_known_session(value: Value | None) -> bool:
    return _is_session(value) and not (isinstance(value, Session) and value.guessed)


def _adopt(frame: Frame, value: Value, node: cst.CSTNode) -> None:
    """A session that the callee opened and handed over is the caller's to close."""
    for item in value.items if isinstance(value, TupleValue) else (value,):
        if isinstance(item, Session) and item.owner == "function" and item.key == frame.site(node):
            frame.open(replace(item, opened=frame.place(node)))


def wrapped(frame: Frame, info: FunctionInfo, returned: Value, yielded: Value | None, node: cst.CSTNode) -> Value:
    """What the call expression gives: a context manager, a generator, a coroutine or the value."""
    if info.wraps == "contextmanager":
        entered = yielded if yielded is not None else _yielded_by_annotation(returned)
        if isinstance(entered, Session):
            # One that only an annotation tells of is opened by the manager itself.
            key = entered.key or frame.site(node)
            owner = "manager" if key.startswith("site:") else entered.owner
            entered = replace(entered, key=key, owner=owner)
        return Manager(entered)
    if info.is_generator:
        return Collection(_lent(yielded) if yielded is not None else UNKNOWN)
    if not info.is_async:
        return returned
    surely = not info.decorated and yielded is None and frame.ask(WorksOnSession(info.id))
    return Coroutine(returned, info.name if surely else "")


def _lent(value: Value) -> Value:
    """What a generator yields: a session of its own it closes itself."""
    return replace(value, owner="manager") if isinstance(value, Session) and value.owner == "function" else value
