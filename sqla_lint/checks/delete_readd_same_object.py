"""delete-readd-same-object: adding an object takes its delete back, merging it inserts its row again."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import Readded
from sqla_lint.rule import Rule

rule = Rule(
    name="delete-readd-same-object",
    code="ORM302",
    since="0.1",
    message="{what}",
    severity=Severity.ERROR,
)

_DROPPED = "adding `{name}` takes back its delete, which waits for the same flush"
_REFUSED = "`{name}` was deleted, and no session takes it again"
_MERGED = "`{name}` was deleted, and merging it inserts its row again"


@rule.on(Readded)
def check(again: Readded, context: Context) -> Iterator[Diagnostic]:
    """Report an object that is added or merged after its delete."""
    new = context.class_name(again.instance.cls)
    fix = Fix(f"keep one of the two; to replace the row, flush after the delete and add another `{new}`")
    notes = (Note(again.deleted.span, "it is deleted here"),) if again.deleted is not None else ()
    what = _MERGED if again.by == "merge" else _REFUSED if again.flushed else _DROPPED
    yield rule.at(again.place.span, fix=fix, notes=notes, what=what.format(name=again.name))
