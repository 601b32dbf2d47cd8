"""foreign-key-and-relationship-out-of-step: one of the two was set, the other is read before it follows."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.work_events import OutOfStep
from sqla_lint.rule import Rule

rule = Rule(
    name="foreign-key-and-relationship-out-of-step",
    code="ORM314",
    since="0.1",
    message="`{read}` {what}",
    severity=Severity.WARNING,
)


@rule.on(OutOfStep)
def check(event: OutOfStep, context: Context) -> Iterator[Diagnostic]:
    """Report a key or a relationship that is read after the other one was set."""
    owner, _, name = event.read.rpartition(".")
    if event.kind == "new" or event.place_given is None:
        fix = Fix(f"flush before it is read, or give `{name}` the object itself")
        what = f"is None before the flush, whatever `{event.given}` says"
        yield rule.at(event.place.span, fix=fix, read=event.read, what=what)
        return
    if event.kind == "key":
        when, cure = "the flush", f"`session.flush()` before it is read, or read it from `{event.given}`"
    else:
        when, cure = (
            "it is loaded again",
            f"set `{event.read}`, or `session.expire({owner}, ['{name}'])` after the flush",
        )
    what = f"does not follow `{event.given}` before {when}: it still gives what it was"
    note = Note(event.place_given.span, f"`{event.given}` is set here")
    yield rule.at(event.place.span, fix=Fix(cure), notes=(note,), read=event.read, what=what)
