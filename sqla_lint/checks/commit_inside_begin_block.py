"""commit-inside-begin-block: the block's transaction is over, and the session is used in it once more."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.transacted import CONNECTION, UsedAfterEnd
from sqla_lint.rule import Rule

rule = Rule(
    name="commit-inside-begin-block",
    code="ORM205",
    since="0.1",
    message="`{by}` ends the transaction of the block around it, so that `{use}` on line {line} raises",
    severity=Severity.ERROR,
    instead_of="swallowed-flush-error",
)


@rule.on(UsedAfterEnd)
def check(used: UsedAfterEnd, context: Context) -> Iterator[Diagnostic]:
    """Report what ends a block's transaction, where the block goes on to use the session."""
    if used.used is None or used.block is None:
        return
    if (used.nested or used.session.key == CONNECTION) and not context.version.since("2.0"):
        return  # before 2.0 it ends the savepoint alone, or does not exist, unless they are of the new style
    notes = [Note(used.block.span, "the block"), Note(used.used.span, "this raises")]
    if used.via is not None:
        notes.append(Note(used.via.span, f"`{used.by}` ends it here"))
    fix = Fix("leave it to the end of the block, or begin another block for the rest")
    line = used.used.span.line
    yield rule.at(used.place.span, fix=fix, notes=tuple(notes), about=used.by, by=used.by, use=used.use, line=line)
