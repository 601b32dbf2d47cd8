"""session-factory-not-called: the factory is used where the session that it makes is meant."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.transacted import Entered
from sqla_lint.flow.values import Method, Session, SessionFactory, Value
from sqla_lint.rule import Rule

rule = Rule(
    name="session-factory-not-called",
    code="ORM110",
    since="0.1",
    message="{what}",
    severity=Severity.ERROR,
)

_USED = ("add", "add_all", "commit", "delete", "execute", "flush", "get", "merge", "query", "refresh", "rollback",
         "scalar", "scalars")  # fmt: skip
_METHODS = frozenset({"begin", "begin_nested", "connection"})


@rule.on(Entered)
def check_block(entered: Entered, context: Context) -> Iterator[Diagnostic]:
    """Report a `with` that enters a factory, or a method, without a call."""
    what = _uncalled(entered.value)
    if what:
        fix = Fix(f"call it: `{entered.text}()`")
        yield rule.at(entered.place.span, fix=fix, what=f"`{entered.text}` is {what}: entering it fails")
    elif _is_registry(entered.value) and not entered.called:
        fix = Fix(f"work with `{entered.text}` itself, and call `{entered.text}.remove()` at the end")
        what = f"`{entered.text}` is a registry of sessions, which no block can enter"
        yield rule.at(entered.place.span, fix=fix, what=what)
    elif entered.asked:
        session = entered.text.partition(".begin")[0]
        fix = Fix(f"enter both, the session by its name: `with {session} as session, session.begin():`")
        what = f"`{entered.text}` gives a transaction, which has no `{entered.asked.rpartition('.')[2]}()`"
        yield rule.at(entered.place.span, fix=fix, what=what)


@rule.on_call("factory", *_USED)
def check_use(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a method of sessions that is called on what makes them."""
    if not isinstance(called.receiver, SessionFactory) or called.name == "begin":
        return
    if called.positional and isinstance(called.positional[0].value, Session):
        return  # a method of the class itself, given its session by hand
    factory = called.text.rpartition(".")[0]
    fix = Fix(f"call the factory: `{factory}().{called.name}(…)`, better in `with {factory}() as session:`")
    what = f"`{factory}` makes sessions and is none: it has no `{called.name}()`"
    yield rule.at(called.place.span, fix=fix, what=what)


def _is_registry(value: Value) -> bool:
    return isinstance(value, Session) and value.registry and not value.guessed


def _uncalled(value: Value) -> str:
    match value:
        case SessionFactory():
            return "the factory, not a session"
        case Method(receiver=Session() | SessionFactory(), name=name) if name in _METHODS:
            return "a method that is not called"
    return ""
