"""offset-without-order-by: rows are passed over, and nobody knows which."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.outcomes import StatementSent
from sqla_lint.flow.steps import perhaps, surely
from sqla_lint.flow.values import Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="offset-without-order-by",
    code="ORM422",
    since="0.1",
    message="{step} skips rows of a statement without `order_by()`: which ones, no page can rely on",
    severity=Severity.WARNING,
)


@rule.on(StatementSent)
def check(sent: StatementSent, context: Context) -> Iterator[Diagnostic]:
    """Report a page of rows that stand in no order."""
    statement = sent.statement
    step = surely(statement.steps, "offset", "slice")
    if step is None or not sent.made_here(step) or perhaps(statement.steps, "order_by"):
        return
    if context.one_at_most(statement, in_sight=True):
        return  # any order is the same
    if statement.owner is not None:
        info = context.mapping(statement.owner.cls) if isinstance(statement.owner, Instance) else None
        relationship = info.relationships.get(statement.relationship) if info is not None else None
        if relationship is None or relationship.order_by:
            return  # the mapping may order them
    name = "paginate" if sent.name == "paginate" else step.name
    fix = Fix("order by something unique, such as the primary key: `.order_by(…)`")
    yield rule.at(sent.place.span, fix=fix, step=f"`{name}()`")
