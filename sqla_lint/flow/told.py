"""What an annotation tells of a value of this function, where it knows better than what was followed."""

from __future__ import annotations

from dataclasses import replace

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.questions import AnnotationMeans
from sqla_lint.flow.values import UNKNOWN, Session, Symbol, Value


def cast(frame: Frame, arguments: Arguments) -> Value:
    """`cast(Session, value)`: what the type tells, unless more is known of the value."""
    type_, given = arguments.nodes[0], arguments.positional[1]
    told = frame.ask(AnnotationMeans(frame.info.module, frame.slice.text(type_), of_parameter=True))
    return described(told, frame.text(arguments.nodes[1])) if is_vague(given) and told != UNKNOWN else given


def is_vague(value: Value) -> bool:
    """Whether an annotation knows better than what is known of the value."""
    return value == UNKNOWN or isinstance(value, Symbol) or isinstance(value, Session) and value.guessed


def described(value: Value, text: str) -> Value:
    """What an annotation says of a local value: a session is someone's, nobody knows whose."""
    if isinstance(value, Session) and not value.key:
        return replace(value, key=f"named:{text}", owner="registry" if value.registry else "unknown")
    return value
