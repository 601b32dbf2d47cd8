"""autoflush-half-built: a query writes what waits in the session first, whether it is complete or not."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.work_events import HalfBuilt
from sqla_lint.rule import Rule

rule = Rule(
    name="autoflush-half-built",
    code="ORM309",
    since="0.1",
    message="this query writes the new `{cls}` first, which has no `{column}` yet and may not be without",
    severity=Severity.ERROR,
)


@rule.on(HalfBuilt)
def check(early: HalfBuilt, context: Context) -> Iterator[Diagnostic]:
    """Report a query that flushes an object before it is given what one of its columns must hold."""
    notes = [Note(early.added.span, "it is added here")] if early.added is not None else []
    if early.via is not None:
        notes.append(Note(early.via.span, "the query"))
    if early.given is not None:
        notes.append(Note(early.given.span, "and gets its value here"))
    cls = context.class_name(early.cls)
    fix = Fix(f"add the `{cls}` once it is complete, or put the query in `with session.no_autoflush:`")
    yield rule.at(early.place.span, fix=fix, notes=tuple(notes), cls=cls, column=early.column)
