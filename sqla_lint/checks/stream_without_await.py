"""stream-without-await: a stream has to be asked for, before it can be gone through."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import CoroutineUsed, ValueDropped
from sqla_lint.knowledge.coroutines import is_stream
from sqla_lint.rule import Rule

rule = Rule(
    name="stream-without-await",
    code="ORM508",
    since="0.1",
    message="`{text}` is a coroutine: awaiting it asks for the rows, and gives the AsyncResult to go through",
    severity=Severity.ERROR,
)


@rule.on(CoroutineUsed)
def check_used(used: CoroutineUsed, context: Context) -> Iterator[Diagnostic]:
    """Report a stream that is used before it is awaited."""
    if is_stream(used.call):
        yield rule.at(used.place.span, fix=Fix(f"await it first: `(await {used.call}(…))`"), text=used.text)


@rule.on(ValueDropped)
def check_dropped(dropped: ValueDropped, context: Context) -> Iterator[Diagnostic]:
    """Report a stream that nobody awaits."""
    if dropped.kind == "coroutine" and is_stream(dropped.call):
        yield rule.at(dropped.place.span, fix=Fix(f"`await {dropped.text}(…)`"), text=f"{dropped.text}(…)")
