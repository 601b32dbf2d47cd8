"""limit-with-joined-rows: a limit counts the rows of a join, not the objects that they make."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.outcomes import StatementSent
from sqla_lint.flow.questions import ClassInfo, Relationship
from sqla_lint.flow.steps import Step, perhaps, surely
from sqla_lint.flow.values import Instance, Statement
from sqla_lint.rule import Rule

rule = Rule(
    name="limit-with-joined-rows",
    code="ORM411",
    since="0.1",
    message="`{limit}` counts the rows that the join to `{step}` gives, {so}",
    severity=Severity.WARNING,
)

_FIRST = ("first", "first_or_404")


@rule.on(StatementSent)
def check(sent: StatementSent, context: Context) -> Iterator[Diagnostic]:
    """Report a limit on rows of which several make one object."""
    statement = sent.statement
    limit = surely(statement.steps, "limit", "slice")
    limit = limit if limit is not None and sent.made_here(limit) else None
    first = sent.name in _FIRST and statement.kind == "query"
    entity = statement.entities[0] if statement.scalar else None
    info = context.mapping(entity.cls) if isinstance(entity, Instance) else None
    if limit is None and not first or info is None or perhaps(statement.steps, "distinct", "group_by"):
        return
    for step in statement.steps:
        relationship = _collection(info, step)
        if relationship is None:
            continue
        contained = (item.relationship for item in statement.steps if item.name == "contains_eager")
        filled = relationship.name in contained
        if not filled and (first or statement.limit == 1 or _told_by(context, statement, info, relationship)):
            continue  # one object is made of one row
        so = f"and leaves `{relationship.name}` without the rest" if filled else "so that there are fewer objects"
        fix = Fix("limit the objects in a subquery, or load by `selectinload()`" if filled else "ask with `any()`")
        name = f"{context.class_name(info.id)}.{relationship.name}"
        yield rule.at(sent.place.span, fix=fix, limit=f"{limit.name if limit else sent.name}()", step=name, so=so)
        return


def _collection(info: ClassInfo, step: Step) -> Relationship | None:
    """The collection that a step joins to."""
    if step.name not in ("join", "outerjoin") or not step.sure:
        return None
    if step.relationship:
        found = info.relationships.get(step.relationship) if step.cls in info.lineage else None
        return found if found is not None and found.collection else None
    leading = [item for item in info.relationships.values() if item.target == step.cls]
    return leading[0] if len(leading) == 1 and leading[0].collection and "onclause" not in step.keywords else None


def _told_by(context: Context, statement: Statement, info: ClassInfo, relationship: Relationship) -> bool:
    """Whether a column of what is joined is compared, so that there may be one row for each object."""
    target = context.mapping(relationship.target)
    asked = {column for column, _ in statement.criteria}
    return target is None or not asked.isdisjoint(target.columns.keys() - info.columns.keys())
