"""Functions and classes that are defined in the function under inspection."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.keeping import note_class, note_default
from sqla_lint.flow.lattice import doubtful, join
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import AnnotationMeans, Argument, FunctionInfo, KindByUse, MappingOf, SignatureOf
from sqla_lint.flow.state import State
from sqla_lint.flow.substitution import Binding, substitute
from sqla_lint.flow.values import UNKNOWN, ClassValue, Instance, LocalFunction, Object, Session, Value
from sqla_lint.knowledge.calls import MANAGERS
from sqla_lint.knowledge.concurrency import is_lock
from sqla_lint.knowledge.sessions import is_session_name


def define(frame: Frame, node: cst.FunctionDef) -> list[State]:
    """A nested function: walked after this body, with what it captured. Those of a module are roots themselves."""
    if frame.info.module_body:
        note_default(frame, node)
        return [frame.state]
    frame.local_functions[node.name.value] = node
    frame.inherited.pop(node.name.value, None)
    frame.state.bind(node.name.value, LocalFunction(node.name.value))
    return [frame.state]


def local_signature(frame: Frame, node: cst.FunctionDef) -> FunctionInfo:
    """The signature of a nested function."""
    parameters = []
    rest = (node.params.star_arg,) if isinstance(node.params.star_arg, cst.Param) else ()
    for item in (*node.params.posonly_params, *node.params.params, *rest, *node.params.kwonly_params):
        value: Value = UNKNOWN
        if item.annotation is not None:
            text = frame.slice.text(item.annotation.annotation)
            value = _of_local_class(frame, item.annotation.annotation) or frame.ask(
                AnnotationMeans(frame.info.module, text, of_parameter=True)
            )
        elif is_session_name(item.name.value) and frame.info.guesses:
            inner = f"{frame.info.id}.<locals>.{node.name.value}"
            value = Session("", frame.ask(KindByUse(inner, item.name.value)), "caller", guessed=True)
        kind = "args" if item.star == "*" else "plain"
        parameters.append(Argument(item.name.value, kind, value, _default(frame, item.default)))
    decorators = {frame.text(item.decorator).rpartition(".")[2] for item in node.decorators}
    manages = not decorators.isdisjoint(MANAGERS)
    return replace(
        frame.info,
        id=f"{frame.inherited.get(node.name.value, frame.info.id)}.<locals>.{node.name.value}",
        name=node.name.value,
        parameters=tuple(parameters),
        returns=UNKNOWN,
        is_async=node.asynchronous is not None,
        is_generator=not node.decorators and _yields(node),
        decorated=bool(node.decorators),
        wraps="contextmanager" if manages else "",
        owner="",
        binds="",
        locks=any(is_lock(path_of(item.item)) for item in nodes(node.body) if isinstance(item, cst.WithItem)),
    )


def _of_local_class(frame: Frame, node: cst.BaseExpression) -> Value | None:
    """What is annotated with a class that is defined beside the function."""
    named = frame.state.names.get(node.value) if isinstance(node, cst.Name) else None
    if not isinstance(named, ClassValue):
        return None
    info = frame.ask(MappingOf(named.id))
    return Instance(named.id) if info is not None and info.mapped else Object(named.id)


def _yields(node: cst.FunctionDef) -> bool:
    """Whether a function is a generator, by its own lines alone."""
    functions = (item for item in nodes(node.body) if isinstance(item, cst.FunctionDef | cst.Lambda))
    inner = {id(found) for item in functions for found in nodes(item)}
    return any(isinstance(found, cst.Yield) and id(found) not in inner for found in nodes(node.body))


def outer_names(node: cst.FunctionDef) -> frozenset[str]:
    """The names of functions around it that a function may bind anew."""
    found = (item for item in nodes(node) if isinstance(item, cst.Nonlocal))
    return frozenset(name.name.value for item in found for name in item.names)


def bind_outer(frame: Frame, node: cst.FunctionDef, ends: list[State], binding: Binding, place: cst.CSTNode) -> None:
    """A call of a nested function is over: what it has bound in the one around it."""
    for name in sorted(outer_names(node) & frame.state.names.keys()):
        left = [state.names[name] for state in ends if name in state.names]
        if left:
            frame.state.bind(name, substitute(frame, reduce(join, left), binding, place))


def _default(frame: Frame, node: cst.BaseExpression | None) -> Value:
    if not isinstance(node, cst.Name | cst.Attribute | cst.List | cst.Tuple):
        return UNKNOWN
    with frame.silent():
        return frame.evaluate(node)


def around(frame: Frame, name: str) -> Value:
    """What a method of a class that is defined in a function captures of the parameters of that function."""
    outer = frame.info.id.rpartition(".<locals>.")[0]
    info = frame.ask(SignatureOf(outer))
    value = next((item.value for item in info.parameters if item.name == name), UNKNOWN) if info else UNKNOWN
    if isinstance(value, Session):
        return replace(value, key=f"named:{outer}:{name}", owner="unknown")
    return doubtful(value)


def define_class(frame: Frame, node: cst.ClassDef) -> list[State]:
    """A local class: known where it is one of the project's, which those of a nested function are not."""
    if frame.info.module_body:
        note_class(frame, node)
        return [frame.state]
    id_ = f"{frame.info.id}.<locals>.{node.name.value}"
    frame.state.bind(node.name.value, ClassValue(id_) if frame.ask(MappingOf(id_)) is not None else UNKNOWN)
    return [frame.state]
