"""scoped-session-not-removed: what one request leaves in the registry the next one finds."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.endings import RegistryMade
from sqla_lint.rule import Rule

rule = Rule(
    name="scoped-session-not-removed",
    code="ORM108",
    since="0.1",
    message="nobody calls `{name}.remove()`: a {user} finds the session of the one before it",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(RegistryMade)
def check(made: RegistryMade, context: Context) -> Iterator[Diagnostic]:
    """Report a registry that requests or the tasks of a worker use, and that is never emptied."""
    users = made.users
    if made.tasks or users.removed or not (users.request or users.task):
        return  # of asyncio's tasks: async-scoped-session-misuse
    kind, user = ("request to", users.request) if users.request else ("run of", users.task)
    fix = Fix(f"call `{made.name}.remove()` where each {kind.partition(' ')[0]} ends")
    yield rule.at(made.place.span, fix=fix, name=made.name, user=f"{kind} `{user}()`")
