"""empty-downgrade: the way back leads nowhere, and says that it has arrived."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.operations import LeftBehind
from sqla_lint.rule import Rule

rule = Rule(
    name="empty-downgrade",
    code="ORM609",
    since="0.1",
    message="`downgrade` does nothing, and what {operations} did in `upgrade` stays",
    severity=Severity.ADVICE,
    default=False,
)

_MOST = 3


@rule.on(LeftBehind)
def check(left: LeftBehind, context: Context) -> Iterator[Diagnostic]:
    """Report a `downgrade` that leaves the tables as its `upgrade` has made them."""
    named = [f"`op.{name}()`" for name in left.operations[:_MOST]]
    operations = ", ".join(named[:-1]) + f" and {named[-1]}" if len(named) > 1 else named[0]
    fix = Fix("undo it, or say that there is no way back: `raise NotImplementedError`")
    yield rule.at(left.place.span, fix=fix, operations=operations)
