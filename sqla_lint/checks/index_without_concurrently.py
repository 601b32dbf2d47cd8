"""index-without-concurrently: PostgreSQL lets nobody write to a table while an index of it is built."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Operated
from sqla_lint.rule import Rule

rule = Rule(
    name="index-without-concurrently",
    code="ORM604",
    since="0.1",
    message="writers of {table} wait until this index is built and the migration commits",
    severity=Severity.ADVICE,
    default=False,
)


@rule.on_operation("create_index", down=False)
def check(step: Operated, context: Context) -> Iterator[Diagnostic]:
    """Report an index that a revision builds on a table that was there before, in projects on PostgreSQL."""
    if "postgresql_concurrently" in step.keywords or step.spread:
        return
    if step.is_new(step.table) or context.databases.isdisjoint({"postgresql", "postgres"}):
        return
    fix = Fix("`postgresql_concurrently=True`, inside `with op.get_context().autocommit_block():`")
    yield rule.at(step.place.span, fix=fix, table=step.named)
