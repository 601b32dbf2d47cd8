"""Parameters that nothing tells the class of, and whose class decides what the function does: callers may know it."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.questions import MayLoad, Question
from sqla_lint.flow.values import Symbol, Value
from sqla_lint.knowledge.sessions import REFUSING


@dataclass(frozen=True, slots=True)
class MayAct(Question[bool]):
    """Whether a method of that name, of some class, may do something to a session."""

    name: str


def want_class(frame: Frame, value: Value) -> None:
    """What is done with a value depends on its class: where it is a parameter, or what one leads to, callers know."""
    if isinstance(value, Symbol):
        frame.outcome.wants.add(value.path[0])


def note_object(frame: Frame, name: str, value: Value) -> None:
    """A method of a session is called, with an object."""
    if name in REFUSING:
        want_class(frame, value)


def note_method(frame: Frame, method: Symbol) -> None:
    """A method of a parameter is called, or of what it leads to."""
    steps = method.path[1:]
    asked = (MayAct(steps[-1]), *map(MayLoad, steps)) if steps else ()
    if any(frame.ask(question) for question in asked):
        want_class(frame, method)
