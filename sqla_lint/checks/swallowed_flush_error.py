"""swallowed-flush-error: a flush that fails is passed over, and the session is used without a rollback."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.caught import Caught
from sqla_lint.rule import Rule

rule = Rule(
    name="swallowed-flush-error",
    code="ORM207",
    since="0.1",
    message="where `{step}()` fails here the session is used again without a rollback: PendingRollbackError",
    severity=Severity.ERROR,
)

_WITHIN = (
    "where `{step}()` fails here the session is used again within a block that is rolled back: InvalidRequestError"
)
_BACK = "roll back first thing in the handler, or put the work in `with session.begin_nested():`"
_AROUND = "put the `try` around the `with` block"


@rule.on(Caught)
def check(caught: Caught, context: Context) -> Iterator[Diagnostic]:
    """Report a handler after which a session is used whose flush has failed."""
    step = caught.flushed
    if caught.used is None or step is None:
        return  # rolled back, closed, or not used again; or who knows what fails
    notes = (Note(step.place.span, "the flush"), Note(caught.used.span, "the session is used again"))
    yield rule.at(
        caught.place.span,
        fix=Fix(_AROUND if caught.within else _BACK),
        notes=notes,
        message=_WITHIN if caught.within else None,
        about=f"{step.text}()",
        told_of=step.place.span,
        step=step.text,
    )
