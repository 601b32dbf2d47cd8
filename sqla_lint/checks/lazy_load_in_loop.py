"""lazy-load-in-loop: a relationship read for each row sends a SELECT for each row (N+1)."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context, along
from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import ColumnRead, Loop, RelationshipRead
from sqla_lint.flow.multiplied import is_joined, multiplies, notes_of
from sqla_lint.rule import Rule

rule = Rule(
    name="lazy-load-in-loop",
    code="ORM401",
    since="0.1",
    message="`{path}` is loaded {often} of `{rows}`",
    severity=Severity.WARNING,
    costs=True,
)

_FETCHED = "`{path}` is loaded in each turn of the loop over `{rows}`, after the query for its row"
_OUTSIDE = "`{path}` is loaded {often} of `{rows}` in `{where}`"


@rule.on(RelationshipRead)
def check(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a load that a loop repeats for instances that differ from turn to turn."""
    loop = read.loop
    if loop is None or read.instance is None or not multiplies(read) or read.adds:
        return  # what is only added to is append-to-unloaded-collection
    seen = read.producer is not None and read.producer.seen
    if not seen and context.mostly_async:
        return  # under an AsyncSession a lazy load raises: code that works gets such rows loaded
    owner = context.class_name(read.instance.cls)
    often = "once per distinct target" if read.many_to_one else "once per row"
    yield rule.at(
        read.place.span,
        message=_message(read, loop),
        fix=_fix(read, owner, context),
        notes=notes_of(read),
        confidence=Confidence.HIGH if seen else Confidence.MEDIUM,
        steps=len(read.instance.path),
        about=f"{owner}.{read.relationship}",
        path=f"{owner}.{read.relationship}",
        often=often,
        rows=loop.source,
        where=read.outside,
    )


@rule.on(ColumnRead)
def check_column(read: ColumnRead, context: Context) -> Iterator[Diagnostic]:
    """Report a column that each turn of a loop fetches for its row."""
    loop, row = read.loop, read.instance
    if loop is None or row is None or read.detached or read.asynchronous or read.after_failure or loop.turns == 1:
        return  # no loop to multiply it, or it raises: detached-access, lazy-load-under-async
    if read.why == "raised":
        return  # it raises: raise-loaded-access
    if read.why != "expired" and (row.producer is None or not row.producer.seen):
        return  # whoever has queried them may have asked for it
    owner = context.class_name(row.cls)
    if row.expired is not None and read.why == "expired":
        fix = Fix("read it before they expire, or query the rows again")
        notes: tuple[Note, ...] = (Note(row.expired.place.span, f"{row.expired.by} expires what was loaded before"),)
    elif read.why == "subclass":
        fix, notes = Fix(f"query them as they are: `selectin_polymorphic()` or `with_polymorphic()` with `{owner}`"), ()
    else:
        option = along(row.path, f"undefer({owner}.{read.column})")
        fix, notes = Fix(f"load it with the rows: `.options({option})` on their query"), ()
    path = f"{owner}.{read.column}"
    yield rule.at(read.place.span, fix=fix, notes=notes, about=path, path=path, often="once per row", rows=loop.source)


def _message(read: RelationshipRead, loop: Loop) -> str | None:
    if read.producer is not None and 0 != read.producer.inside == loop.id:
        return _FETCHED
    return _OUTSIDE if read.outside else None


def _fix(read: RelationshipRead, owner: str, context: Context) -> Fix:
    if read.dynamic:
        target = context.class_name(read.target)
        return Fix(f"query `{target}` once for all rows: a dynamic relationship cannot be loaded with them")
    loader = "selectinload" if read.collection else "joinedload"
    if read.instance is not None and is_joined(read, context.mapping(read.instance.cls)):
        loader = "contains_eager"  # the join is there already
    steps = read.instance.path if read.instance is not None else ()
    option = along(steps, f"{loader}({owner}.{read.relationship})")
    if read.instance is not None and read.instance.expired is not None:
        return Fix(f"read it before they expire, or query the rows again with `.options({option})`")
    return Fix(f"load it with the rows: `.options({option})` on their query")
