"""add-not-null-without-server-default: rows that exist have nothing to put into the new column."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Operated
from sqla_lint.rule import Rule

rule = Rule(
    name="add-not-null-without-server-default",
    code="ORM601",
    since="0.1",
    message="the rows of {table} get nothing for the new NOT NULL column `{column}`",
    severity=Severity.ERROR,
)


@rule.on_operation("add_column", down=False)
def check(step: Operated, context: Context) -> Iterator[Diagnostic]:
    """Report a column that is added NOT NULL to a table that may have rows; a downgrade restores values."""
    column = step.column
    if column is None or not column.required or column.filled:
        return
    if step.is_new(step.table) or step.emptied(step.table):
        return  # a table without rows takes the column
    if context.databases and context.databases <= {"mariadb", "mysql"}:
        return  # what is claimed here was shown on PostgreSQL and SQLite
    fix = Fix("give it a `server_default`, or add it as nullable, fill it, and make it NOT NULL then")
    yield rule.at(step.place.span, fix=fix, table=step.named, column=column.name)
