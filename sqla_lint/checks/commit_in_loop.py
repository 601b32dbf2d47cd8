"""commit-in-loop: one transaction per item."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import Committed, Loop
from sqla_lint.rule import Rule

rule = Rule(
    name="commit-in-loop",
    code="ORM201",
    since="0.1",
    message="`{call}` commits once per turn of `{loop}`: one transaction per item",
    severity=Severity.WARNING,
    costs=True,
)

_FEW = 5


@rule.on(Committed)
def check(commit: Committed, context: Context) -> Iterator[Diagnostic]:
    """Report a commit that a loop over a finite set of items repeats."""
    loop = commit.loop
    if loop is None or not commit.repeats or not commit.works:
        return  # not repeated, or nothing was written since the last one
    if commit.session is not None and commit.session.bound_to_connection:
        return  # it takes part in the transaction of the connection it was given
    if commit.cuts and context.may_be_postgresql:
        return  # commit-while-streaming
    if commit.durable or commit.guarded or loop.isolates:
        return  # meant: a failed item leaves the others committed, a batch is full
    if loop.polls or loop.retries or loop.chunks or loop.io or loop.yields:
        return  # waits for work, tries again, handles batches, or must not hold a transaction while others work
    if loop.turns is not None and loop.turns <= _FEW:
        return
    notes = []
    if loop.place is not None:
        notes.append(Note(loop.place.span, "the loop"))
    if commit.via is not None:
        notes.append(Note(commit.via.span, "the commit"))
    fix = Fix("commit once after the loop; for very many items, once per batch")
    yield rule.at(commit.place.span, fix=fix, notes=tuple(notes), call=_call(commit), loop=_loop(loop))


def _call(commit: Committed) -> str:
    return f"{commit.name}()" if commit.name else "commit()"


def _loop(loop: Loop) -> str:
    return f"{loop.kind} {loop.source}" if loop.kind == "while" else f"{loop.kind} {loop.target} in {loop.source}"
