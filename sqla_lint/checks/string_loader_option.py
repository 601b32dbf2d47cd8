"""string-loader-option: a loader option is given the name of an attribute as a text."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.loading import WILDCARD
from sqla_lint.flow.values import Constant
from sqla_lint.knowledge.loaders import HOMES, NAMING
from sqla_lint.rule import Rule

rule = Rule(
    name="string-loader-option",
    code="ORM407",
    since="0.1",
    message='`{option}("{name}")` raises since SQLAlchemy 2.0: it takes attributes, not their names as texts',
    severity=Severity.ERROR,
    since_generation="2.0",
)


@rule.on_call("library", *sorted(NAMING))
@rule.on_call("option", *sorted(NAMING))
def check(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report the first text that names an attribute, where no earlier generation can run it."""
    if called.kind == "library" and not called.dotted.startswith(HOMES):
        return
    for given in called.positional:
        if isinstance(given.value, Constant) and isinstance(given.value.value, str) and given.value.value != WILDCARD:
            name = given.value.value
            fix = Fix(f"name the attribute by its class: `{called.name}(….{name.rpartition('.')[2]})`")
            yield rule.at(given.place.span, fix=fix, option=called.text, name=name)
            return
