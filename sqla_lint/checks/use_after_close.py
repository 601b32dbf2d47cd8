"""use-after-close: a closed session begins anew when it is used, and nobody closes it a second time."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.endings import UsedAgain
from sqla_lint.rule import Rule

rule = Rule(
    name="use-after-close",
    code="ORM105",
    since="0.1",
    message="{name} is closed, begins anew here, and nobody closes it again",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(UsedAgain)
def check(used: UsedAgain, context: Context) -> Iterator[Diagnostic]:
    """Report a statement that is sent through a session after its block has ended, or after `close()`."""
    if used.closing is None or used.session is None or used.session.bound_to_connection:
        return
    name = f"`{used.name}`" if used.name else "this session"
    note = Note(used.closing.span, f"{name} is closed by this")
    yield rule.at(
        used.place.span, fix=Fix("do it before the session is closed, or open another"), notes=(note,), name=name
    )
