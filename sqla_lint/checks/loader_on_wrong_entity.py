"""loader-on-wrong-entity: a loader option starts at a class that is not there to load anything for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.places import Place
from sqla_lint.flow.values import (
    ClassValue,
    Collection,
    Instance,
    MappedAttribute,
    Option,
    Statement,
    TupleValue,
    Value,
)
from sqla_lint.knowledge.loaders import HOMES, OPTIONS
from sqla_lint.rule import Rule

rule = Rule(
    name="loader-on-wrong-entity",
    code="ORM405",
    since="0.1",
    message="an option of `{owner}` raises here: {where}",
    severity=Severity.ERROR,
)


@rule.on_call("query", "options")
@rule.on_call("statement", "options")
def check_options(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report an option that starts at a class that the statement does not ask for."""
    statement = called.receiver
    if not isinstance(statement, Statement) or statement.kind not in ("select", "query"):
        return
    asked = [item.cls for item in statement.entities if isinstance(item, Instance)]
    if not asked or len(asked) < len(statement.entities):
        return  # whatever else is asked for may be what it is for
    yield from _started([(given.value, given.place) for given in called.positional], asked, context)


@rule.on_call("session", "get", "get_one", beside=sorted(OPTIONS))
def check_get(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report an option of `get()` that starts at another class than the one it is asked for."""
    asked, given = called.argument(0, "entity"), called.keywords.get("options")
    if asked is None or given is None or not isinstance(asked.value, ClassValue):
        return
    options = given.value.items if isinstance(given.value, Collection | TupleValue) else ()
    yield from _started([(item, given.place) for item in options], [asked.value.id], context)


def _started(given: Iterable[tuple[Value, Place]], asked: list[str], context: Context) -> Iterator[Diagnostic]:
    """Report options that start at none of the classes that are asked for."""
    for option, place in given:
        if not isinstance(option, Option) or not option.owner or option.strategies == ("",):
            continue  # `defaultload()` alone says nothing, and raises nothing
        if not any(context.may_be(option.owner, cls) for cls in asked):
            owner, rows = context.class_name(option.owner), ", ".join(map(context.class_name, asked))
            fix = Fix(f"start at `{rows}`, along the relationship that leads to `{owner}`")
            yield rule.at(place.span, fix=fix, owner=owner, where=f"the query asks for `{rows}`")


@rule.on_call("library", *sorted(OPTIONS))
@rule.on_call("option", *sorted(OPTIONS))
def check_chain(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a step of a path that starts at another class than the step before it leads to."""
    if called.kind == "library" and not called.dotted.startswith(HOMES):
        return
    before = called.receiver
    cls = context.led_to(before.owner, before.path) if isinstance(before, Option) and before.path else ""
    for given in called.positional:
        step = given.value
        if not isinstance(step, MappedAttribute) or len(step.path) > 1:
            return
        if cls and not context.may_be(step.owner, cls):
            owner, there = context.class_name(step.owner), context.class_name(cls)
            fix = Fix(f"go on with a relationship of `{there}`, or begin another option at `{owner}`")
            yield rule.at(given.place.span, fix=fix, owner=owner, where=f"the step before leads to `{there}`")
            return
        cls = context.led_to(step.owner, step.path)
