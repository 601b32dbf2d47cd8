"""lazy-load-under-async: an AsyncSession cannot load what is merely read."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context, along
from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import ColumnRead, RelationshipRead
from sqla_lint.flow.query_events import RaisingRead
from sqla_lint.rule import Rule

rule = Rule(
    name="lazy-load-under-async",
    code="ORM501",
    since="0.1",
    message="`{path}` {why}, and reading it under an AsyncSession raises MissingGreenlet",
    severity=Severity.ERROR,
    instead_of="raise-loaded-access",
)


@rule.on(RelationshipRead)
def check_relationship(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a relationship that nothing has loaded, of an instance of an AsyncSession."""
    if not read.asynchronous or read.detached or not read.emits_sql or read.instance is None:
        return
    if read.many_to_one and read.loop is None:
        return  # one target is often in the session already, which costs and raises nothing
    owner = context.class_name(read.instance.cls)
    expiry = read.instance.expired
    notes = [Note(expiry.place.span, f"{expiry.by} is here")] if expiry is not None else []
    notes += [Note(read.via.span, f"`{read.text}` reads it")] if read.via is not None and read.outside else []
    loader = "selectinload" if read.collection else "joinedload"
    yield rule.at(
        read.place.span,
        fix=Fix(
            "query its rows with the session: a dynamic relationship does so by itself"
            if read.dynamic
            else f"load it with the query: `.options({loader}({owner}.{read.relationship}))`"
        ),
        notes=tuple(notes),
        confidence=Confidence.HIGH if read.collection else Confidence.MEDIUM,
        path=f"{owner}.{read.relationship}",
        why="was expired by " + expiry.by if expiry is not None else "is not loaded",
    )


@rule.on(RaisingRead)
def check_raising(read: RaisingRead, context: Context) -> Iterator[Diagnostic]:
    """Report what a mapping or an option sets to raise: the cure is that of every other load under asyncio."""
    if not read.asynchronous:
        return
    owner, relationship = context.class_name(read.instance.cls), read.relationship
    loader = "selectinload" if relationship.collection else "joinedload"
    path = f"{owner}.{relationship.name}"
    option = along(read.instance.path, f"{loader}({path})")
    message = "`{path}` {why}, and nothing on the way has loaded it: InvalidRequestError"
    fix = Fix(f"load it with the query: `.options({option})`")
    yield rule.at(read.place.span, message=message, fix=fix, about=path, path=path, why=f"is set to raise {read.by}")


@rule.on(ColumnRead)
def check_column(read: ColumnRead, context: Context) -> Iterator[Diagnostic]:
    """Report a column that is expired or deferred, of an instance of an AsyncSession."""
    if not read.asynchronous or read.detached or read.instance is None or read.why == "raised":
        return  # no such read; or one that raises of itself: raise-loaded-access
    owner = context.class_name(read.instance.cls)
    expiry = read.instance.expired
    notes = []
    if read.why == "expired" and expiry is not None:
        why = f"was expired by {expiry.by}"
        fix = Fix("`await session.refresh(...)` after it, or sessions with `expire_on_commit=False`")
        notes = [Note(expiry.place.span, f"{expiry.by} is here")]
    elif read.why == "subclass":
        why = f"is left out by a query of the class that `{owner}` derives from"
        fix = Fix(f"query the rows with `selectin_polymorphic()` or `with_polymorphic()` of `{owner}`")
    elif read.why == "updated":
        why = "is worked out by the database in an UPDATE, and not fetched"
        fix = Fix("`await session.refresh(...)` after it, or `eager_defaults=True` in the mapping")
    else:
        why, fix = "is deferred", Fix(f"load it with the query: `.options(undefer({owner}.{read.column}))`")
    yield rule.at(read.place.span, fix=fix, notes=tuple(notes), path=f"{owner}.{read.column}", why=why)
