"""swallowed-statement-error: PostgreSQL refuses a statement, and the session goes on in the aborted transaction."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.caught import Caught
from sqla_lint.knowledge.databases import is_postgresql
from sqla_lint.knowledge.exceptions import catches_anything
from sqla_lint.rule import Rule

rule = Rule(
    name="swallowed-statement-error",
    code="ORM208",
    since="0.1",
    message="where `{step}()` fails here PostgreSQL aborts the transaction, and the session is used in it again",
    severity=Severity.ERROR,
)


@rule.on(Caught)
def check(caught: Caught, context: Context) -> Iterator[Diagnostic]:
    """Report a handler after which a session is used whose statement was refused."""
    if caught.used is None or caught.flushed is not None or any(map(catches_anything, caught.catches)):
        return  # rolled back, or a matter of the flush; or nobody knows whether it is the statement that fails
    step = next((step for step in caught.steps if step.op == "statement"), None)
    if step is None or not is_postgresql(context.databases):
        return  # elsewhere a refused statement alone is undone
    notes = (Note(step.place.span, "the statement"), Note(caught.used.span, "the session is used again"))
    fix = Fix("put the statement in `with session.begin_nested():`, or roll back first thing in the handler")
    yield rule.at(caught.place.span, fix=fix, notes=notes, step=step.text)
