"""session-shared-across-threads: a Session belongs to one thread at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.overlapping import Shared
from sqla_lint.rule import Rule

rule = Rule(
    name="session-shared-across-threads",
    code="ORM112",
    since="0.1",
    message="{what}, which belongs to one thread at a time",
    severity=Severity.WARNING,
)

_WHAT = {
    "together": "`{text}()` works in several threads at a time with {name}",
    "turns": "every turn of this loop starts a thread with {name}",
    "another": "a thread is started with {name} while another one works with it",
    "meanwhile": "the function goes on with {name} while this thread works with it",
}


@rule.on(Shared)
def check(shared: Shared, context: Context) -> Iterator[Diagnostic]:
    """Report a session that is in the hands of several threads."""
    if shared.by != "threads":
        return
    notes = (Note(shared.other.span, "it is used here as well"),) if shared.other is not None else ()
    fix = Fix("let each thread open a session of its own, and hand it primary keys and plain values")
    what = _WHAT[shared.how].format(text=shared.text, name=shared.name)
    yield rule.at(shared.place.span, fix=fix, notes=notes, what=what)
