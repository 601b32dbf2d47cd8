"""discarded-generative: a statement is not changed by its methods, each gives another one."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import ValueDropped
from sqla_lint.rule import Rule

rule = Rule(
    name="discarded-generative",
    code="ORM415",
    since="0.1",
    message="`{text}()` gives a new statement, which is dropped: {subject} stays as it was",
    severity=Severity.ERROR,
)


@rule.on(ValueDropped)
def check(dropped: ValueDropped, context: Context) -> Iterator[Diagnostic]:
    """Report a changed statement that nothing is done with."""
    if dropped.kind != "statement" or dropped.name:
        return
    if dropped.call.startswith("select.") and "(" in dropped.text:
        return  # a select() of this very line: there is no other that stays as it was
    subject = dropped.text.rpartition(".")[0]
    name = subject if subject.isidentifier() else "the one before it"
    fix = Fix(f"keep what it gives: `{subject} = {dropped.text}(…)`" if subject.isidentifier() else "use what it gives")
    yield rule.at(dropped.place.span, fix=fix, text=dropped.text, subject=f"`{name}`" if name == subject else name)
