"""sync-session-in-async: while a synchronous session waits for the database, so does the whole event loop."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.overlapping import Blocked
from sqla_lint.rule import Rule

rule = Rule(
    name="sync-session-in-async",
    code="ORM504",
    since="0.1",
    message="`{text}()` blocks the event loop: `{function}` is a coroutine function, and its session synchronous",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(Blocked)
def check(blocked: Blocked, context: Context) -> Iterator[Diagnostic]:
    """Report a coroutine function that waits for the database without letting others run."""
    function = blocked.function
    if function is None or function.entry or not context.serves:
        return  # a script, or a tool of the command line, has little else to do meanwhile
    fix = Fix("use an AsyncSession, or let a thread do it: `await asyncio.to_thread(…)`, an endpoint as a plain `def`")
    yield rule.at(blocked.place.span, fix=fix, text=blocked.text, function=function.name)
