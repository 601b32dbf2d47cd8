"""io-in-transaction: somebody else is waited for, and the transaction keeps its connection all the while."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.transacted import Waited
from sqla_lint.rule import Rule

rule = Rule(
    name="io-in-transaction",
    code="ORM211",
    since="0.1",
    message="`{call}()` waits in the transaction that `{by}` on line {line} has begun: its connection stays out",
    severity=Severity.ADVICE,
    default=False,
    costs=True,
)


@rule.on(Waited)
def check(waited: Waited, context: Context) -> Iterator[Diagnostic]:
    """Report a call that waits for the outside world while a transaction is open."""
    if waited.began is None:
        return
    notes = (Note(waited.began.span, "begun here"),)
    fix = Fix("do it before the first statement, or after the commit")
    line = waited.began.span.line
    yield rule.at(waited.place.span, fix=fix, notes=notes, call=waited.call, by=waited.by, line=line)
