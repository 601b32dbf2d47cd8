"""exists-via-all: rows are loaded, or counted, only to see whether there are any."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.outcomes import RowsUsed
from sqla_lint.flow.steps import perhaps
from sqla_lint.rule import Rule

rule = Rule(
    name="exists-via-all",
    code="ORM418",
    since="0.1",
    message="`{text}` {does} all rows only to see whether there are any",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(RowsUsed)
def check(used: RowsUsed, context: Context) -> Iterator[Diagnostic]:
    """Report rows of which no more is asked than whether there are any."""
    statement = used.statement
    if used.how != "exists" or context.one_at_most(statement):
        return
    if not statement.plain or perhaps(statement.steps, "limit", "slice", "having", "with_for_update"):
        return  # no more than a few rows, one of a count that is none of rows, or all of them are locked
    fix = (
        Fix(f"ask for one row, `{used.base}.first() is not None`, or for `exists()`")
        if statement.kind == "query"
        else Fix("ask for one row, with `limit(1)` and `first()`, or for `exists()`")
    )
    does = "counts" if used.name == "count" else "loads"
    notes = (Note(used.use.span, "this is all that is done with it"),) if used.use is not None else ()
    yield rule.at(used.place.span, fix=fix, notes=notes, text=used.text, does=does)
