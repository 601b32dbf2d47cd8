"""Events: what happens to a session, one step each. Checks are registered for event types."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.places import Place
from sqla_lint.flow.state import Life, Work
from sqla_lint.flow.values import Instance, Producer, Session


@dataclass(slots=True, eq=False)
class Loop:
    """A loop of the function, or a comprehension. Filled while its body is walked, read by checks afterwards.

    kind: "for", "async for", "while", "comprehension". turns: most turns it can make, if known.
    chunks: each turn handles a batch. polls: waits for work, has no end of its own. io: the body talks to
    the outside world. isolates: a failed item is rolled back alone. source: text of the iterable or the condition.
    """

    id: int
    kind: str
    source: str
    target: str = ""
    turns: int | None = None
    chunks: bool = False
    polls: bool = False
    retries: bool = False
    io: str = ""
    isolates: bool = False
    batch_of: Loop | None = None
    opened: set[str] = field(default_factory=set)
    repeated: set[int] = field(default_factory=set)
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One step of code upon a session, at a place; `via` is where inside a callee it happens, `path` the calls."""

    place: Place
    via: Place | None = None


@dataclass(frozen=True, slots=True)
class Committed(Event):
    """A commit. `loop` is the innermost loop around it, None outside loops.

    repeats: the loop can make another turn after it. durable: a failed item is handled and the loop goes on.
    guarded: under a condition on a counter or a size.
    """

    session: Session | None = None
    name: str = ""
    loop: Loop | None = None
    repeats: bool = False
    durable: bool = False
    guarded: bool = False
    works: bool = True


@dataclass(frozen=True, slots=True)
class ScopeLeft(Event):
    """The function that opened a session ends: the lives it can have on normal and on exceptional exits."""

    session: Session | None = None
    name: str = ""
    normal: Life = frozenset()
    exceptional: Life = frozenset()


@dataclass(frozen=True, slots=True)
class Injected(Event):
    """A function that was handed in is called with a session: by keyword, or at a position."""

    parameter: str | int = ""
    session: Session = field(default_factory=lambda: Session(""))


@dataclass(frozen=True, slots=True)
class WorkPaired(Event):
    """A delete and an add wait for the same flush; `first` came first on this path."""

    session: Session | None = None
    first: Work | None = None
    second: Work | None = None


@dataclass(frozen=True, slots=True)
class RelationshipRead(Event):
    """A relationship of an instance is read.

    emits_sql: nothing on the path has loaded it. loop: the loop whose turns give the instances, if it repeats the
    read. dynamic: every use is a query of its own, no loader option helps. owed: the rows are an argument's, and this
    is what callers may know of them. outside: what `via` stands in, a template or a schema, where that is no function.
    """

    instance: Instance | None = None
    relationship: str = ""
    owner: str = ""
    target: str = ""
    collection: bool = True
    many_to_one: bool = False
    dynamic: bool = False
    emits_sql: bool = True
    loop: Loop | None = None
    producer: Producer | None = None
    text: str = ""
    asynchronous: bool = False
    owed: tuple[str, ...] = ()
    outside: str = ""
