"""drop-with-data: what a revision drops takes its rows along."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import Operated
from sqla_lint.flow.values import Constant
from sqla_lint.rule import Rule

rule = Rule(
    name="drop-with-data",
    code="ORM603",
    since="0.1",
    message="`{operation}` drops {what} with all that is in it",
    severity=Severity.ADVICE,
    default=False,
)


@rule.on_operation("drop_column", "drop_table", down=False)
def check(step: Operated, context: Context) -> Iterator[Diagnostic]:
    """Report a column or table that an upgrade drops without having copied anything."""
    if step.is_new(step.table) or step.writes:
        return  # nothing is in it yet; or something was written before, the rows to their new place perhaps
    column = step.positional[0] if step.operation == "drop_column" and step.positional else None
    what = f"`{column.value}` of {step.named}" if isinstance(column, Constant) else step.named
    fix = Fix("copy what is still needed first; drop it in a later release than the one that stops to use it")
    yield rule.at(step.place.span, fix=fix, operation=f"{step.operation}()", what=what)
