"""async-scoped-session-misuse: a registry for tasks has to know the task."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.endings import RegistryMade
from sqla_lint.flow.events import Called
from sqla_lint.flow.values import External
from sqla_lint.rule import Rule

rule = Rule(
    name="async-scoped-session-misuse",
    code="ORM505",
    since="0.1",
    message="{what}",
    severity=Severity.ERROR,
)

_PER_THREAD = frozenset({"_thread.get_ident", "threading.current_thread", "threading.get_ident"})


@rule.on_call("library", "async_scoped_session")
def check(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a registry without a scope, and one whose scope is the thread."""
    if not called.dotted.startswith("sqlalchemy.") or called.spread or not called.positional and not called.keywords:
        return
    scope = called.argument(1, "scopefunc")
    fix = Fix("give it the task as its scope: `scopefunc=asyncio.current_task`")
    if scope is None:
        what = f"`{called.text}()` without a `scopefunc` raises TypeError"
        yield rule.at(called.place.span, fix=fix, what=what)
    elif isinstance(scope.value, External) and scope.value.dotted in _PER_THREAD:
        what = f"`{scope.place.text}` is the same in all tasks of a loop: they share one AsyncSession"
        yield rule.at(scope.place.span, fix=fix, what=what)


@rule.on(RegistryMade)
def check_removed(made: RegistryMade, context: Context) -> Iterator[Diagnostic]:
    """Report a registry whose entries nobody takes out, where tasks come and go: one for each request."""
    user = made.users.request or made.users.coroutine
    if not made.tasks or made.users.removed or not user or not context.serves:
        return
    what = f"nobody awaits `{made.name}.remove()`: it keeps the session of each task that has run `{user}()`"
    fix = Fix(f"`await {made.name}.remove()` where each task ends")
    yield rule.at(made.place.span, fix=fix, what=what)
