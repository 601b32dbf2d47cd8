"""session-not-closed: a session that has sent SQL keeps its connection until someone closes it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.endings import SessionStored
from sqla_lint.flow.events import ScopeLeft
from sqla_lint.flow.state import BEGUN, CLOSED, GONE, LENT
from sqla_lint.rule import Rule

rule = Rule(
    name="session-not-closed",
    code="ORM101",
    since="0.1",
    message="{name} is {how}: its connection stays out of the pool",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(ScopeLeft)
def check(left: ScopeLeft, context: Context) -> Iterator[Diagnostic]:
    """Report a session that its function opened and that can still hold a connection when the function ends."""
    session = left.session
    if session is None or session.owner != "function" or session.bound_to_connection:
        return
    if left.drawn or left.lent is not None and (BEGUN in left.normal or LENT in left.exceptional):
        return  # for the rule on sessions that generators give
    if left.again and BEGUN in left.normal:
        return  # for the rule on sessions that are used after their end
    if BEGUN in left.normal:
        how = "not closed on every path" if CLOSED in left.normal else "never closed"
    elif BEGUN in left.exceptional and CLOSED in left.normal and GONE not in left.normal:
        # Ended on every normal path, so that only a failure in between leaks.
        how = "not closed when an exception is raised before its end"
    else:
        return
    yield rule.at(left.place.span, fix=_fix(left), name=_name(left), how=how)


@rule.on(SessionStored)
def check_stored(stored: SessionStored, context: Context) -> Iterator[Diagnostic]:
    """Report a session that is opened into what others keep, and that none of them closes."""
    how = "closed by nobody in the project"
    yield rule.at(stored.place.span, fix=Fix(f"close it: `{stored.text}.close()`"), name=f"`{stored.text}`", how=how)


def _name(left: ScopeLeft) -> str:
    return f"`{left.name}`" if left.name else "this session"


def _fix(left: ScopeLeft) -> Fix:
    kind = "async with" if left.session is not None and left.session.kind == "async" else "with"
    return Fix(f"open it in a `{kind}` block: `{kind} {left.place.text or 'Session()'} as {left.name or 'session'}:`")
