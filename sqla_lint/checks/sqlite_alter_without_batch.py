"""sqlite-alter-without-batch: SQLite cannot alter what Alembic asks it to, unless the table is made anew."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Operated
from sqla_lint.knowledge.migrations import ALTERING, RENAMING
from sqla_lint.rule import Rule

rule = Rule(
    name="sqlite-alter-without-batch",
    code="ORM606",
    since="0.1",
    message="`{operation}` on {table} is nothing that SQLite can do outside a batch",
    severity=Severity.ERROR,
)


@rule.on_operation("add_column", *ALTERING, databases={"sqlite"})
def check(step: Operated, context: Context) -> Iterator[Diagnostic]:
    """Report a change outside `batch_alter_table` that SQLite has no statement for."""
    if step.batch or step.one_dialect:
        return  # it is in a batch, or the function asks for the database
    if step.operation == "add_column":
        if step.column is None or not step.column.constrained:
            return
    elif step.operation == "alter_column" and RENAMING.issuperset(step.keywords):
        return
    fix = Fix(f"alter it in a batch: `with op.batch_alter_table({step.table!r}) as batch:`")
    yield rule.at(step.place.span, fix=fix, operation=f"op.{step.operation}()", table=step.named)
