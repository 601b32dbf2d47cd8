"""query-in-loop: one query per item of a loop, where one for all of them would do."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.narrowed import KEY, Compared
from sqla_lint.flow.query_events import QueryRepeated
from sqla_lint.rule import Rule

rule = Rule(
    name="query-in-loop",
    code="ORM402",
    since="0.1",
    message="a query by {columns} is sent once per item of `{items}`",
    severity=Severity.WARNING,
    costs=True,
)

_FEW = 20


@rule.on(QueryRepeated)
def check(query: QueryRepeated, context: Context) -> Iterator[Diagnostic]:
    """Report a query whose criteria compare columns with what differs from turn to turn."""
    loop, steps = query.loop, query.statement.narrowed.steps
    if loop is None or not query.repeats or loop.turns is not None and loop.turns <= _FEW:
        return
    if loop.polls or loop.retries or loop.chunks or loop.io or query.apart or loop.committed or loop.isolates:
        return  # waits, tries again, handles batches, talks to others; or each item is a unit of work of its own
    if query.searches or query.after_failure or query.awaits or not all(item.column for item in query.depending):
        return  # ends with the first hit, or waits for what other turns do; or says more than one `in_()` could
    if "with_for_update" in steps or "offset" in steps or "order_by" in steps and steps & {"first", "limit"}:
        return  # locks one row after the other, goes by pages, or takes the first of each
    columns = list(dict.fromkeys(_column(item, context) for item in query.depending))
    how = (
        f"by `{columns[0]}.in_(…)`" if len(columns) == 1 and not _related(query.depending[0], context) else "by a join"
    )
    fix = Fix(f"query for all items before the loop, {how}, and look each one up in what that gives")
    notes = (Note(loop.place.span, "the loop"),) if loop.place is not None else ()
    if query.via is not None:
        notes = (*notes, Note(query.via.span, "the query"))
    by = " and ".join(f"`{column}`" for column in columns)
    yield rule.at(query.place.span, fix=fix, notes=notes, columns=by, items=loop.source)


def _column(compared: Compared, context: Context) -> str:
    owner = context.class_name(compared.owner)
    if compared.column != KEY:
        return f"{owner}.{compared.column}"
    info = context.mapping(compared.owner)
    return f"{owner}.{next(iter(info.primary))}" if info is not None and len(info.primary) == 1 else owner


def _related(compared: Compared, context: Context) -> bool:
    """Whether it is a relationship, which `in_()` does not take."""
    info = context.mapping(compared.owner)
    return info is not None and compared.column in info.relationships
