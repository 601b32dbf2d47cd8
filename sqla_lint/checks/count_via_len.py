"""count-via-len: rows are loaded only to be counted."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.outcomes import RowsUsed
from sqla_lint.flow.steps import perhaps
from sqla_lint.rule import Rule

rule = Rule(
    name="count-via-len",
    code="ORM417",
    since="0.1",
    message="`{text}` loads rows only to count them",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(RowsUsed)
def check(used: RowsUsed, context: Context) -> Iterator[Diagnostic]:
    """Report rows of which no more than their number is asked."""
    statement = used.statement
    if used.how != "count" or context.one_at_most(statement):
        return
    otherwise = ("limit", "slice", "distinct", "group_by", "having", "with_for_update")
    if not statement.plain or perhaps(statement.steps, *otherwise):
        return  # no more than a few rows, rows that `count()` counts otherwise, or all of them are locked
    fix = (
        Fix(f"count in the database: `{used.base}.count()`")
        if statement.kind == "query"
        else Fix("count in the database: `select(func.count()).select_from(…)`")
    )
    notes = (Note(used.use.span, "this is all that is done with them"),) if used.use is not None else ()
    yield rule.at(used.place.span, fix=fix, notes=notes, text=used.text)
