"""Events about the lives of sessions as text, short enough for a comment.

| event                                     | spelt                                                                    |
|-------------------------------------------|--------------------------------------------------------------------------|
| `EngineMade`                              | `EngineMade(request)`: what the function runs for                        |
| `SessionKept`                             | `SessionKept(default db of load)`: its kind, its name, its user          |
| `RegistryMade`                            | `RegistryMade(db for request f, coroutine g, removed)`: who uses it      |
| `LockedStale`                             | `LockedStale(order)`: what the object is bound to                        |
| `ReadStale`                               | `ReadStale(order.id)`: what is read, as written                          |
| `UsedAgain`                               | `UsedAgain(session)`: what it is bound to                                |
| `ClosedBehind`                            | `ClosedBehind(rows by block)`: its kind, and what closes the session     |
| `TakenLate`                               | `TakenLate(close())`: what closed the session                            |
"""

from __future__ import annotations

from sqla_lint.flow.endings import (
    ClosedBehind,
    EngineMade,
    LockedStale,
    ReadStale,
    RegistryMade,
    SessionKept,
    TakenLate,
    UsedAgain,
)
from sqla_lint.flow.events import Event


def telling_of_life(event: Event) -> str:
    """Spell an event; empty for one of another kind."""
    match event:
        case ClosedBehind(kind=kind, by=by):
            return f"ClosedBehind({kind} by {by})"
        case TakenLate(by=by):
            return f"TakenLate({by})"
        case EngineMade(serves=serves):
            return f"EngineMade({serves})"
        case SessionKept(kind=kind, name=name, user=user):
            return f"SessionKept({kind} {name} of {user})"
        case RegistryMade(name=name, users=(request, task, coroutine, removed)):
            users = [f"request {request}" if request else "", f"task {task}" if task else ""]
            users += [f"coroutine {coroutine}" if coroutine else "", "removed" if removed else ""]
            return f"RegistryMade({' for '.join(filter(None, [name, ', '.join(filter(None, users))]))})"
        case LockedStale(name=name):
            return f"LockedStale({name})"
        case ReadStale(text=text):
            return f"ReadStale({text})"
        case UsedAgain(name=name):
            return f"UsedAgain({name})"
    return ""
