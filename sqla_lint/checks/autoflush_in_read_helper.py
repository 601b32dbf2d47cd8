"""autoflush-in-read-helper: a helper that only reads writes what its caller has changed so far."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.work_events import ReadFlushes
from sqla_lint.rule import Rule

rule = Rule(
    name="autoflush-in-read-helper",
    code="ORM310",
    since="0.1",
    message="`{call}()` only reads, and its query first writes the `{cls}` that is changed before",
    severity=Severity.ADVICE,
    default=False,
)


@rule.on(ReadFlushes)
def check(read: ReadFlushes, context: Context) -> Iterator[Diagnostic]:
    """Report the call of a function that does nothing but query, while changes wait in its session."""
    notes = [Note(read.changed.span, "this waits in the session")] if read.changed is not None else []
    if read.via is not None:
        notes.append(Note(read.via.span, "the query"))
    fix = Fix(f"call `{read.call}()` before anything is changed, or `flush()` where the write is meant")
    yield rule.at(read.place.span, fix=fix, notes=tuple(notes), call=read.call, cls=context.class_name(read.cls))
