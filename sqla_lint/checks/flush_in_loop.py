"""flush-in-loop: one flush per item, where nothing in the turn waits for it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import Called
from sqla_lint.rule import Rule

rule = Rule(
    name="flush-in-loop",
    code="ORM202",
    since="0.1",
    message="`{call}()` ends each turn of `for {target} in {source}`: what one flush writes together goes one by one",
    severity=Severity.ADVICE,
    default=False,
    costs=True,
)

_FEW = 5


@rule.on_call("session", "flush")
def check(flush: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a flush that a loop repeats, and after which the turn does nothing more."""
    loop = flush.loop
    if loop is None or not flush.repeats or not flush.last or flush.positional:
        return  # what follows in the turn may need what the flush has written, the id of a new object say
    if loop.polls or loop.retries or loop.chunks or loop.isolates:
        return  # a batch is full, or a failed item is dealt with alone
    if loop.turns is not None and loop.turns <= _FEW:
        return
    notes = () if loop.place is None else (Note(loop.place.span, "the loop"),)
    fix = Fix("flush once, after the loop; the commit flushes as well")
    yield rule.at(flush.place.span, fix=fix, notes=notes, call=flush.text, target=loop.target, source=loop.source)
