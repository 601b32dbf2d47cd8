"""scoped-session-in-asyncio: a session for each thread is one for all tasks of an event loop."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.endings import RegistryMade
from sqla_lint.rule import Rule

rule = Rule(
    name="scoped-session-in-asyncio",
    code="ORM109",
    since="0.1",
    message="`{name}` has one session for each thread: all tasks that run the coroutine `{user}()` share it",
    severity=Severity.WARNING,
)


@rule.on(RegistryMade)
def check(made: RegistryMade, context: Context) -> Iterator[Diagnostic]:
    """Report a registry of threads' sessions that coroutines use."""
    if made.tasks or not made.users.coroutine:
        return  # each task has its own, or nobody shares it
    fix = Fix("open an AsyncSession for each task, or give the registry a `scopefunc=asyncio.current_task`")
    yield rule.at(made.place.span, fix=fix, name=made.name, user=made.users.coroutine)
