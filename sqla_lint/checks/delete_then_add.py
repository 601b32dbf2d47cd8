"""delete-then-add: in one flush the INSERT comes before the DELETE that should make room for it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import WorkPaired
from sqla_lint.flow.questions import ClassInfo
from sqla_lint.flow.values import ColumnValue, Constant, Instance, derived
from sqla_lint.rule import Rule

rule = Rule(
    name="delete-then-add",
    code="ORM301",
    since="0.1",
    message="the new `{cls}` has the `{key}` of the one deleted in the same flush: INSERT runs before DELETE",
    severity=Severity.ERROR,
)

_UPDATED = "this `{cls}` gets the `{key}` of the one deleted in the same flush: UPDATE runs before DELETE"


@rule.on(WorkPaired)
def check(pair: WorkPaired, context: Context) -> Iterator[Diagnostic]:
    """Report an object that gets the unique key of one whose delete waits for the same flush."""
    if pair.first is None or pair.second is None:
        return
    deleted, other = (pair.first, pair.second) if pair.first.kind == "delete" else (pair.second, pair.first)
    info, old = context.mapping(other.instance.cls), context.mapping(deleted.instance.cls)
    if info is None or old is None or not _same_table(info, old) or other.kind == "add" and not other.instance.new:
        return
    if info.primary and all(_same(column, deleted.instance, other.instance) for column in info.primary):
        return  # the same primary key: the unit of work turns the two into one UPDATE
    for key in info.unique:
        if key != info.primary and all(_same(column, deleted.instance, other.instance) for column in key):
            earlier = Note(pair.first.place.span, f"the {pair.first.kind} that waits for the same flush")
            notes = () if pair.first.place.span == pair.place.span else (earlier,)
            fix = Fix("flush between the two: `session.flush()` after the delete; or change the old row in place")
            text, message = ", ".join(sorted(key)), _UPDATED if other.kind == "update" else None
            yield rule.at(pair.place.span, fix=fix, notes=notes, message=message, cls=info.name, key=text)
            return


def _same_table(info: ClassInfo, other: ClassInfo) -> bool:
    same = info.id == other.id or info.id in other.lineage or other.id in info.lineage
    return same or info.table == other.table != ""


def _same(column: str, deleted: Instance, added: Instance) -> bool:
    """Whether both have, by what the code says, one value in the column."""
    given = dict(added.values)
    new = given.get(column)
    if new is not None and new != Constant(None):
        return (column, new) in deleted.values or new == ColumnValue(deleted.identity, column) != ColumnValue(0, column)
    # A foreign key is often given by its relationship: `Photo(badge=old.badge)`.
    relationship = column.removesuffix("_id")
    target = given.get(relationship)
    return isinstance(target, ColumnValue) and target.identity == derived(deleted.identity, relationship) != 0
