"""python-operator-in-criteria: Python decides what the database was to decide."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import ColumnTested
from sqla_lint.rule import Rule

rule = Rule(
    name="python-operator-in-criteria",
    code="ORM420",
    since="0.1",
    message="{what}",
    severity=Severity.ERROR,
)

_WORDS = {
    "and": "Python's `and` keeps one side of `{text}` and drops the other: no SQL comes of it",
    "or": "Python's `or` keeps one side of `{text}` and drops the other: no SQL comes of it",
    "not": "`{text}` is decided by Python, now and for all rows",
    "chained": "`{text}` asks for the truth of a comparison, which only the database knows",
}
_CURES = {
    "and": "write `and_(…, …)`, or give the criteria as two arguments",
    "or": "write `or_(…, …)`",
    "not": "write `~{left}`",
    "in": "write `{left}.in_({right})`",
    "not in": "write `{left}.not_in({right})`",
    "is": "write `{left}.is_({right})`",
    "is not": "write `{left}.is_not({right})`",
    "chained": "write two comparisons, or `between()`",
}


@rule.on(ColumnTested)
def check(tested: ColumnTested, context: Context) -> Iterator[Diagnostic]:
    """Report an operator that Python applies itself, to what should become SQL."""
    what = _WORDS.get(tested.operator, _WORDS["not"]).format(text=tested.text)
    cure = _CURES[tested.operator].format(left=tested.left, right=tested.right)
    yield rule.at(tested.place.span, fix=Fix(cure), what=what)
