"""commit-while-streaming: PostgreSQL keeps a cursor no longer than its transaction."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.transacted import StreamCut
from sqla_lint.rule import Rule

rule = Rule(
    name="commit-while-streaming",
    code="ORM204",
    since="0.1",
    message="`{call}()` closes the cursor of the loop over the rows of `{rows}`: on PostgreSQL its next batch raises",
    severity=Severity.ERROR,
)


@rule.on(StreamCut)
def check(cut: StreamCut, context: Context) -> Iterator[Diagnostic]:
    """Report the end of a transaction inside a loop over its rows, in projects that may run on PostgreSQL."""
    if not cut.repeats or not context.may_be_postgresql:
        return  # the loop ends with it; or the driver has all rows by then
    notes = [] if cut.loop.place is None else [Note(cut.loop.place.span, "the rows come from here, batch by batch")]
    if cut.via is not None:
        notes.append(Note(cut.via.span, "it ends here"))
    fix = Fix("write with another session, or `flush()` here and commit after the loop")
    yield rule.at(cut.place.span, fix=fix, notes=tuple(notes), call=cut.by or "commit", rows=cut.loop.source)
