"""always-true-query: a condition asks for the truth of a statement, or of a Result, which says nothing of its rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.outcomes import TruthAsked
from sqla_lint.flow.values import Statement
from sqla_lint.rule import Rule

rule = Rule(
    name="always-true-query",
    code="ORM416",
    since="0.1",
    message="{what}",
    severity=Severity.WARNING,
)


@rule.on(TruthAsked)
def check(asked: TruthAsked, context: Context) -> Iterator[Diagnostic]:
    """Report a condition that nothing in the database can change."""
    value = asked.value
    if not isinstance(value, Statement):
        what = f"`{asked.text}` is a Result, which is true whether it has rows or not"
        fix = Fix("ask for a row: `.first() is not None`")
    elif value.kind == "query":
        what = f"`{asked.text}` is a Query, which is true whether it finds rows or not"
        fix = Fix("ask the database: `.first() is not None`")
    else:
        what = f"`{asked.text}` is a statement, which has no truth: this raises TypeError"
        fix = Fix("execute it, or compare it with None")
    yield rule.at(asked.place.span, fix=fix, what=what)
