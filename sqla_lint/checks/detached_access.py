"""detached-access: what was not loaded while the session was open cannot be loaded after it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import ColumnRead, RelationshipRead
from sqla_lint.flow.values import Expiry, Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="detached-access",
    code="ORM103",
    since="0.1",
    message="`{path}` is read after {closing} detached the `{owner}`, and {why}: DetachedInstanceError",
    severity=Severity.ERROR,
)


@rule.on(RelationshipRead)
def check_relationship(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a relationship that nothing loaded while there was a session."""
    if read.detached and read.instance is not None:
        owner = context.class_name(read.instance.cls)
        fix = Fix(f"load it with the query: `.options(selectinload({owner}.{read.relationship}))`, or read it inside")
        yield from _report(read, read.instance, read.relationship, owner, "nothing has loaded it", fix)


@rule.on(ColumnRead)
def check_column(read: ColumnRead, context: Context) -> Iterator[Diagnostic]:
    """Report a column that a commit has expired, or that was left out, and that no session can fetch any more."""
    if not read.detached or read.instance is None:
        return
    owner = context.class_name(read.instance.cls)
    if read.why == "expired":
        expiry = read.instance.expired
        why = f"{expiry.by} has expired it" if expiry is not None else "it has expired"
        fix = Fix("read it inside, before the commit or after `session.refresh()`, or set `expire_on_commit=False`")
    elif read.why == "subclass":
        why = "the query of its base has left it out"
        fix = Fix(f"query the rows with `selectin_polymorphic()` or `with_polymorphic()` of `{owner}`")
    elif read.why == "updated":
        why = "the database has worked it out in an UPDATE"
        fix = Fix("read it inside, after `session.refresh()`")
    else:
        why, fix = "it is deferred", Fix(f"load it with the query: `.options(undefer({owner}.{read.column}))`")
    yield from _report(read, read.instance, read.column, owner, why, fix)


def _report(
    read: RelationshipRead | ColumnRead, instance: Instance, name: str, owner: str, why: str, fix: Fix
) -> Iterator[Diagnostic]:
    closing, producer = instance.detached, instance.producer
    if closing is None or producer is not None and not producer.seen:
        return  # the rows were given: whether they had a session is the caller's to know
    notes = [Note(closing.place.span, f"{closing.by} is here")]
    if instance.expired is not None and instance.expired.place.span != closing.place.span:
        notes.append(Note(instance.expired.place.span, f"{instance.expired.by} is here"))
    yield rule.at(
        read.place.span, fix=fix, notes=tuple(notes), path=f"{owner}.{name}", closing=_by(closing), owner=owner, why=why
    )


def _by(closing: Expiry) -> str:
    return closing.by
