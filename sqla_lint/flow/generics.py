"""Generic classes of the project: subscripting them, and making objects of them."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.fielded import filled
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.given import bind
from sqla_lint.flow.questions import AnnotationMeans, AttributeMeans, MappingOf, SignatureOf
from sqla_lint.flow.values import Bindings, ClassValue, FunctionValue, Object, Value


def subscripted(frame: Frame, cls: ClassValue, node: cst.Subscript) -> Value:
    """`Repository[Order]`: the class, its type variables bound."""
    told = frame.ask(AnnotationMeans(frame.info.module, frame.slice.text(node)))
    return replace(cls, bound=told.bound) if isinstance(told, Object) and told.cls == cls.id else cls


def made_of(frame: Frame, cls: ClassValue, arguments: Arguments) -> Object:
    """An object of a class, bound by its subscript and by the mapped classes that its constructor is given."""
    given = _given(frame, cls, arguments) if any(isinstance(item, ClassValue) for item in arguments.all()) else ()
    return filled(frame, Object(cls.id, bound=(*cls.bound, *given)), arguments)


def _given(frame: Frame, cls: ClassValue, arguments: Arguments) -> Bindings:
    constructor = frame.ask(AttributeMeans(cls.id, "__init__", bound=cls.bound))
    info = frame.ask(SignatureOf(constructor.id)) if isinstance(constructor, FunctionValue) else None
    if info is None or arguments.spread:
        return ()
    binding = bind(info, Object(cls.id), arguments)
    return tuple(
        (f"{info.name}.{name}", value.id)
        for name, value in sorted(binding.items(), key=lambda item: item[0])
        if isinstance(value, ClassValue) and (mapping := frame.ask(MappingOf(value.id))) is not None and mapping.mapped
    )
