"""append-to-unloaded-collection: adding to a collection loads all of it first, once per row."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import RelationshipRead
from sqla_lint.flow.multiplied import multiplies
from sqla_lint.rule import Rule

rule = Rule(
    name="append-to-unloaded-collection",
    code="ORM424",
    since="0.1",
    message="adding to `{path}` loads it first, once per row of `{rows}`",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(RelationshipRead)
def check(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a collection that a loop loads only to add to it."""
    if not multiplies(read) or not read.adds or read.instance is None or read.loop is None:
        return
    seen = read.producer is not None and read.producer.seen
    if not seen and context.mostly_async:
        return  # under an AsyncSession a lazy load raises: code that works gets such rows loaded
    owner = context.class_name(read.instance.cls)
    target = context.mapping(read.target)
    other = target.relationships.get(read.reverse) if target is not None else None
    if other is not None and other.many_to_one:
        name = context.class_name(read.target)
        fix = Fix(f"set `{name}.{other.name}` instead, and `add()` the {name} to the session")
    else:
        fix = Fix(f"load it with the rows: `.options(selectinload({owner}.{read.relationship}))` on their query")
    notes: tuple[Note, ...] = ()
    if read.producer is not None and read.producer.place is not None:
        notes = (Note(read.producer.place.span, "the rows come from here"),)
    yield rule.at(
        read.place.span,
        fix=fix,
        notes=notes,
        confidence=Confidence.HIGH if seen else Confidence.MEDIUM,
        path=f"{owner}.{read.relationship}",
        rows=read.loop.source,
    )
