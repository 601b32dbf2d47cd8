"""for-update-stale: a lock on a row does not bring the object up to date that was loaded before it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.endings import LockedStale
from sqla_lint.rule import Rule

rule = Rule(
    name="for-update-stale",
    code="ORM107",
    since="0.1",
    message="the row of `{name}` is locked here, but `{name}` keeps what was read before the lock",
    severity=Severity.WARNING,
)


@rule.on(LockedStale)
def check(locked: LockedStale, context: Context) -> Iterator[Diagnostic]:
    """Report a lock on the row of an object that the session has loaded already."""
    notes = (Note(locked.loaded.span, f"`{locked.name}` is loaded here"),) if locked.loaded is not None else ()
    fix = Fix("lock it where it is loaded first, or read it anew with the lock: `populate_existing=True`")
    yield rule.at(locked.place.span, fix=fix, notes=notes, name=locked.name)
