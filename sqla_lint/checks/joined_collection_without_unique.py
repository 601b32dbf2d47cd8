"""joined-collection-without-unique: the rows of a joined collection are taken without `unique()`."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity, Span
from sqla_lint.flow.events import Called, Iterated
from sqla_lint.flow.loading import LoadTree
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
    for item in _entities(result.element):
        if step := _joined_collection(context, item.cls, item.load, frozenset({item.cls})):
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


def _joined_collection(context: Context, cls: str, tree: LoadTree, above: frozenset[str]) -> str:
    """A collection that comes with the rows of a class by a join, empty where there is none."""
    info = context.mapping(cls)
    for own in info.relationships.values() if info is not None and not tree.doubtful else ():
        told = tree.strategy(own.name)
        if told != "joined" and (told is not None or own.lazy != "joined" or own.target in above):
            continue  # a mapping joins no class that is joined already
        if own.collection:
            return f"{context.class_name(cls)}.{own.name}"
        if step := _joined_collection(context, own.target, tree.below(own.name), above | {own.target}):
            return step
    return ""
