"""session-without-commit-in-migration: Alembic commits the connection, and knows nothing of the session on it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Unflushed
from sqla_lint.rule import Rule

rule = Rule(
    name="session-without-commit-in-migration",
    code="ORM608",
    since="0.1",
    message="`{what}` never reaches the database: nothing flushes `{name}`, and Alembic does not",
    severity=Severity.ERROR,
)


@rule.on(Unflushed)
def check(lost: Unflushed, context: Context) -> Iterator[Diagnostic]:
    """Report what a revision puts into a session of its own and never flushes."""
    fix = Fix(f"end with `{lost.name}.commit()`")
    yield rule.at(lost.place.span, fix=fix, what=lost.what, name=lost.name)
