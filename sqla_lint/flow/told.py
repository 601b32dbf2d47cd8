"""What an annotation or a cast tells of a value of this function, where it knows better than what was followed."""

from __future__ import annotations

from dataclasses import replace

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import doubtful, informed
from sqla_lint.flow.questions import AnnotationMeans
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Constant,
    Instance,
    Mapping,
    Object,
    Producer,
    Session,
    Symbol,
    Value,
    derived,
)


def cast(frame: Frame, arguments: Arguments) -> Value:
    """`cast(Session, value)`: what the type tells, unless more is known of the value."""
    type_, given = arguments.nodes[0], arguments.positional[1]
    told = frame.ask(AnnotationMeans(frame.info.module, frame.slice.text(type_), of_parameter=True))
    return described(given, told, frame.text(arguments.nodes[1]))


def described(value: Value, told: Value, text: str) -> Value:
    """`value` as it is described: of rows that are handed in, callers know what is loaded; a session is someone's."""
    if told == UNKNOWN:
        return value
    if isinstance(told, Session) and not told.key:
        told = replace(told, key=f"named:{text}", owner="registry" if told.registry else "unknown")
    match value:
        case Symbol():
            return handed(value, told)
        case Session(guessed=True):
            return told
        case Constant(value=None):
            return doubtful(told)
        case Collection(limit=0) | Mapping():
            return value  # filled from here on
    return informed(value, doubtful(told))


def handed(value: Symbol, told: Value) -> Value:
    """What a parameter, or what is reached from it, is once its type is told."""
    root = Producer(False, root=value.path)
    match told:
        case Instance():
            return replace(told, producer=root, rows=value.rows, identity=derived(1, ".".join(value.path)))
        case Collection(element=Instance() as element):
            return replace(told, element=replace(element, producer=root), producer=root)
        case Object():
            return replace(told, root=value.path)
    return told
