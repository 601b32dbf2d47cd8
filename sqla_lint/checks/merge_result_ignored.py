"""merge-result-ignored: what was merged stays outside the session, its copy is inside."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import ValueDropped
from sqla_lint.flow.values import Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="merge-result-ignored",
    code="ORM308",
    since="0.1",
    message="`{name}` stays outside the session that merges it, and is used again as if it were inside",
    severity=Severity.WARNING,
)


@rule.on(ValueDropped)
def check(dropped: ValueDropped, context: Context) -> Iterator[Diagnostic]:
    """Report an object that is changed, or handed to its session, after a copy of it was merged."""
    given = dropped.given
    if dropped.kind != "merged" or dropped.again is None or not isinstance(given, Instance):
        return
    info = context.mapping(given.cls)
    if info is None or not given.free.isdisjoint(info.relationships):
        return  # it may have come into the session with what it belongs to
    name = dropped.argument
    note = Note(dropped.again.span, f"`{name}` is used here")
    fix = Fix(f"go on with what it gives: `{name} = {dropped.text}({name})`")
    yield rule.at(dropped.place.span, fix=fix, notes=(note,), name=name)
