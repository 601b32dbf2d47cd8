"""lazy-load-in-loop: a relationship read for each row sends a SELECT for each row (N+1)."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import RelationshipRead
from sqla_lint.rule import Rule

rule = Rule(
    name="lazy-load-in-loop",
    code="ORM401",
    since="0.1",
    message="`{path}` is loaded {often} of `{rows}`",
    severity=Severity.WARNING,
)


@rule.on(RelationshipRead)
def check(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a load that a loop repeats for instances that differ from turn to turn."""
    loop = read.loop
    if loop is None or not read.emits_sql or read.instance is None:
        return  # loaded already, or no loop to multiply it
    if loop.turns is not None and loop.turns <= 1:
        return
    seen = read.producer is not None and read.producer.seen
    if not seen and context.mostly_async:
        return  # under an AsyncSession a lazy load raises: code that works gets such rows loaded
    owner = context.class_name(read.instance.cls)
    often = "once per distinct target" if read.many_to_one else "once per row"
    yield rule.at(
        read.place.span,
        fix=_fix(read, owner),
        notes=tuple(_notes(read)),
        confidence=Confidence.HIGH if seen else Confidence.MEDIUM,
        path=f"{owner}.{read.relationship}",
        often=often,
        rows=loop.source,
    )


def _notes(read: RelationshipRead) -> Iterator[Note]:
    if read.producer is not None and read.producer.place is not None:
        yield Note(read.producer.place.span, "the rows come from here")
    if read.via is not None:
        yield Note(read.via.span, f"`{read.text}` is read here" if read.loop and read.loop.id else "called from here")


def _fix(read: RelationshipRead, owner: str) -> Fix:
    loader = "selectinload" if read.collection else "joinedload"
    return Fix(f"load it with the rows: `.options({loader}({owner}.{read.relationship}))` on their query")
