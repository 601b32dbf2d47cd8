"""await-on-sync-method: what is awaited is no coroutine."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import AwaitedPlain
from sqla_lint.rule import Rule

rule = Rule(
    name="await-on-sync-method",
    code="ORM503",
    since="0.1",
    message="`{call}()` is no coroutine function: `await` fails on what it gives",
    severity=Severity.ERROR,
)


@rule.on(AwaitedPlain)
def check(awaited: AwaitedPlain, context: Context) -> Iterator[Diagnostic]:
    """Report `await` in front of a plain call."""
    if awaited.call == "AsyncEngine.begin" and not context.version.since("2.0"):
        return  # on 1.4 awaiting it begins
    yield rule.at(awaited.place.span, fix=Fix("call it without `await`"), call=awaited.call)
