"""concurrently-inside-transaction: PostgreSQL builds an index concurrently only outside a transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Operated
from sqla_lint.flow.values import Constant
from sqla_lint.rule import Rule

rule = Rule(
    name="concurrently-inside-transaction",
    code="ORM605",
    since="0.1",
    message="`{operation}` works CONCURRENTLY inside the transaction of the migration, which PostgreSQL refuses",
    severity=Severity.ERROR,
)

_CONCURRENTLY = re.compile(r"\b(CREATE|DROP|REINDEX)\b.*\bCONCURRENTLY\b", re.IGNORECASE | re.DOTALL)


@rule.on_operation("create_index", "drop_index", "execute")
def check(step: Operated, context: Context) -> Iterator[Diagnostic]:
    """Report a concurrent build or drop of an index in a revision that never leaves its transaction."""
    concurrently = step.keywords.get("postgresql_concurrently") == Constant(True)
    if not concurrently and not (step.operation == "execute" and _CONCURRENTLY.search(step.text)):
        return
    if step.out_of_transaction:
        return
    fix = Fix("put it into `with op.get_context().autocommit_block():`")
    yield rule.at(step.place.span, fix=fix, operation=f"op.{step.operation}()")
