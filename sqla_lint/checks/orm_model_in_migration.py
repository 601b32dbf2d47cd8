"""orm-model-in-migration: a revision stays as it is, the models of the application do not."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.values import ClassValue, Instance, MappedAttribute, Value
from sqla_lint.rule import Rule

rule = Rule(
    name="orm-model-in-migration",
    code="ORM607",
    since="0.1",
    message="`{text}()` works with `{cls}` of the application, which later revisions go on to change",
    severity=Severity.ADVICE,
    default=False,
)


@rule.on_call("session", "add", "get", "get_one", "merge", "query")
@rule.on_call("library", "delete", "insert", "select", "update")
def check(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a statement or an object of a mapped class that the revision does not declare itself."""
    function = called.function
    if function is None or not context.is_revision(function.module):
        return
    for given in called.positional:
        id_ = _class(given.value)
        info = context.mapping(id_) if id_ else None
        if info is None or not info.mapped or id_.partition(":")[0] == function.module:
            continue  # no model, or one of the revision's own
        name = context.class_name(id_)
        fix = Fix(f"declare in the revision what it needs of it: `sa.table({info.table!r}, sa.column(…))`")
        yield rule.at(called.place.span, fix=fix, text=called.text, cls=name)
        return


def _class(value: Value) -> str:
    match value:
        case ClassValue(id=id_) | MappedAttribute(owner=id_) | Instance(cls=id_):
            return id_
    return ""
