"""object-in-two-sessions: an object belongs to one session at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import HeldElsewhere
from sqla_lint.rule import Rule

rule = Rule(
    name="object-in-two-sessions",
    code="ORM306",
    since="0.1",
    message="`{text}` belongs to {other} still, so that `{method}()` raises",
    severity=Severity.ERROR,
)


@rule.on(HeldElsewhere)
def check(held: HeldElsewhere, context: Context) -> Iterator[Diagnostic]:
    """Report an object that a session is given while another one holds it."""
    other = f"`{held.other}`" if held.other else "another session"
    fix = Fix(f"give a copy: `merge({held.text})`; or take it out of the other session first")
    if held.method == "delete":
        fix = Fix("delete it by the session that it belongs to")
    yield rule.at(held.place.span, fix=fix, text=held.text, other=other, method=held.method)
