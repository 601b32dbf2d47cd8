"""yield-session-without-finally: whoever is given the session may fail, and then nobody closes it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.endings import ClosedBehind, ReturnedOpen
from sqla_lint.flow.events import ScopeLeft
from sqla_lint.flow.state import BEGUN, LENT
from sqla_lint.rule import Rule

rule = Rule(
    name="yield-session-without-finally",
    code="ORM102",
    since="0.1",
    message="{what}",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(ScopeLeft)
def check_yield(left: ScopeLeft, context: Context) -> Iterator[Diagnostic]:
    """Report a session that stays open when its user fails, and one whose generator is dropped by `next()`."""
    session = left.session
    if session is None or session.bound_to_connection:
        return
    name = f"`{left.name}`" if left.name else "the session"
    never = BEGUN in left.normal
    if left.drawn and (never or BEGUN in left.exceptional):
        what = f"nobody keeps the generator of `{left.drawn}`: it ends at once, and {name} is used after that"
        with_ = f"`with contextmanager({left.drawn.partition('(')[0]})() as {left.name or 'session'}:`"
        yield rule.at(left.place.span, fix=Fix(f"let a block keep it: {with_}"), what=what)
    elif left.lent is not None and (never or LENT in left.exceptional):
        what = f"{name} is never closed after this `yield`"
        if not never:
            what = f"{name} stays open when its user fails: the exception leaves from this `yield`"
        kind = "async with" if session.kind == "async" else "with"
        opening = left.place.text or "Session()"
        fix = Fix(f"`{kind} {opening} as {left.name or 'session'}:` around the `yield`, or close it in a `finally`")
        if session.registry:
            fix = Fix("remove it in a `finally` around the `yield`")
        opened = () if session.registry else (Note(left.place.span, f"{name} is opened here"),)
        yield rule.at(left.lent.span, fix=fix, notes=opened, what=what)


@rule.on(ClosedBehind)
def check_return(closed: ClosedBehind, context: Context) -> Iterator[Diagnostic]:
    """Report a session that is returned out of the block that closes it."""
    if closed.kind != "session" or closed.closing is None or closed.session is None or closed.session.registry:
        return
    closing = "its block" if closed.by == "block" else f"`{closed.by}()`"
    what = f"`{closed.text}` is closed by {closing} before its receiver uses it, and by nobody after that"
    note = Note(closed.closing.span, "it is closed by this")
    yield rule.at(closed.place.span, fix=Fix(f"`yield {closed.text}` where it is returned"), notes=(note,), what=what)


@rule.on(ReturnedOpen)
def check_provider(given: ReturnedOpen, context: Context) -> Iterator[Diagnostic]:
    """Report a session that a framework asks for and never closes."""
    if given.serves == "request":
        fix = Fix("close it when the request is over: `request.add_finished_callback(…)`")
        what = f"`{given.text}` is given to a request, and nothing closes it when that is over"
    else:
        fix = Fix(f"`yield {given.text}` within a `with` block: what follows runs after the request")
        what = f"`{given.text}` is given to whoever depends on this function, and nobody closes it"
    yield rule.at(given.place.span, fix=fix, what=what)
