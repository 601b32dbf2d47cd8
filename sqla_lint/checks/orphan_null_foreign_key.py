"""orphan-null-foreign-key: a row is taken from its parent, and its foreign key may not be NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.work_events import LinkCut
from sqla_lint.rule import Rule

rule = Rule(
    name="orphan-null-foreign-key",
    code="ORM315",
    since="0.1",
    message="`{text}` deletes no row: the flush sets `{column}` to NULL, which the table does not take",
    severity=Severity.ERROR,
)


@rule.on(LinkCut)
def check(event: LinkCut, context: Context) -> Iterator[Diagnostic]:
    """Report a row that loses what its foreign key must name, and is neither deleted nor given another."""
    column = f"{context.class_name(event.owner)}.{event.column}"
    fix = Fix('`session.delete(…)` the row, or `cascade="all, delete-orphan"` on the relationship')
    yield rule.at(event.place.span, fix=fix, text=event.text, column=column)
