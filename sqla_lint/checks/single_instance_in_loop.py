"""single-instance-in-loop: one object, made before a loop, is changed and added in every turn."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.work_events import AddedAgain
from sqla_lint.rule import Rule

rule = Rule(
    name="single-instance-in-loop",
    code="ORM311",
    since="0.1",
    message="`{name}` is one object for all turns of the loop: one row is written, with what the last turn gave it",
    severity=Severity.WARNING,
)


@rule.on(AddedAgain)
def check(event: AddedAgain, context: Context) -> Iterator[Diagnostic]:
    """Report an object that a loop adds again and again, each time with other values."""
    if not event.repeats:
        return  # it ends the loop
    assert event.row is not None and event.made is not None
    made = context.class_name(event.row.cls)
    fix = Fix(f"make one in each turn: move `{event.name} = {made}(…)` into the loop")
    note = Note(event.made.span, f"`{event.name}` is made here, before the loop")
    yield rule.at(event.place.span, fix=fix, notes=(note,), name=event.name)
