"""sync-driver-with-async-engine: an asynchronous engine wants a driver that is."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.values import Constant, External
from sqla_lint.knowledge.coroutines import core_class
from sqla_lint.knowledge.drivers import synchronous
from sqla_lint.knowledge.sessions import connection_or_engine
from sqla_lint.rule import Rule

rule = Rule(
    name="sync-driver-with-async-engine",
    code="ORM506",
    since="0.1",
    message="{what}",
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
    what = f"the URL names the driver `{driver}`, which is not asynchronous: `{called.text}()` raises"
    yield rule.at(given.place.span, fix=Fix(f"write `{dialect}+{instead}://`"), what=what)


@rule.on_call("library", "AsyncSession", "Session", "async_sessionmaker", "sessionmaker")
def check_bind(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report sessions of one kind upon an engine of the other."""
    given = called.argument(0, "bind")
    if given is None or not isinstance(given.value, External) or not given.value.made or "class_" in called.keywords:
        return  # which class its sessions are of is said there
    engine, asynchronous = given.value.dotted, called.text.rpartition(".")[2].lower().startswith("async")
    if connection_or_engine(engine) != "engine" or (core_class(engine) == "AsyncEngine") is asynchronous:
        return
    if asynchronous:
        what = f"`{given.place.text}` is a synchronous engine: an AsyncSession refuses it with ArgumentError"
        fix = Fix("make it with `create_async_engine()`")
    else:
        what = f"`{given.place.text}` is an asynchronous engine: a Session has no way to wait for its connections"
        fix = Fix("make AsyncSessions of it, with `async_sessionmaker()`")
    yield rule.at(given.place.span, fix=fix, what=what)
