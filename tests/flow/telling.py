"""Events as text, short enough for a comment: those about what nothing comes of, and about transactions.

| event                                     | spelt                                                                    |
|-------------------------------------------|--------------------------------------------------------------------------|
| `ValueDropped`                            | `ValueDropped(coroutine AsyncSession.commit)`, then `as name`, `in def`  |
|                                           | where the function is not async, `then order` where what was merged is   |
|                                           | used again                                                               |
| `CoroutineUsed`                           | `CoroutineUsed(attribute AsyncSession.get)`                              |
| `AwaitedPlain`                            | `AwaitedPlain(AsyncSession.add)`                                         |
| `ClosedBehind`                            | `ClosedBehind(block)`, or the name of the method                         |
"""

from __future__ import annotations

from sqla_lint.flow.events import AwaitedPlain, ClosedBehind, CoroutineUsed, Event, ValueDropped
from tests.flow.telling_work import telling_of_work


def telling(event: Event) -> str:
    """Spell an event; empty for one of another kind."""
    match event:
        case ValueDropped(kind=kind, call=call, name=name, asynchronous=asynchronous, argument=argument):
            words = [kind, call, f"as {name}" if name else "", "" if asynchronous else "in def"]
            words.append(f"then {argument}" if argument else "")
            return f"ValueDropped({' '.join(word for word in words if word)})"
        case CoroutineUsed(how=how, call=call):
            return f"CoroutineUsed({how} {call})"
        case AwaitedPlain(call=call):
            return f"AwaitedPlain({call})"
        case ClosedBehind(by=by):
            return f"ClosedBehind({by})"
    return telling_of_work(event)
