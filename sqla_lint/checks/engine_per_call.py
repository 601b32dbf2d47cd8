"""engine-per-call: an engine that is made for one use leaves a pool of connections behind."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.endings import EngineMade
from sqla_lint.rule import Rule

rule = Rule(
    name="engine-per-call",
    code="ORM111",
    since="0.1",
    message="each {serves} makes an engine of its own here, whose pool of connections nobody disposes of",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on(EngineMade)
def check(made: EngineMade, context: Context) -> Iterator[Diagnostic]:
    """Report an engine that a function makes each time, and that only this function ever sees."""
    fix = Fix("make it once, at the top of the module or in a function under `lru_cache`, or `dispose()` of it")
    yield rule.at(made.place.span, fix=fix, serves=made.serves)
