"""first-of-all: all rows are loaded, and the first of them is taken."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.outcomes import RowsUsed
from sqla_lint.flow.steps import perhaps
from sqla_lint.rule import Rule

rule = Rule(
    name="first-of-all",
    code="ORM419",
    since="0.1",
    message="`{text}` loads all rows, of which only the first is used",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(RowsUsed)
def check(used: RowsUsed, context: Context) -> Iterator[Diagnostic]:
    """Report rows of which all but the first are loaded for nothing."""
    statement = used.statement
    if used.how != "first" or context.one_at_most(statement):
        return
    if not statement.plain or perhaps(statement.steps, "limit", "slice", "with_for_update"):
        return  # no more than a few rows, or all of them are locked
    fix = (
        Fix(f"ask for one: `{used.base}.first()`, which gives None where there is none")
        if statement.kind == "query"
        else Fix("ask for one: `limit(1)` on the statement, and `first()`, which gives None where there is none")
    )
    notes = (Note(used.use.span, "only the first is used"),) if used.use is not None else ()
    yield rule.at(used.place.span, fix=fix, notes=notes, text=used.text)
