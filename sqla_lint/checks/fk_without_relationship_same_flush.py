"""fk-without-relationship-same-flush: only a relationship tells a flush which of two tables comes first."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import AddedTogether
from sqla_lint.flow.lattice import is_told
from sqla_lint.flow.questions import ClassInfo
from sqla_lint.flow.values import ColumnValue, Constant, Instance
from sqla_lint.rule import Rule

rule = Rule(
    name="fk-without-relationship-same-flush",
    code="ORM304",
    since="0.1",
    message="nothing tells the flush that the `{parent}` comes before the `{child}` whose `{column}` names it",
    severity=Severity.WARNING,
)


@rule.on(AddedTogether)
def check(pair: AddedTogether, context: Context) -> Iterator[Diagnostic]:
    """Report a foreign key set by value to the key of an object of the same flush, between unrelated classes."""
    if pair.first is None or pair.second is None or context.databases == {"sqlite"}:
        return  # that database does not look at foreign keys unless it is told to
    for child, parent in ((pair.first, pair.second), (pair.second, pair.first)):
        info, target = context.mapping(child.instance.cls), context.mapping(parent.instance.cls)
        if info is None or target is None or info.is_related(target):
            continue
        column = _naming(child.instance, info, parent.instance, target)
        if column:
            notes = (Note(pair.first.place.span, "the other one of the two is added here"),)
            fix = Fix(f"flush once the `{target.name}` is added, or declare a relationship between the two classes")
            yield rule.at(pair.place.span, fix=fix, notes=notes, parent=target.name, child=info.name, column=column)
            return


def _naming(child: Instance, info: ClassInfo, parent: Instance, target: ClassInfo) -> str:
    """The foreign key by which one object names the key of the other, as far as the code says so."""
    given, known = dict(child.values), dict(parent.values)
    unique = {target.primary, *target.unique}
    for column in info.columns.values():
        value = given.get(column.name, Constant(None))
        for key in column.foreign_keys if is_told(value) else ():
            same = value in (known.get(key.attribute), ColumnValue(parent.identity, key.attribute))
            # A database takes no foreign key to what is not unique, whatever the class says.
            enforced = not key.deferred and frozenset({key.attribute}) in unique
            if same and enforced and key.cls in (target.id, *target.lineage):
                return column.name
    return ""
