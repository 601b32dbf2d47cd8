"""session-shared-across-tasks: an AsyncSession does one thing at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.overlapping import Shared
from sqla_lint.rule import Rule

rule = Rule(
    name="session-shared-across-tasks",
    code="ORM113",
    since="0.1",
    message="{what}, which can do only one thing at a time",
    severity=Severity.WARNING,
)

_WHAT = {
    "together": "`{text}()` runs several coroutines at a time with {name}",
    "turns": "every turn of this loop starts a task with {name}",
    "another": "a task is started with {name} while another one works with it",
    "meanwhile": "the function goes on with {name} while this task works with it",
}


@rule.on(Shared)
def check(shared: Shared, context: Context) -> Iterator[Diagnostic]:
    """Report an AsyncSession that is in the hands of several tasks."""
    if shared.by != "tasks" or shared.session.kind != "async" or shared.session.guessed:
        return
    notes = (Note(shared.other.span, "it is used here as well"),) if shared.other is not None else ()
    fix = Fix("let each task open a session of its own, or await one after the other")
    what = _WHAT[shared.how].format(text=shared.text, name=shared.name)
    yield rule.at(shared.place.span, fix=fix, notes=notes, what=what)
