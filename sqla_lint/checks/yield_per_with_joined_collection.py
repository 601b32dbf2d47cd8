"""yield-per-with-joined-collection: rows in batches cannot be put together to collections."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.outcomes import StatementSent
from sqla_lint.flow.steps import Step, perhaps
from sqla_lint.flow.values import Instance, Result, Statement
from sqla_lint.rule import Rule

rule = Rule(
    name="yield-per-with-joined-collection",
    code="ORM410",
    since="0.1",
    message="`{step}` is loaded {how}, which `yield_per()` does not go with: this raises",
    severity=Severity.ERROR,
)


def _batches(statement: Statement) -> list[Step]:
    """What surely asks for rows in batches."""
    return [
        item
        for item in statement.steps
        if item.sure and (item.name == "yield_per" or item.name == "execution_options" and "yield_per" in item.keywords)
    ]


@rule.on_call("result", "unique", beside=("yield_per", "execution_options"))
def check_unique(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report rows in batches that are to be unique among all of them."""
    result = called.receiver
    if not isinstance(result, Result) or result.of is None or not called.follows(result.producer):
        return
    entities = (item for item in result.of.entities if isinstance(item, Instance))
    needs = any(context.needs_all_rows(item.cls, result.of.load)[0] for item in entities)
    if _batches(result.of) and not needs:  # what its options load raises before
        message = "`unique()` looks at all rows, which `yield_per` does not go with: taking them raises"
        yield rule.at(called.place.span, message=message, fix=Fix("leave one of the two"), step="", how="")


@rule.on(StatementSent)
def check(sent: StatementSent, context: Context) -> Iterator[Diagnostic]:
    """Report a statement whose rows come in batches, and whose options need all of them."""
    statement = sent.statement
    batches = _batches(statement)
    if not any(map(sent.made_here, batches)) or perhaps(statement.steps, "enable_eagerloads"):
        return
    for item in statement.entities:
        if not isinstance(item, Instance):
            continue
        step, strategy = context.needs_all_rows(item.cls, statement.load)
        if step:
            how = "by a join" if strategy == "joined" else "by `subqueryload()`"
            yield rule.at(sent.place.span, fix=Fix("load it by `selectinload()`"), step=step, how=how)
            return
