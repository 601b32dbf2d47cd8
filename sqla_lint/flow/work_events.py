"""Events of the unit of work: what it does not notice, and what it writes otherwise than the code reads."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.columns import Column
from sqla_lint.flow.events import Event
from sqla_lint.flow.values import UNKNOWN, Value


@dataclass(frozen=True, slots=True)
class ChangedInPlace(Event):
    """The value of a column is changed in place, and nothing in the function tells the session of it.

    row: the instance; text: the row as written. column: None never reaches a rule. changed: the value as written, an
    alias where that is what is changed. again: the attribute is then set to the object that it holds already.
    """

    row: Value = UNKNOWN
    text: str = ""
    column: Column | None = None
    changed: str = ""
