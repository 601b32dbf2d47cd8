"""async-context-entered-synchronously: `with` and `async with` are not interchangeable."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.transacted import Entered
from sqla_lint.flow.values import Session, SessionFactory
from sqla_lint.rule import Rule

rule = Rule(
    name="async-context-entered-synchronously",
    code="ORM507",
    since="0.1",
    message="`{text}` is {kind}: `{block}` cannot enter it",
    severity=Severity.ERROR,
)

_KINDS = {"async": ("asynchronous", "with", "async with"), "sync": ("synchronous", "async with", "with")}


@rule.on(Entered)
def check_session(entered: Entered, context: Context) -> Iterator[Diagnostic]:
    """Report a block that enters a session of the other kind."""
    block = "async with" if entered.asynchronous else "with"
    if isinstance(entered.value, Session) and not entered.value.guessed:
        yield from _report(entered.value.kind, block, entered.text, entered)
    elif entered.kind:
        yield from _report(entered.kind, block, entered.text, entered)


@rule.on_call("session", "begin", "begin_nested")
@rule.on_call("factory", "begin")
def check_transaction(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a block that enters a transaction of the other kind."""
    of = called.receiver
    if isinstance(of, SessionFactory) or isinstance(of, Session) and not of.guessed:
        yield from _report(of.kind, called.entered, f"{called.text}()", called)


def _report(kind: str, block: str, text: str, event: Entered | Called) -> Iterator[Diagnostic]:
    word, wrong, right = _KINDS.get(kind, ("", "", ""))
    if wrong and block == wrong:
        yield rule.at(event.place.span, fix=Fix(f"enter it with `{right}`"), text=text, kind=word, block=block)
