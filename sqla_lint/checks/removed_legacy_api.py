"""removed-legacy-api: a call that the SQLAlchemy of the project does not have any more."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.work_events import RemovedCalled
from sqla_lint.rule import Rule

rule = Rule(
    name="removed-legacy-api",
    code="ORM390",
    since="0.1",
    message="`{text}()` {what} since SQLAlchemy 2.0: this raises",
    severity=Severity.ERROR,
    since_generation="2.0",  # who still calls it may well run on 1.4
)

_WHAT = {
    "call": "does not exist",
    "list": "takes no list",
    "text": "takes no plain text",
    "keyword": "has no `{keyword}`",
    "bare": "needs an engine or a connection",
    "true": "gives sessions that have no `{keyword}`",
}


@rule.on(RemovedCalled)
def check(event: RemovedCalled, context: Context) -> Iterator[Diagnostic]:
    """Report a call of what 2.0 has removed, where the project surely runs on that or later."""
    what = _WHAT[event.how].format(keyword=event.keyword)
    yield rule.at(event.place.span, fix=Fix(event.cure), text=event.text, what=what)
