"""Events of the unit of work as text, short enough for a comment.

| event                                     | spelt                                                                    |
|-------------------------------------------|--------------------------------------------------------------------------|
| `ChangedInPlace`                          | `ChangedInPlace(order data)`, then `as held` for a name of the value     |
| `CollectionShrinks`                       | `CollectionShrinks(order.lines remove)`, or the attribute that is set    |
| `AddedAgain`                              | `AddedAgain(order number)`                                               |
| `RowsOutOfDate`                           | `RowsOutOfDate(order status)`                                            |
| `RemovedCalled`                           | `RemovedCalled(session.execute text)`, then the keyword                  |
| `OutOfStep`                               | `OutOfStep(key order.customer_id)`                                       |
| `LinkCut`                                 | `LinkCut(order.lines.remove() order_id)`                                 |
| `HalfBuilt`                               | `HalfBuilt(Order number)`                                                |
| `ReadFlushes`                             | `ReadFlushes(Order by newest)`                                           |
"""

from __future__ import annotations

from sqla_lint.flow.events import Event
from sqla_lint.flow.values import class_name
from sqla_lint.flow.work_events import (
    AddedAgain,
    ChangedInPlace,
    CollectionShrinks,
    HalfBuilt,
    LinkCut,
    OutOfStep,
    ReadFlushes,
    RemovedCalled,
    RowsOutOfDate,
)

WORK_EVENTS = frozenset(
    {"AddedAgain", "ChangedInPlace", "CollectionShrinks", "HalfBuilt", "LinkCut", "OutOfStep", "ReadFlushes",
     "RemovedCalled", "RowsOutOfDate"}
)  # fmt: skip


def telling_of_work(event: Event) -> str:
    """Spell an event; empty for one of another kind."""
    match event:
        case ChangedInPlace(text=text, column=column, changed=changed) if column is not None:
            alias = "" if changed == f"{text}.{column.name}" else f" as {changed}"
            return f"ChangedInPlace({text} {column.name}{alias})"
        case CollectionShrinks(collection=collection, how=how):
            return f"CollectionShrinks({collection} {how})"
        case AddedAgain(name=name, attribute=attribute):
            return f"AddedAgain({name} {attribute})"
        case RowsOutOfDate(name=name, column=column):
            return f"RowsOutOfDate({name} {column})"
        case RemovedCalled(text=text, how=how, keyword=keyword):
            return f"RemovedCalled({' '.join(word for word in (text, how, keyword) if word)})"
        case OutOfStep(kind=kind, read=read):
            return f"OutOfStep({kind} {read})"
        case LinkCut(text=text, column=column):
            return f"LinkCut({text} {column})"
        case HalfBuilt(cls=cls, column=column):
            return f"HalfBuilt({class_name(cls)} {column})"
        case ReadFlushes(cls=cls, call=call):
            return f"ReadFlushes({class_name(cls)} by {call})"
    return ""
