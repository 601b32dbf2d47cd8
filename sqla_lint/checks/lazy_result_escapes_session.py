"""lazy-result-escapes-session: rows that were not taken while the session was open cannot be taken after it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.endings import ClosedBehind, TakenLate
from sqla_lint.rule import Rule

rule = Rule(
    name="lazy-result-escapes-session",
    code="ORM104",
    since="0.1",
    message="{what}",
    severity=Severity.ERROR,
)


@rule.on(ClosedBehind)
def check_returned(closed: ClosedBehind, context: Context) -> Iterator[Diagnostic]:
    """Report what is returned before its rows are taken, out of the block that closes the session."""
    if closed.kind not in ("rows", "query") or closed.closing is None:
        return
    closing = "its block" if closed.by == "block" else f"`{closed.by}()`"
    if closed.kind == "rows":
        what = f"the rows of `{closed.text}` are taken after {closing} has closed the session: InvalidRequestError"
    else:
        what = f"`{closed.text}` runs after {closing} has closed the session, which begins anew and stays open"
    lazy = closed.text.startswith("(")
    fix = Fix("make it a list: `[…]`" if lazy else f"take them here: `{closed.text}.all()`")
    yield rule.at(closed.place.span, fix=fix, notes=(Note(closed.closing.span, "it is closed by this"),), what=what)


@rule.on(TakenLate)
def check_taken(taken: TakenLate, context: Context) -> Iterator[Diagnostic]:
    """Report rows that are taken where their session is closed already."""
    if taken.closing is None:
        return
    what = f"`{taken.text}` takes rows after {taken.by} has closed their session: InvalidRequestError"
    note = Note(taken.closing.span, f"{taken.by} is here")
    yield rule.at(taken.place.span, fix=Fix("take them before, with `.all()`"), notes=(note,), what=what)
