"""Events of statements: how they are sent, what comes of their rows, and conditions that ask for their truth."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.events import Event
from sqla_lint.flow.places import Place
from sqla_lint.flow.steps import Step
from sqla_lint.flow.values import UNKNOWN, Statement, Value


@dataclass(frozen=True, slots=True)
class RowsUsed(Event):
    """All rows of a statement are loaded, or counted, and no more comes of it than this.

    how: "count", "exists" (whether there are any) or "first". name: the method, or builtin, that loads, or counts.
    text: the call as written. use: where the rows are used, if they are bound to a name before.
    """

    how: str = ""
    name: str = ""
    statement: Statement = field(default_factory=lambda: Statement(""))
    text: str = ""
    use: Place | None = None

    @property
    def base(self) -> str:
        """What is gone through, or asked for all rows, as written."""
        listed = self.text.startswith(f"{self.name}(")
        return self.text[len(self.name) + 1 : -1] if listed else self.text.removesuffix(f".{self.name}()")


@dataclass(frozen=True, slots=True)
class RowsKept(Event):
    """All rows of a statement are loaded, and more comes of them than `RowsUsed` tells. text: the call as written."""

    statement: Statement = field(default_factory=lambda: Statement(""))
    text: str = ""


@dataclass(frozen=True, slots=True)
class TruthAsked(Event):
    """A condition asks whether a statement or a Result is true; text: it as written."""

    value: Value = UNKNOWN
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatementSent(Event):
    """A statement of rows is sent that was shaped in this function; name: the method that sends it, or "iteration"."""

    statement: Statement = field(default_factory=lambda: Statement(""))
    name: str = ""

    def made_here(self, step: Step) -> bool:
        """Whether a step was taken in the function that sends the statement."""
        return step.place is not None and step.place.slice is self.place.slice


@dataclass(frozen=True, slots=True)
class FromsJoined(Event):
    """A statement of rows is sent whose criteria were given in this function, and refer to mapped classes."""

    statement: Statement = field(default_factory=lambda: Statement(""))


@dataclass(frozen=True, slots=True)
class RowReturned(Event):
    """A function that says it returns entities returns rows of them, which it asked for; text: what it returns."""

    row: Value = UNKNOWN
    text: str = ""
