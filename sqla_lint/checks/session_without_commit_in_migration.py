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
    if not lost.what:
        if context.version.since("2.0"):  # before, the metadata might have been bound
            message = "`{name}` is bound to nothing: what it is asked for raises UnboundExecutionError"
            fix = Fix("open it on Alembic's connection: `Session(bind=op.get_bind())`")
            yield rule.at(lost.place.span, message=message, fix=fix, what="", name=lost.name)
        return
    fix = Fix(f"end with `{lost.name}.commit()`")
    yield rule.at(lost.place.span, fix=fix, what=lost.what, name=lost.name)
