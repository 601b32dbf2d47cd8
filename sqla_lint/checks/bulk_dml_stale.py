"""bulk-dml-stale: a statement writes rows past the session, which goes on showing what they held."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.work_events import RowsOutOfDate
from sqla_lint.rule import Rule

rule = Rule(
    name="bulk-dml-stale",
    code="ORM313",
    since="0.1",
    message="`{read}` still gives what it held before the UPDATE, which has left the session's objects alone",
    severity=Severity.WARNING,
)


@rule.on(RowsOutOfDate)
def check(event: RowsOutOfDate, context: Context) -> Iterator[Diagnostic]:
    """Report a column read after a statement has written it with `synchronize_session=False`."""
    assert event.written is not None
    note = Note(event.written.span, f"`{event.column}` is written here with `synchronize_session=False`")
    fix = Fix(f"leave `synchronize_session` at its default, or `session.refresh({event.name})` before it is read")
    yield rule.at(event.place.span, fix=fix, notes=(note,), read=f"{event.name}.{event.column}")
