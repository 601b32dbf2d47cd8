"""eager-load-unused: rows are loaded with something that nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.query_events import EagerUnread
from sqla_lint.rule import Rule

rule = Rule(
    name="eager-load-unused",
    code="ORM413",
    since="0.1",
    message="`{path}` is loaded with the rows, and nothing that becomes of them reads it",
    severity=Severity.ADVICE,
    default=False,
    costs=True,
)


@rule.on(EagerUnread)
def check(unread: EagerUnread, context: Context) -> Iterator[Diagnostic]:
    """Report an option for a relationship that no line of the function reads, where nobody else gets the rows."""
    notes = () if unread.sent is None else (Note(unread.sent.span, "the rows come from here"),)
    path = f"{context.class_name(unread.cls)}.{unread.relationship}"
    yield rule.at(unread.place.span, fix=Fix("leave the option out"), notes=notes, path=path)
