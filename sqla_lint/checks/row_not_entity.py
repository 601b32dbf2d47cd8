"""row-not-entity: a row is used as if it were the one entity that it holds."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called, RowRead
from sqla_lint.flow.outcomes import RowReturned
from sqla_lint.flow.values import Instance, TupleValue, Value
from sqla_lint.rule import Rule

rule = Rule(
    name="row-not-entity",
    code="ORM414",
    since="0.1",
    message="{what} raises: `execute()` gives rows, and the {entity} is what stands in them",
    severity=Severity.ERROR,
)

_FIX = Fix("take the entities: `scalars(…)`, or `execute(…).scalars()`; of one row `row[0]`")
# What a row has of its own.
_OF_ROWS = frozenset({"count", "index", "keys", "t", "tuple"})


@rule.on(RowRead)
def check_read(read: RowRead, context: Context) -> Iterator[Diagnostic]:
    """Report an attribute of the entity that is read of its row."""
    items = read.row.items if isinstance(read.row, TupleValue) else ()
    found = [context.mapping(item.cls) for item in items if isinstance(item, Instance)]
    entities = [info for info in found if info is not None]
    if read.name in _OF_ROWS or any(read.name == info.name for info in entities):
        return
    for info in entities:
        if read.name in info.columns or read.name in info.relationships or context.declares(info.id, read.name):
            what = f"`{read.text}.{read.name}`"
            yield rule.at(read.place.span, fix=_FIX, what=what, entity=context.class_name(info.id))
            return


@rule.on(RowReturned)
def check_returned(returned: RowReturned, context: Context) -> Iterator[Diagnostic]:
    """Report rows that the annotation of the function says are entities."""
    if cls := _entity(returned.row):
        what = "{what} gives rows of one {entity} each, where the function says that it returns these themselves"
        entity = context.class_name(cls)
        yield rule.at(returned.place.span, fix=_FIX, message=what, what=f"`{returned.text}`", entity=entity)


@rule.on_call("session", "add", "delete", "expunge", "merge", "refresh", beside=("execute", "stream"))
def check_call(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report a session that is given a row for an entity."""
    given = called.positional[0].value if called.positional and not called.spread else None
    cls = _entity(given, called) if given is not None else ""
    if cls:
        what = f"`{called.name}()` of a row"
        yield rule.at(called.place.span, fix=_FIX, what=what, entity=context.class_name(cls))


def _entity(row: Value, called: Called | None = None) -> str:
    """The class of the one entity of a row that the function asked for, empty where it is something else."""
    match row:
        case TupleValue(items=(Instance(cls=cls, producer=producer),)) if producer is not None and producer.seen:
            return cls if called is None or called.follows(producer) else ""
    return ""
