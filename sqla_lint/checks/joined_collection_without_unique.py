"""joined-collection-without-unique: the rows of a joined collection are taken without `unique()`."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity, Span
from sqla_lint.flow.events import Called, Iterated
from sqla_lint.flow.values import Instance, Mapping, Result, TupleValue, Value
from sqla_lint.rule import Rule

rule = Rule(
    name="joined-collection-without-unique",
    code="ORM409",
    since="0.1",
    message="`{step}` is loaded by a join, so that {use} raises: the Result has to be made `unique()` first",
    severity=Severity.ERROR,
)


@rule.on_call("result", "all", "fetchall", "fetchmany", "fetchone", "one", "one_or_none", "partitions", "scalar_one",
              "scalar_one_or_none", beside=("exec", "execute", "scalars", "stream", "stream_scalars"))  # fmt: skip
def check_call(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a method that takes rows."""
    result = called.receiver
    if isinstance(result, Result) and called.follows(result.producer):
        yield from _report(result, called.place.span, f"`{called.name}()`", context)


@rule.on(Iterated)
def check_loop(iterated: Iterated, context: Context) -> Iterator[Diagnostic]:
    """Report a loop or a comprehension over a Result."""
    yield from _report(iterated.value, iterated.place.span, "going through it", context)


def _report(result: Value, span: Span, use: str, context: Context) -> Iterator[Diagnostic]:
    if not isinstance(result, Result) or result.unique:
        return
    steps = result.of.steps if result.of is not None else ()
    if any(item.name == "yield_per" or "yield_per" in item.keywords for item in steps):
        return  # it raises before: yield-per-with-joined-collection
    for item in _entities(result.element):
        if step := context.needs_all_rows(item.cls, item.load, ("joined",))[0]:
            yield rule.at(span, fix=Fix("call `unique()` before, or load it by `selectinload()`"), step=step, use=use)
            return


def _entities(element: Value) -> list[Instance]:
    match element:
        case Mapping(entries=entries):
            items = tuple(item for _, item in entries)
        case TupleValue(items=items):
            pass
        case _:
            items = (element,)
    return [item for item in items if isinstance(item, Instance)]
