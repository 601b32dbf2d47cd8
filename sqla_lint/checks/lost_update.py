"""lost-update: a row gets a number that was worked out from what it held when it was loaded."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.work_events import Counted
from sqla_lint.rule import Rule

rule = Rule(
    name="lost-update",
    code="ORM213",
    since="0.1",
    message="`{text}` is set to what was loaded, changed: what others have written to `{path}` since is lost",
    severity=Severity.ADVICE,
    default=False,
)


@rule.on(Counted)
def check(counted: Counted, context: Context) -> Iterator[Diagnostic]:
    """Report a number that is read, changed and written back without a lock or a version."""
    if counted.entry or context.is_revision(counted.module) or not context.may_be_postgresql:
        return  # nobody else is at work, or the database lets no two write at a time
    path = f"{context.class_name(counted.cls)}.{counted.column}"
    fix = Fix(f"let the database add, `{counted.text} = {path} + …`; or load the row with a lock: `with_for_update()`")
    yield rule.at(counted.place.span, fix=fix, text=counted.text, path=path)
