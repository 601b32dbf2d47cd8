"""alter-not-null-without-backfill: a column becomes NOT NULL while rows may still have NULL in it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Operated
from sqla_lint.flow.values import Constant
from sqla_lint.rule import Rule

rule = Rule(
    name="alter-not-null-without-backfill",
    code="ORM602",
    since="0.1",
    message="`{column}` of {table} becomes NOT NULL, and nothing has filled it since it was added",
    severity=Severity.ERROR,
)


@rule.on_operation("alter_column", down=False)
def check(step: Operated, context: Context) -> Iterator[Diagnostic]:
    """Report a column that this very revision adds empty and then forbids to be so."""
    if step.keywords.get("nullable") != Constant(False):
        return
    if step.keywords.get("server_default", Constant(None)) != Constant(None):
        return  # on some databases it fills, and on all it shows that the rows were thought of
    column = step.positional[0] if step.positional else step.keywords.get("column_name")
    if not isinstance(column, Constant) or not step.adds_empty(str(column.value)):
        return  # it was there before, and may hold no NULL
    if step.is_new(step.table) or step.writes:
        return  # a table without rows; or something wrote rows, this column perhaps among them
    fix = Fix("fill it between the two, with `op.execute(...)`, or add it with a `server_default`")
    yield rule.at(step.place.span, fix=fix, table=step.named, column=column.value)
