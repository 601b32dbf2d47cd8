"""Events of the unit of work as text, short enough for a comment.

| event                                     | spelt                                                                    |
|-------------------------------------------|--------------------------------------------------------------------------|
| `ChangedInPlace`                          | `ChangedInPlace(order data)`, then `as held` for a name of the value     |
"""

from __future__ import annotations

from sqla_lint.flow.events import Event
from sqla_lint.flow.work_events import ChangedInPlace


def telling_of_work(event: Event) -> str:
    """Spell an event; empty for one of another kind."""
    match event:
        case ChangedInPlace(text=text, column=column, changed=changed) if column is not None:
            alias = "" if changed == f"{text}.{column.name}" else f" as {changed}"
            return f"ChangedInPlace({text} {column.name}{alias})"
    return ""
