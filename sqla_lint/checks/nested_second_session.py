"""nested-second-session: two sessions of one function have two connections, and wait for each other's locks."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.transacted import WrittenTwice
from sqla_lint.rule import Rule

rule = Rule(
    name="nested-second-session",
    code="ORM114",
    since="0.1",
    message="{what} waits for the transaction of {other}, which this function has not ended",
    severity=Severity.ERROR,
)


@rule.on(WrittenTwice)
def check(twice: WrittenTwice, context: Context) -> Iterator[Diagnostic]:
    """Report what a second session writes, where the first one has locked it."""
    only_sqlite = context.databases == {"sqlite"}
    if twice.locked and only_sqlite or not (twice.same or only_sqlite):
        return  # SQLite has no locks of rows, and locks the whole file instead
    other = f"`{twice.other}`" if twice.other else "another session"
    name = f" with `{twice.name}`" if twice.name else ""
    row = f"the same `{context.class_name(twice.cls)}`" if twice.same else "what is written"
    verb = "locked" if twice.locked else "written"
    notes = (Note(twice.before.span, f"{verb} with {other} here"),) if twice.before is not None else ()
    fix = Fix(f"work with one session, or commit {other} first")
    yield rule.at(twice.place.span, fix=fix, notes=notes, what=f"{row}{name}", other=other)
