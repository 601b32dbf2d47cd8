"""join-is-not-eager: a join brings in a table, and nothing of it into the objects."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Severity
from sqla_lint.flow.events import RelationshipRead
from sqla_lint.flow.multiplied import is_joined_to_load, is_undone, multiplies, notes_of
from sqla_lint.rule import Rule

rule = Rule(
    name="join-is-not-eager",
    code="ORM408",
    since="0.1",
    message="`{path}` is joined, which does not load it: that happens one by one, for the rows of `{rows}`",
    severity=Severity.WARNING,
    costs=True,
    instead_of="lazy-load-in-loop",
)


@rule.on(RelationshipRead)
def check(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a loop that loads, row by row, what the query of its rows has joined."""
    if read.loop is None or read.instance is None or not multiplies(read) or is_undone(read):
        return
    if not is_joined_to_load(read, context.mapping(read.instance.cls)):
        return
    seen = read.producer is not None and read.producer.seen
    path = f"{context.class_name(read.instance.cls)}.{read.relationship}"
    yield rule.at(
        read.place.span,
        fix=Fix(f"take it from the join: `.options(contains_eager({path}))`; where rows are grouped, `selectinload()`"),
        notes=notes_of(read),
        confidence=Confidence.HIGH if seen else Confidence.MEDIUM,
        about=path,
        path=path,
        rows=read.loop.source,
    )
