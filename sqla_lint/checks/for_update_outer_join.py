"""for-update-outer-join: PostgreSQL locks no rows that an outer join may leave out."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.outcomes import StatementSent
from sqla_lint.flow.steps import perhaps, surely
from sqla_lint.flow.values import Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="for-update-outer-join",
    code="ORM425",
    since="0.1",
    message="{what} makes an outer join, of which PostgreSQL locks no rows: `with_for_update()` without `of=` raises",
    severity=Severity.ERROR,
)


@rule.on(StatementSent)
def check(sent: StatementSent, context: Context) -> Iterator[Diagnostic]:
    """Report a lock on an outer join, in projects that may run on PostgreSQL."""
    steps = sent.statement.steps
    lock = surely(steps, "with_for_update")
    if lock is None or "of" in lock.keywords or not sent.made_here(lock):
        return
    if not context.may_be_postgresql:
        return  # no other database minds
    if perhaps(steps, "enable_eagerloads"):
        return
    outer = surely(steps, "outerjoin", "joinedload")
    if outer is None:
        return
    entity = sent.statement.entities[0] if sent.statement.entities else None
    name = context.class_name(entity.cls) if isinstance(entity, Instance) else "…"
    what = f"`joinedload({outer.relationship})`" if outer.name == "joinedload" else "`outerjoin()`"
    yield rule.at(sent.place.span, fix=Fix(f"lock one table: `with_for_update(of={name})`"), what=what)
