"""cartesian-product: criteria refer to a table that nothing joins, so that each row comes with each of its rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.outcomes import FromsJoined
from sqla_lint.flow.steps import perhaps
from sqla_lint.flow.values import Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="cartesian-product",
    code="ORM423",
    since="0.1",
    message="nothing joins `{other}` to `{cls}`: each row of the one comes with each of the other",
    severity=Severity.WARNING,
)

_UNSEEN = ("hidden", "select_from", "join_from", "outerjoin_from")


@rule.on(FromsJoined)
def check(sent: FromsJoined, context: Context) -> Iterator[Diagnostic]:
    """Report a statement of two tables that neither a join nor a condition ties together."""
    statement = sent.statement
    joins = [item for item in statement.steps if item.name in ("join", "outerjoin")]
    if not statement.plain or statement.owner is not None or perhaps(statement.steps, *_UNSEEN):
        return
    if any(not item.cls for item in joins):
        return  # nobody knows what is joined
    asked = [item.cls for item in statement.entities if isinstance(item, Instance)]
    asked += [item.cls for item in statement.steps if item.name == "asks" and item.sure]
    joined = [target for item in joins for target in (item.cls, _target(context, item.cls, item.relationship))]
    links = [(item.cls, item.relationship) for item in statement.steps if item.name == "links"]
    links += [(joins[0].cls, cls) for cls in (*asked, *joined) if joins]
    referred = [item.cls for item in statement.steps if item.name == "refers" and item.sure]
    tied = _tied(
        {_table(context, cls) for cls in asked[:1]}, [{_table(context, one) for one in link} for link in links]
    )
    for cls in (*asked, *referred):
        if tied and _table(context, cls) not in tied and not _related(context, cls, asked[0]):
            fix = Fix("join it, or say with a condition on both which rows belong together")
            names = context.class_name(cls), context.class_name(asked[0])
            yield rule.at(sent.place.span, fix=fix, other=names[0], cls=names[1])
            return


def _target(context: Context, cls: str, relationship: str) -> str:
    """The class that a join leads to."""
    info = context.mapping(cls)
    found = info.relationships.get(relationship) if info is not None else None
    return found.target if found is not None else cls


def _table(context: Context, cls: str) -> str:
    """The table of a class, else the class."""
    info = context.mapping(cls)
    return info.table or cls if info is not None else cls


def _tied(tables: set[str], links: list[set[str]]) -> set[str]:
    """The tables, and all that links lead to from there."""
    for _ in links:
        tables = tables.union(*(ends for ends in links if ends & tables))
    return tables


def _related(context: Context, cls: str, other: str) -> bool:
    """Whether a class has its rows together with another one, by inheritance, or is none."""
    one, two = context.mapping(cls), context.mapping(other)
    return one is None or not one.mapped or two is None or cls in two.lineage or other in one.lineage
