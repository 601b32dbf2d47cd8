"""The event of a handler that catches what fails in a session."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.events import Event, Loop
from sqla_lint.flow.passing import Step
from sqla_lint.flow.places import Place
from sqla_lint.knowledge.exceptions import catches_anything

_BY_NAME = ("flush", "commit")
_FLUSHING = (*_BY_NAME, "autoflush")


@dataclass(frozen=True, slots=True)
class Caught(Event):
    """A handler of a `try` in whose body something is done to a session, told when the function ends.

    session: its key. catches: the dotted names of the classes, empty for a bare `except`; others: those of the other
    handlers. steps: what is done that no block within the `try` contains. swallows: it does not always raise.
    rolled_back: the handler rolls the session back. used: where the session sends something after its flush failed and
    before anything rolled it back or closed it. loop: the innermost around that does not open the session; repeats:
    another turn can follow a rollback in the handler. opaque: the body calls what nobody knows.
    within: a `with` around the `try` ends the session's transaction.
    """

    session: str = ""
    catches: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    swallows: bool = False
    rolled_back: bool = False
    used: Place | None = None
    loop: Loop | None = None
    repeats: bool = False
    opaque: bool = False
    within: bool = False

    @property
    def flushed(self) -> Step | None:
        """The first step that may fail to flush: an obvious one where the handler catches whatever goes wrong."""
        if any(map(catches_anything, self.catches)):
            return next((step for step in self.steps if step.op in _BY_NAME and not step.callee), None)
        return next((step for step in self.steps if step.op in _FLUSHING), None)
