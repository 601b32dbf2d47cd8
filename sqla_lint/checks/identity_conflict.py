"""identity-conflict: a session holds one object per primary key, and the table one row."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import KeyTaken
from sqla_lint.rule import Rule

rule = Rule(
    name="identity-conflict",
    code="ORM307",
    since="0.1",
    message="this new `{cls}` has the primary key of {other}",
    severity=Severity.ERROR,
)


@rule.on(KeyTaken)
def check(taken: KeyTaken, context: Context) -> Iterator[Diagnostic]:
    """Report a new object under a key that another one has."""
    cls = context.class_name(taken.instance.cls)
    notes: tuple[Note, ...] = ()
    if taken.added is None:
        other = f"`{taken.other}`, which the session holds"
        fix = Fix(f"change `{taken.other}`, or `merge()` the new one")
    else:
        other, notes = "another one that waits for the same flush", (Note(taken.added.span, "that one is added here"),)
        fix = Fix(f"add one `{cls}`, and change that one")
    yield rule.at(taken.place.span, fix=fix, notes=notes, cls=cls, other=other)
