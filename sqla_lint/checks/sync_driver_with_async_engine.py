"""sync-driver-with-async-engine: an asynchronous engine wants a driver that is."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.values import Constant
from sqla_lint.knowledge.drivers import synchronous
from sqla_lint.rule import Rule

rule = Rule(
    name="sync-driver-with-async-engine",
    code="ORM506",
    since="0.1",
    message="the URL names the driver `{driver}`, which is not asynchronous: `{text}()` raises InvalidRequestError",
    severity=Severity.ERROR,
)


@rule.on_call("library", "create_async_engine")
def check(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report an engine whose URL is written down and names a driver without asyncio, or none at all."""
    given = called.argument(0, "url")
    if given is None or not called.dotted.startswith("sqlalchemy."):
        return
    spelt = given.value.value if isinstance(given.value, Constant) else given.place.text
    found = synchronous(str(spelt), context.version)
    if found is None or {"creator", "async_creator", "module", "pool"} & called.keywords.keys():
        return  # it is asynchronous, or who knows, or something else makes the connections
    dialect, driver, instead = found
    yield rule.at(given.place.span, fix=Fix(f"write `{dialect}+{instead}://`"), driver=driver, text=called.text)
