"""Events as text, short enough for a comment: those about what nothing comes of, and about transactions.

| event                                     | spelt                                                                    |
|-------------------------------------------|--------------------------------------------------------------------------|
| `ValueDropped`                            | `ValueDropped(coroutine AsyncSession.commit)`, then `as name`, `in def`  |
|                                           | where the function is not async, `then order` where what was merged is   |
|                                           | used again                                                               |
| `CoroutineUsed`                           | `CoroutineUsed(attribute AsyncSession.get)`                              |
| `AwaitedPlain`                            | `AwaitedPlain(AsyncSession.add)`                                         |
| `KeyRead`                                 | `KeyRead(column store:Line.order_id, added to param:session)`; the       |
|                                           | number of a session that is opened here is left out                      |
| `QueryRepeated`                           | `QueryRepeated(id, ? of keys)`, then after `;` what else it says         |
| `Caught`                                  | `Caught(add flush)`: the steps, then `used`, `rolled back`, `raises`     |
| `Shared`                                  | `Shared(session tasks together)`                                         |
| `BegunTwice`                              | `BegunTwice(session.begin after session.execute())`                      |
| `Waited`                                  | `Waited(requests.get after session.get())`                               |
| `WritesLost`                              | `WritesLost(session.add())`                                              |
| `WrittenTwice`                            | `WrittenTwice(Order of other and session)`, then `, the same`            |
| `UsedAfterEnd`                            | `UsedAfterEnd(session.add() after session.commit())`, then `nested`      |
"""

from __future__ import annotations

from sqla_lint.flow.caught import Caught
from sqla_lint.flow.events import AwaitedPlain, CoroutineUsed, Event, KeyRead, ValueDropped
from sqla_lint.flow.overlapping import Shared
from sqla_lint.flow.query_events import QueryRepeated
from sqla_lint.flow.transacted import BegunTwice, UsedAfterEnd, Waited, WritesLost, WrittenTwice
from sqla_lint.flow.values import class_name
from tests.flow.telling_life import telling_of_life
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
        case Caught(steps=steps):
            words = [step.op for step in steps]
            words += ["used"] if event.used is not None else []
            words += ["rolled back"] if event.rolled_back else []
            return f"Caught({' '.join([*words, *([] if event.swallows else ['raises'])])})"
        case QueryRepeated(depending=depending, loop=loop) if loop is not None:
            columns = ", ".join(item.column or "?" for item in depending)
            flags = {"once": not event.repeats, "apart": event.apart, "awaits": event.awaits}
            flags |= {"after failure": event.after_failure, "searches": event.searches}
            words = ["", *(word for word, holds in flags.items() if holds)]
            return f"QueryRepeated({columns} of {loop.source}{'; '.join(words)})"
        case KeyRead(use=use, target=target, session=session):
            key = session.key if session is not None else ""
            added = f", added to {'site' if key.startswith('site:') else key}" if key else ""
            return f"KeyRead({use}{' ' if target else ''}{target}{added})"
        case Shared(by=by, how=how, name=name):
            return f"Shared({name.strip('`')} {by} {how})"
        case BegunTwice(name=name, by=by):
            return f"BegunTwice({name} after {by})"
        case Waited(what=what, by=by):
            return f"Waited({what} after {by})"
        case WritesLost(what=what):
            return f"WritesLost({what})"
        case WrittenTwice(cls=cls, name=name, other=other, same=same):
            return f"WrittenTwice({class_name(cls)} of {name} and {other}{', the same' if same else ''})"
        case UsedAfterEnd(by=by, use=use, nested=nested):
            return f"UsedAfterEnd({use} after {by}{' nested' if nested else ''})"
    return telling_of_work(event) or telling_of_life(event)
