"""Events of transactions, and what a function keeps of its own while it is walked: blocks, and what is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.events import Event, Loop, Repeating
from sqla_lint.flow.places import Place
from sqla_lint.flow.values import UNKNOWN, Session, Value

# How a block over a connection is told from one over a session: no session has this key.
CONNECTION = "connection"


@dataclass(slots=True, eq=False)
class End:
    """A call that ends the transaction of the block around it, and the first thing that raises after it."""

    by: str
    place: Place
    via: Place | None
    nested: bool
    used: Place | None = None
    use: str = ""


@dataclass(slots=True, eq=False)
class Block:
    """A `with` that holds a transaction of a session, or a savepoint. Filled while its body is walked.

    loops: how many loops are around it. ends: what has ended it inside, by the numbers of the calls.
    """

    session: Session
    nested: bool
    place: Place
    loops: int = 0
    ends: dict[int, End] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UsedAfterEnd(Event):
    """A session is used in a block whose transaction the block itself has ended: it raises. The place is the end.

    by: what ends it, as written. nested: the block, or one around it, is a savepoint's. block: where its `with` enters
    it. used, use: the first thing that raises, and how it is written.
    """

    session: Session = field(default_factory=lambda: Session(""))
    by: str = ""
    nested: bool = False
    block: Place | None = None
    used: Place | None = None
    use: str = ""


@dataclass(frozen=True, slots=True)
class BegunTwice(Event):
    """`begin()` of a session that surely is in a transaction. name: as written. by, began: what began it, and where."""

    session: Session = field(default_factory=lambda: Session(""))
    name: str = ""
    by: str = ""
    began: Place | None = None


@dataclass(frozen=True, slots=True)
class Waited(Event):
    """Something outside is waited for while a session surely is in a transaction.

    call: as written. what: the library's function. by, began: what began the transaction, and where.
    """

    session: Session = field(default_factory=lambda: Session(""))
    call: str = ""
    what: str = ""
    by: str = ""
    began: Place | None = None


@dataclass(frozen=True, slots=True)
class WritesLost(Event):
    """The first thing that is written with a session which ends with nothing in sight that may commit it.

    what: as written. name: of the session. opened: where it is opened, or entered.
    """

    session: Session = field(default_factory=lambda: Session(""))
    what: str = ""
    name: str = ""
    opened: Place | None = None


@dataclass(frozen=True, slots=True)
class StreamCut(Repeating):
    """A loop takes rows batch by batch, and a turn ends their session's transaction, as written: `by`."""

    session: Session = field(default_factory=lambda: Session(""))
    by: str = ""
    loop: Loop = field(default_factory=lambda: Loop(0, "", ""))


@dataclass(frozen=True, slots=True)
class WrittenTwice(Event):
    """A session writes while another one, of the same function, has written and not ended its transaction.

    cls: the class of the row. same: both write that very row. locked: the other one has only locked it. name, other:
    the two sessions, as far as they have names. before: what the other one has written, or locked.
    """

    cls: str = ""
    same: bool = False
    locked: bool = False
    name: str = ""
    other: str = ""
    before: Place | None = None


@dataclass(slots=True)
class Held:
    """What is noted of the transactions of a function.

    begun: whether it matters which have begun. pairs: whether it matters what several write. blocks: those around the
    current point. written: of each session what is first written, its place, that in a callee, and how it is written.
    kept: the sessions whose writes something in sight may commit, or means to lose. begins: the block around its
    `yield` of a session ("begin", "nested").
    """

    begun: bool
    pairs: bool = False
    blocks: list[Block] = field(default_factory=list)
    written: dict[str, tuple[Place, Place | None, str]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Entered(Event):
    """A `with` enters a session, a session factory, or what a method of one gives, called or not: `value`.

    kind: "sync" or "async" where a generator function of the project gives it. called: what is written is a call.
    asked: the method of a session that the block calls on what a transaction gives it, as written.
    """

    value: Value = UNKNOWN
    asynchronous: bool = False
    text: str = ""
    kind: str = ""
    called: bool = False
    asked: str = ""
