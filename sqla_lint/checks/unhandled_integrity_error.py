"""unhandled-integrity-error: a look before the insert does not keep others from inserting in between."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.work_events import InsertedUnguarded
from sqla_lint.rule import Rule

rule = Rule(
    name="unhandled-integrity-error",
    code="ORM215",
    since="0.1",
    message="whoever adds the same `{column}` after this function has looked for it makes the INSERT fail, unhandled",
    severity=Severity.ADVICE,
    default=False,
)


@rule.on(InsertedUnguarded)
def check(inserted: InsertedUnguarded, context: Context) -> Iterator[Diagnostic]:
    """Report a row that is inserted after a look for its unique value, where nothing catches an IntegrityError."""
    column = f"{context.class_name(inserted.cls)}.{inserted.column}"
    fix = Fix("catch `IntegrityError` around the flush or commit, roll back, and answer as if it had been found")
    yield rule.at(inserted.place.span, fix=fix, column=column)
