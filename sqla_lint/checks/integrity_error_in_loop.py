"""integrity-error-in-loop: one bad item of a loop undoes the good ones before it, or is not noticed at all."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.caught import Caught
from sqla_lint.flow.events import Loop
from sqla_lint.knowledge.exceptions import is_duplicate
from sqla_lint.rule import Rule

rule = Rule(
    name="integrity-error-in-loop",
    code="ORM209",
    since="0.1",
    message="the rollback for one item of `{loop}` undoes what was flushed for the items before it",
    severity=Severity.WARNING,
)

_NEVER = "`{step}()` sends nothing: IntegrityError is raised by a later flush, outside of this `try`"
_FIX = "flush each item in `with session.begin_nested():` and catch the error around it"


@rule.on(Caught)
def check(caught: Caught, context: Context) -> Iterator[Diagnostic]:
    """Report a rollback that the loop goes on after, and a handler that an `add()` alone never reaches."""
    loop = caught.loop
    if loop is None or not caught.swallows or loop.polls or loop.retries or loop.turns == 1:
        return  # no items, or the same one again
    ops, written = {step.op: step for step in caught.steps}, caught.flushed
    if set(ops) == {"add"} and not caught.opaque and all(is_duplicate(item) for item in caught.catches):
        step = ops["add"]
        note = Note(step.place.span, "the add")
        yield rule.at(caught.place.span, fix=Fix(_FIX), notes=(note,), message=_NEVER, step=step.text)
        return
    if written is None or caught.used is not None:
        return  # nothing is written, or it is worse: on some way nothing is rolled back
    if "commit" in ops or caught.session in loop.committed:
        return  # each item is kept for good before the next one
    if caught.rolled_back and caught.repeats:
        note = Note(written.place.span, "the flush")
        yield rule.at(caught.place.span, fix=Fix(_FIX), notes=(note,), loop=_loop(loop))


def _loop(loop: Loop) -> str:
    return f"{loop.kind} {loop.source}" if loop.kind == "while" else f"{loop.kind} {loop.target} in {loop.source}"
