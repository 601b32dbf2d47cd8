"""catch-flush-error: `except FlushError` for a duplicate key, which raises IntegrityError."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.caught import Caught
from sqla_lint.knowledge.exceptions import catches_duplicate, is_flush_error
from sqla_lint.rule import Rule

rule = Rule(
    name="catch-flush-error",
    code="ORM210",
    since="0.1",
    message="a duplicate key raises IntegrityError, which `except FlushError` does not catch",
    severity=Severity.WARNING,
)


@rule.on(Caught)
def check(caught: Caught, context: Context) -> Iterator[Diagnostic]:
    """Report a handler of FlushError beside which nothing catches a duplicate."""
    if not any(is_flush_error(item) for item in caught.catches) or not context.version.since("1.4"):
        return
    if any(catches_duplicate(item) for item in (*caught.catches, *caught.others)):
        return  # both are caught
    ops = {step.op for step in caught.steps}
    written = caught.flushed
    if "add" not in ops or written is None:
        return  # nothing new is written in it
    fix = Fix("catch IntegrityError as well")
    yield rule.at(caught.place.span, fix=fix, notes=(Note(written.place.span, "the flush"),))
