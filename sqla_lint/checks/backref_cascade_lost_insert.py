"""backref-cascade-lost-insert: since 2.0 a parent in the session does not bring in the object that is given it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import NeverAdded
from sqla_lint.rule import Rule

rule = Rule(
    name="backref-cascade-lost-insert",
    code="ORM305",
    since="0.1",
    message="nothing adds this `{cls}` to a session, and `{parent}` does not bring it in: it is never written",
    severity=Severity.ERROR,
)


@rule.on(NeverAdded)
def check(lost: NeverAdded, context: Context) -> Iterator[Diagnostic]:
    """Report an object that is only given its parent, where a relationship that leads back once added it."""
    info = context.mapping(lost.instance.cls)
    if not context.version.since("2.0") or info is None:
        return  # before, the backref brings it in
    back = info.relationships[lost.relationship].reverse
    fix = Fix(f"add it: `session.add({lost.name or f'{info.name}(…)'})`, or append it to `{lost.parent}.{back}`")
    yield rule.at(lost.place.span, fix=fix, cls=info.name, parent=lost.parent)
