"""long-lived-session: one session for all that a process does."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.endings import ReadStale, SessionKept
from sqla_lint.rule import Rule

rule = Rule(
    name="long-lived-session",
    code="ORM106",
    since="0.1",
    message="{what}",
    severity=Severity.WARNING,
    costs=True,
)

_WHATS = {
    "default": "`{name}` defaults to one session for all calls of `{user}()`, made when the function is defined",
    "class": "`{name}` is one session for all objects of `{user}`, as long as the process lives",
    "module": "`{name}` is one session as long as the process lives, and {user} uses it",
}


@rule.on(SessionKept)
def check(kept: SessionKept, context: Context) -> Iterator[Diagnostic]:
    """Report a session that is opened where a module is imported, and used ever after."""
    what = _WHATS[kept.kind].format(name=kept.name, user=kept.user)
    fix = Fix("open a session for each piece of work: `with SessionLocal() as session:`")
    if kept.kind == "default":
        fix = Fix(f"let the caller give it, or open one where `{kept.name}` is None")
    yield rule.at(kept.place.span, fix=fix, what=what)


@rule.on(ReadStale)
def check_waiting(read: ReadStale, context: Context) -> Iterator[Diagnostic]:
    """Report a loop that waits for a change, and asks a session again and again that never looks."""
    notes = (Note(read.loop.span, "the loop is here"),) if read.loop is not None else ()
    fix = Fix("end the transaction in each turn, `session.refresh()` the object, or open a session for each turn")
    what = f"`{read.text}` is the same in each turn: nothing in the loop has the session read it anew"
    yield rule.at(read.place.span, fix=fix, notes=notes, what=what)
