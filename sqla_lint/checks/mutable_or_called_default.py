"""mutable-or-called-default: one value, made at import, for every row."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.columns import Column
from sqla_lint.flow.events import ClassDeclared
from sqla_lint.rule import Rule

rule = Rule(
    name="mutable-or-called-default",
    code="ORM330",
    since="0.1",
    message="the {option} of `{column}` is {what}",
    severity=Severity.WARNING,
)

_UNCALLED = Fix("pass the function, not its result: without the call, or as a lambda")


@rule.on(ClassDeclared)
def check(declared: ClassDeclared, context: Context) -> Iterator[Diagnostic]:
    """Report a default that is one object where each row was to get its own."""
    for column in declared.columns:
        name = f"{context.class_name(declared.cls)}.{column.name}"
        place = declared.place_of(column.name)
        if column.onupdate == "called":
            what = "called once at import: every UPDATE writes the same value"
            yield rule.at(place.span, fix=_UNCALLED, option="`onupdate`", column=name, what=what)
        default = column.default
        if default is None or default.kind not in ("called", "mutable") or column.at_once:
            continue
        if default.kind == "mutable" and column.tracked:
            continue  # a tracked type makes a copy for each row
        yield rule.at(place.span, fix=_fix(column), option="default", column=name, what=_what(column))


def _what(column: Column) -> str:
    assert column.default is not None
    if column.default.kind == "mutable":
        return "one object that all rows share: what is put into it for one shows in the next"
    return f"`{column.default.text}(…)`, called once at import: every row gets the same value"


def _fix(column: Column) -> Fix:
    assert column.default is not None
    if column.default.kind == "mutable":
        return Fix("pass what makes one: `default=list` or `default=dict`, or a lambda")
    return _UNCALLED
