"""Events of what runs at a time: sessions that several tasks or threads work with, and event loops that stand still."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.events import Event, Loop
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import FunctionInfo
from sqla_lint.flow.values import Session


@dataclass(frozen=True, slots=True)
class Shared(Event):
    """A session is used by several tasks or threads at a time, or by one and by the function that has started it.

    by: "tasks" or "threads". how: "together" (one call starts them), "turns" (each turn of `loop` starts one),
    "another" or "meanwhile", where `other` is the second task, or the function's own use. name: the session as written.
    text: what starts them, as written.
    """

    by: str = ""
    how: str = ""
    session: Session = field(default_factory=lambda: Session(""))
    name: str = ""
    text: str = ""
    other: Place | None = None
    loop: Loop | None = None


@dataclass(frozen=True, slots=True)
class Blocked(Event):
    """The first statement that a coroutine function sends through a synchronous session.

    text: what is called, as written. function: the coroutine function.
    """

    session: Session = field(default_factory=lambda: Session(""))
    text: str = ""
    function: FunctionInfo | None = None
