"""unbounded-query: a whole table is loaded at once, however large it grows."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.outcomes import RowsKept
from sqla_lint.flow.steps import perhaps
from sqla_lint.flow.values import Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="unbounded-query",
    code="ORM421",
    since="0.1",
    message="`{text}` loads the whole table of `{cls}` at once",
    severity=Severity.ADVICE,
    default=False,
    costs=True,
)


@rule.on(RowsKept)
def check(kept: RowsKept, context: Context) -> Iterator[Diagnostic]:
    """Report all rows of a table, with no condition and no limit."""
    statement = kept.statement
    entity = statement.entities[0] if statement.plain and statement.entities else None
    if not isinstance(entity, Instance) or statement.owner is not None:
        return  # columns are small, and a relationship has a parent
    if statement.filtered or perhaps(statement.steps, "limit", "slice", "group_by", "having"):
        return  # the number of rows may be bounded
    fix = Fix("page through it, or go through it with `yield_per()`, if it may grow")
    yield rule.at(kept.place.span, fix=fix, text=kept.text, cls=context.class_name(entity.cls))
