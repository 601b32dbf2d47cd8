"""raise-loaded-access: a relationship or column that is set to raise is read, and nothing has loaded it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context, along
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import ColumnRead
from sqla_lint.flow.query_events import RaisingRead
from sqla_lint.rule import Rule

rule = Rule(
    name="raise-loaded-access",
    code="ORM403",
    since="0.1",
    message="`{path}` is set to raise {by}, and `{text}` reads it",
    severity=Severity.ERROR,
)


@rule.on(RaisingRead)
def check(read: RaisingRead, context: Context) -> Iterator[Diagnostic]:
    """Report what raises for sure: the query that gave the object is in sight, and loads it not."""
    owner, relationship = context.class_name(read.instance.cls), read.relationship
    loader = "selectinload" if relationship.collection else "joinedload"
    path = f"{owner}.{relationship.name}"
    option = along(read.instance.path, f"{loader}({path})")
    producer = read.instance.producer
    notes = (Note(producer.place.span, "the rows come from here"),) if producer and producer.place else ()
    fix = Fix(f"load it with the query: `.options({option})`")
    yield rule.at(read.place.span, fix=fix, notes=notes, about=path, path=path, by=read.by, text=read.text)


@rule.on(ColumnRead)
def check_column(read: ColumnRead, context: Context) -> Iterator[Diagnostic]:
    """Report a column that an option leaves out, so that reading it raises."""
    row = read.instance
    if read.why != "raised" or read.detached or row is None or row.producer is None or not row.producer.seen:
        return  # at hand, or fetched; a matter of detached-access; or another query may have loaded it
    path = f"{context.class_name(row.cls)}.{read.column}"
    notes = (Note(row.producer.place.span, "the rows come from here"),) if row.producer.place else ()
    fix = Fix(f"do not leave it out, or load it with the query: `undefer({path})`")
    by = "by an option of the query"
    yield rule.at(read.place.span, fix=fix, notes=notes, about=path, path=path, by=by, text=read.column)
