"""Rendering a template: it reads what its context is given, as a function would read its arguments."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sqla_lint.flow.applying import apply
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.questions import TemplateNamed
from sqla_lint.flow.reaching import Template
from sqla_lint.flow.values import Constant, FunctionValue, Mapping, Method, OneOf, Value
from sqla_lint.knowledge.rendering import GETTERS, METHODS, is_template, parameter, renders


def render(frame: Frame, callee: Value, arguments: Arguments, node: cst.Call) -> Template | None:
    """A call that renders a template reads what that reads; one that finds a template gives it."""
    match callee:
        case Method(receiver=Template(function=function), name=name) if name in METHODS:
            _apply(frame, function, arguments, node)
            return None
    name = _name(node.func)
    if not renders(name):
        return None
    for function in _named(frame, arguments):
        if name in GETTERS:
            return Template(function)
        _apply(frame, function, arguments, node)
    return None


def _name(node: cst.BaseExpression) -> str:
    match node:
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
    return ""


def _named(frame: Frame, arguments: Arguments) -> Iterator[str]:
    """The functions of the templates that a call names."""
    for value in arguments.all():
        for item in value.values if isinstance(value, OneOf) else (value,):
            if isinstance(item, Constant) and isinstance(item.value, str) and is_template(item.value):
                function = frame.ask(TemplateNamed(item.value, frame.info.path))
                if function:
                    yield function


def _apply(frame: Frame, function: str, arguments: Arguments, node: cst.Call) -> None:
    context = {parameter(name): value for name, value in _context(frame, arguments, node)}
    if context:
        dirty = frame.state.dirty
        apply(frame, FunctionValue(function), Arguments(keywords=context), node)
        frame.state.dirty = dirty


def _context(frame: Frame, arguments: Arguments, node: cst.Call) -> Iterator[tuple[str, Value]]:
    """The names that a template is given: in a dict, whole or spread, and by keyword."""
    for value in (*arguments.all(), *_spread(frame, node)):
        if isinstance(value, Mapping):
            yield from value.entries
    yield from arguments.keywords.items()


def _spread(frame: Frame, node: cst.Call) -> Iterator[Value]:
    """What `**context` spreads; it has been evaluated before."""
    with frame.silent():
        for item in node.args:
            if item.star == "**":
                yield frame.evaluate(item.value)
