"""eager-lost: what an option of a query loads, or would load, is not there when it is read."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import RelationshipRead
from sqla_lint.flow.multiplied import is_undone, multiplies, notes_of
from sqla_lint.flow.query_events import OptionsPassedOver, PassedBy
from sqla_lint.rule import Rule

rule = Rule(
    name="eager-lost",
    code="ORM412",
    since="0.1",
    message="`{path}` came with its rows, and {by} has expired them: it is loaded again, once per row of `{rows}`",
    severity=Severity.WARNING,
    costs=True,
    instead_of="lazy-load-in-loop",
)

_PASSED_OVER = "`{name}` is in the session already, so that `{call}()` passes over its option to load `{path}`"
_STAYS = "`{name}` holds rows whose `{path}` is loaded {how}: this statement leaves it so, whatever its option says"


@rule.on(RelationshipRead)
def check_read(read: RelationshipRead, context: Context) -> Iterator[Diagnostic]:
    """Report a loop over rows whose eager load was undone between the query and the read."""
    if read.loop is None or read.instance is None or read.instance.expired is None:
        return
    if not multiplies(read) or not is_undone(read) or read.adds:
        return
    seen = read.producer is not None and read.producer.seen
    expired = read.instance.expired
    by = f"`{expired.by}`" if expired.by.endswith(")") else expired.by
    path = f"{context.class_name(read.instance.cls)}.{read.relationship}"
    yield rule.at(
        read.place.span,
        fix=Fix(f"read it before {by}, or query the rows again after it"),
        notes=notes_of(read),
        confidence=Confidence.HIGH if seen else Confidence.MEDIUM,
        steps=len(read.instance.path),
        about=path,
        path=path,
        by=by,
        rows=read.loop.source,
    )


@rule.on(OptionsPassedOver)
def check_get(passed: OptionsPassedOver, context: Context) -> Iterator[Diagnostic]:
    """Report a `get()` with options for an object that is at hand without what they load."""
    notes = () if passed.loaded is None else (Note(passed.loaded.span, f"`{passed.name}` is loaded here"),)
    yield rule.at(
        passed.place.span,
        message=_PASSED_OVER,
        fix=Fix("give the option to the statement that loads it first, or `populate_existing=True` to this one"),
        notes=notes,
        name=passed.name,
        call=passed.text,
        path=f"{context.class_name(passed.owner)}.{passed.relationship}",
    )


@rule.on(PassedBy)
def check_filled(passed: PassedBy, context: Context) -> Iterator[Diagnostic]:
    """Report an option for a collection that another statement has filled with more, or with fewer, of its rows."""
    notes = () if passed.loaded is None else (Note(passed.loaded.span, f"`{passed.name}` is loaded here"),)
    yield rule.at(
        passed.place.span,
        message=_STAYS,
        fix=Fix("read them anew: `.execution_options(populate_existing=True)`"),
        notes=notes,
        name=passed.name,
        how="in part, by a join" if passed.partly else "with all that is in it",
        path=f"{context.class_name(passed.owner)}.{passed.relationship}",
    )
