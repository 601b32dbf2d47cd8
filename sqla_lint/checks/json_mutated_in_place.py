"""json-mutated-in-place: what is changed inside the value of a column is not written."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.work_events import ChangedInPlace
from sqla_lint.rule import Rule

rule = Rule(
    name="json-mutated-in-place",
    code="ORM312",
    since="0.1",
    message="`{changed}` is changed in place, which the session does not notice: no UPDATE is sent for it",
    severity=Severity.WARNING,
)


@rule.on(ChangedInPlace)
def check(event: ChangedInPlace, context: Context) -> Iterator[Diagnostic]:
    """Report a change within the value of a column whose type does not tell of it."""
    assert event.column is not None
    fix = Fix(f'`flag_modified({event.text}, "{event.column.name}")` after it, or assign a changed copy')
    yield rule.at(event.place.span, fix=fix, changed=event.changed)
