"""What is known of a mapped column: the form in which a class tells of it."""

from __future__ import annotations

from typing import NamedTuple


class Default(NamedTuple):
    """What a column gets that the program leaves out.

    kind: "constant"; "mutable", a list or dict that all rows share; "callable"; "called", worked out once, when the
    class is; "sql", of an expression or a sequence; "unknown". text: the callable as written, where it has a name.
    """

    kind: str
    text: str = ""
    value: str | int | float | bool | None = None


class ForeignKey(NamedTuple):
    """A foreign key of one column: the "table.column" (or "Class.column") that it points to, as written.

    cls: the mapped class whose table that is, "" where it is not at hand. attribute: the column there, as its class
    names it. deferred: the database looks at it at the end of the transaction.
    """

    target: str
    cls: str = ""
    attribute: str = ""
    ondelete: str = ""
    deferred: bool = False


# Kinds of `onupdate` that the database works out: an UPDATE leaves them to be fetched.
WORKED_OUT = frozenset({"server", "sql"})


class Column(NamedTuple):
    """A mapped column, by the name of its attribute.

    owner: the class that declares it, which may be a mixin. column: its name in the table. kind: "column",
    "expression" (a `column_property` that computes), "query_expression", "synonym" or "composite". type: that of
    SQLAlchemy, by name; "" for one of the project's own or an unknown one. tracked: changes within its value are
    noticed, as those of a `MutableDict` are; shallow: but not within what that holds. at_once: the constructor sets the
    default, not the flush. server_default: the database has a value for it, as of a computed or an identity column.
    onupdate: the kind of default that an UPDATE gives it, "server" where the database does. autoincrement: "yes" or
    "no" where that is said. generated: "database" or "python", whichever gives a primary key its value where the
    program gives none.
    """

    name: str
    owner: str
    column: str
    kind: str = "column"
    type: str = ""
    tracked: bool = False
    deferred: bool = False
    group: str = ""
    nullable: bool = True
    primary_key: bool = False
    unique: bool = False
    default: Default | None = None
    at_once: bool = False
    server_default: bool = False
    onupdate: str = ""
    autoincrement: str = ""
    generated: str = ""
    foreign_keys: tuple[ForeignKey, ...] = ()
    shallow: bool = False

    @property
    def required(self) -> bool:
        """Whether an INSERT fails unless the program gives it a value."""
        given = self.default is not None or self.server_default or bool(self.generated)
        return self.kind == "column" and not self.nullable and not given
