"""The values and the event that only migrations have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqla_lint.flow.events import Event
from sqla_lint.flow.questions import FunctionInfo
from sqla_lint.flow.values import Value
from sqla_lint.knowledge.migrations import WRITES


@dataclass(frozen=True, slots=True)
class Drafted(Value):
    """A column written down inside a function, as migrations do.

    required: it takes no NULL. filled: the database gives it a value in rows which exist. constrained: it is unique,
    or a foreign key.
    """

    name: str
    required: bool = False
    filled: bool = False
    constrained: bool = False


@dataclass(frozen=True, slots=True)
class Batch(Value):
    """What `op.batch_alter_table(table)` enters."""

    table: str


@dataclass(frozen=True, slots=True)
class Step:
    """A call in a revision: the last name of what is called, the texts among its arguments.

    helper: it is a function of the project. fills: it gives a `server_default`. empties: a table it deletes from.
    """

    name: str
    words: frozenset[str] = frozenset()
    helper: bool = False
    fills: bool = False
    empties: str = ""


@dataclass(frozen=True, slots=True)
class Operated(Event):
    """An operation of Alembic's `op`, or of a batch of it.

    operation: its name. table: "" where it is not written down. column: the `Column(...)` among the arguments.
    positional: the arguments but the table; keywords: those given by name; spread: `*` or `**` hides some.
    before: the calls that are written above it in its function. one_dialect: the function asks which database it
    works on. out_of_transaction: it leaves Alembic's transaction somewhere. text: of `execute`, the statement.
    """

    operation: str = ""
    table: str = ""
    column: Drafted | None = None
    positional: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    spread: bool = False
    batch: bool = False
    before: tuple[Step, ...] = ()
    one_dialect: bool = False
    out_of_transaction: bool = False
    text: str = ""
    function: FunctionInfo | None = None

    @property
    def going_down(self) -> bool:
        """Whether its function is the way back to the revision before."""
        return self.function is not None and self.function.name.startswith("downgrade")

    @property
    def named(self) -> str:
        """The table as a message calls it."""
        return f"`{self.table}`" if self.table else "the table"

    @property
    def writes(self) -> bool:
        """Whether something above may have written rows."""
        return any(step.helper or step.name in WRITES for step in self.before)

    def is_new(self, table: str) -> bool:
        """Whether the same function makes the table, so that it has no rows."""
        return any(step.name == "create_table" and table in step.words for step in self.before)

    def emptied(self, table: str) -> bool:
        """Whether something above may have removed the rows of the table."""
        if table and any(step.empties == table for step in self.before):
            return True
        return any(step.helper or any(_removes(word, table) for word in step.words) for step in self.before)

    def adds_empty(self, column: str) -> bool:
        """Whether a column of that name was added above, with nothing in it."""
        added = [step for step in self.before if step.name == "add_column" and column in step.words]
        return bool(added) and not any(step.fills for step in added)


@dataclass(frozen=True, slots=True)
class LeftBehind(Event):
    """A `downgrade` that does nothing; operations: what the `upgrade` beside it does to tables, by name."""

    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unflushed(Event):
    """Something that a revision puts into a session on its connection, or changes in it, and that is never flushed.

    what: as written; empty where the session has no connection at all, and is asked for something. name: its name.
    """

    what: str = ""
    name: str = ""


def _removes(text: str, table: str) -> bool:
    words = text.upper().split()
    return table in text and ("TRUNCATE" in words or "DELETE" in words)
