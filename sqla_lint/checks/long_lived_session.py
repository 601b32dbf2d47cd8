"""long-lived-session: one session for all that a process does."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.endings import SessionKept
from sqla_lint.rule import Rule

rule = Rule(
    name="long-lived-session",
    code="ORM106",
    since="0.1",
    message="{what}",
    severity=Severity.WARNING,
    costs=True,
)

_WHATS = {
    "default": "`{name}` defaults to one session for all calls of `{user}()`, made when the function is defined",
    "class": "`{name}` is one session for all objects of `{user}`, as long as the process lives",
    "module": "`{name}` is one session as long as the process lives, and {user} uses it",
}


@rule.on(SessionKept)
def check(kept: SessionKept, context: Context) -> Iterator[Diagnostic]:
    """Report a session that is opened where a module is imported, and used ever after."""
    what = _WHATS[kept.kind].format(name=kept.name, user=kept.user)
    fix = Fix("open a session for each piece of work: `with SessionLocal() as session:`")
    if kept.kind == "default":
        fix = Fix(f"let the caller give it, or open one where `{kept.name}` is None")
    yield rule.at(kept.place.span, fix=fix, what=what)
