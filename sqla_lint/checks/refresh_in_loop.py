"""refresh-in-loop: one SELECT per item, where one would fetch them all."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import Called
from sqla_lint.rule import Rule

rule = Rule(
    name="refresh-in-loop",
    code="ORM203",
    since="0.1",
    message="`{call}({name})` sends a SELECT in each turn of `for {target} in {source}`",
    severity=Severity.ADVICE,
    default=False,
    costs=True,
)

_FEW = 5


@rule.on_call("session", "refresh")
def check(refresh: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a refresh of what a loop goes through, one after the other."""
    loop = refresh.loop
    if loop is None or not refresh.repeats or not refresh.positional:
        return
    name = refresh.positional[0].place.text
    if name != loop.target or "with_for_update" in refresh.keywords:
        return  # the same object again and again, to see what others do with it; or a lock that each needs
    if loop.polls or loop.retries or loop.io or loop.turns is not None and loop.turns <= _FEW:
        return
    notes = () if loop.place is None else (Note(loop.place.span, "the loop"),)
    if len(refresh.positional) > 1 or "attribute_names" in refresh.keywords:
        fix = Fix("load it with the query that gave them: `selectinload(…)`")
    else:
        fix = Fix("query all of them at once, with `execution_options(populate_existing=True)`")
    yield rule.at(
        refresh.place.span,
        fix=fix,
        notes=notes,
        call=refresh.text,
        name=name,
        target=loop.target,
        source=loop.source,
    )
