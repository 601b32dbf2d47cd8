"""missing-await: a coroutine that nobody awaits does nothing, and is not what awaiting it would give."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import CoroutineUsed, ValueDropped
from sqla_lint.knowledge.coroutines import is_stream
from sqla_lint.rule import Rule

rule = Rule(
    name="missing-await",
    code="ORM502",
    since="0.1",
    message="{what}",
    severity=Severity.ERROR,
)

_NEVER = "nobody awaits `{text}()`: it never runs"
_USES = {
    "attribute": "`{text}` reads an attribute of a coroutine, not of what `{call}()` gives",
    "iteration": "`{text}` is gone through before it is awaited",
    "item": "`{text}` is indexed before it is awaited",
    "truth": "`{text}` is a coroutine, which is always true",
    "text": "`{text}` is a coroutine, and its text says no more than that",
    "with": "`{text}` is a coroutine, which no block can enter",
    "operand": "`{text}` is a coroutine, and not what the operator is meant for",
    "argument": "`{text}` is a coroutine, where what it gives is asked for",
    "return": "`{text}` is given back without being awaited, and whoever awaits the function gets a coroutine",
}
_LOOPS = {
    "AsyncResult": ("`{text}` is an AsyncResult: a plain `for` cannot go through it", Fix("use `async for`")),
    "Result": ("`{text}` is a Result, whose rows are there: an `async for` cannot go through it", Fix("use `for`")),
}


@rule.on(ValueDropped)
def check_dropped(dropped: ValueDropped, context: Context) -> Iterator[Diagnostic]:
    """Report a call that gives a coroutine which is neither awaited nor kept."""
    if dropped.kind == "coroutine" and not is_stream(dropped.call):
        what = _NEVER.format(text=dropped.text)
        yield rule.at(dropped.place.span, fix=_awaiting(dropped.text, dropped.asynchronous), what=what)


@rule.on(CoroutineUsed)
def check_used(used: CoroutineUsed, context: Context) -> Iterator[Diagnostic]:
    """Report a coroutine that is used for what it would give, and a plain loop over an AsyncResult."""
    if is_stream(used.call):
        return  # stream-without-await tells of it
    what, fix = _LOOPS.get(used.call, (_USES[used.how], Fix(f"await it first: `(await {used.call}(…))`")))
    yield rule.at(used.place.span, fix=fix, what=what.format(text=used.text, call=used.call))


def _awaiting(text: str, asynchronous: bool) -> Fix:
    return Fix(f"`await {text}(…)`" if asynchronous else f"make the function an `async def`, and `await {text}(…)`")
