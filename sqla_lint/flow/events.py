"""Events: what happens to a session, one step each. Checks are registered for event types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqla_lint.flow.columns import Column
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import ClassInfo, FunctionInfo, Relationship
from sqla_lint.flow.state import Life, Work
from sqla_lint.flow.values import UNKNOWN, Instance, Producer, Session, Value

if TYPE_CHECKING:
    import libcst as cst


@dataclass(slots=True, eq=False)
class Loop:
    """A loop of the function, or a comprehension. Filled while its body is walked, read by checks afterwards.

    kind: "for", "async for", "while", "comprehension". turns: the most, if known. chunks: each turn handles a batch.
    polls: waits for work. io: the body talks to the outside world. isolates: an item is rolled back alone. source: text
    of its iterable or condition. committed: sessions that it may commit. sleeps: it waits in each turn. polled: the
    columns that it reads; renewed: the sessions that may read them anew. body: of a `for`. node: where it has a target.
    streams: the session whose rows it takes batch by batch, where a rule asks. yields: its turns do.
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
    committed: set[str] = field(default_factory=set)
    repeated: set[int] = field(default_factory=set)
    place: Place | None = None
    sleeps: bool = False
    renewed: set[str] = field(default_factory=set)
    polled: list[tuple[Instance, Event]] = field(default_factory=list)
    body: object = None
    node: cst.For | cst.CompFor | None = None
    streams: Session | None = None
    yields: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One step of code upon a session, at a place; `via` is where inside a callee it happens, `path` the calls."""

    place: Place
    via: Place | None = None


@dataclass(frozen=True, slots=True)
class Repeating(Event):
    """A step within a loop. repeats: another turn can follow it."""

    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Committed(Event):
    """A commit. `loop` is the innermost loop around it, None outside loops.

    repeats: the loop can make another turn after it. durable: a failed item is handled and the loop goes on.
    guarded: under a condition on a counter or a size. cuts: a loop around it still takes rows of the transaction.
    """

    session: Session | None = None
    name: str = ""
    loop: Loop | None = None
    repeats: bool = False
    durable: bool = False
    guarded: bool = False
    works: bool = True
    cuts: bool = False


@dataclass(frozen=True, slots=True)
class ScopeLeft(Event):
    """The function that opened a session ends: the lives it can have on normal and on exceptional exits.

    lent: where the function, a generator, yields it. drawn: the call of a generator function that gave it, where
    nobody keeps the generator. again: it was closed before, and used again.
    """

    session: Session | None = None
    name: str = ""
    normal: Life = frozenset()
    exceptional: Life = frozenset()
    lent: Place | None = None
    drawn: str = ""
    again: bool = False


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
    detached: the instance has no session any more: it raises. asynchronous: it belongs to an AsyncSession: it raises
    unless it runs within `run_sync`. after_failure: only a turn that has failed comes here. adds: the function reads
    the collection for nothing but to add to it. reverse: the other side of the relationship, if named.
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
    detached: bool = False
    after_failure: bool = False
    adds: bool = False
    reverse: str = ""


@dataclass(frozen=True, slots=True)
class ColumnRead(Event):
    """A column is read that is not at hand: a statement is sent, or it raises. Fields as of a RelationshipRead.

    why: "expired", not by the loop; "deferred", by mapping or option; "raised", by option; "subclass": the base
    lacks it; "updated".
    """

    instance: Instance | None = None
    column: str = ""
    owner: str = ""
    why: str = ""
    loop: Loop | None = None
    detached: bool = False
    asynchronous: bool = False
    after_failure: bool = False


@dataclass(frozen=True, slots=True)
class Readded(Event):
    """An object that a session is to delete, or has deleted, is given back to it, by the same `name`.

    by: "add" or "merge". flushed: its DELETE was sent. deleted: what has deleted it.
    """

    session: Session | None = None
    instance: Instance = field(default_factory=lambda: Instance(""))
    name: str = ""
    by: str = ""
    flushed: bool = False
    deleted: Place | None = None


@dataclass(frozen=True, slots=True)
class HeldElsewhere(Event):
    """An object is given to a method of a session while another session holds it; `other`: its name, if it has one."""

    session: Session | None = None
    instance: Instance = field(default_factory=lambda: Instance(""))
    method: str = ""
    text: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class NeverAdded(Event):
    """A new object is given a `parent`, as written, that a session holds; no session is given the object itself.

    relationship: the one that leads to the parent, and has one that leads back. name: what the object is bound to, ""
    where it is a statement of its own.
    """

    instance: Instance = field(default_factory=lambda: Instance(""))
    relationship: str = ""
    parent: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class AddedTogether(Event):
    """Two new objects of different classes wait for the same flush; `first` came first on this path."""

    session: Session | None = None
    first: Work | None = None
    second: Work | None = None


@dataclass(frozen=True, slots=True)
class KeyTaken(Event):
    """A new object comes into a session that holds another one of its class with that primary key: `key`, its columns.

    other: the name of a row that was loaded, or "new" where the other one waits for the same flush, since `added`.
    """

    session: Session | None = None
    instance: Instance = field(default_factory=lambda: Instance(""))
    key: tuple[str, ...] = ()
    other: str = ""
    added: Place | None = None


@dataclass(frozen=True, slots=True)
class KeyRead(Event):
    """The primary key of an object is read before a flush has given it one: `column` of `instance`, written `text`.

    use: what is made of it. "column": `target`, the id of a class and a column of it, gets it; "criterion": a query
    compares with it; "returned"; "text": it becomes part of one; "passed": `target`, a call, gets it; "kept": `target`,
    a name, gets it.
    session, added: where it waits for the flush, and what has put it there, if it is known; receiver: as written there.
    """

    instance: Instance = field(default_factory=lambda: Instance(""))
    column: str = ""
    text: str = ""
    use: str = ""
    target: str = ""
    session: Session | None = None
    added: Place | None = None
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """An argument of a call: what it is, where, and the `form` in which it is written.

    form: "call", "display" (of a list, dict, set or tuple), "literal", "name" (dotted too), "lambda", "comparison",
    "boolean" (`and`, `or`, `not`) or "other".
    """

    value: Value
    place: Place
    form: str


@dataclass(frozen=True, slots=True)
class Called(Event):
    """A call whose callee is known, of a kind and a name that some rule asks for with `Rule.on_call`.

    kind, name: those asked for. receiver: the value whose method is called, or which is called itself. dotted: of the
    kind "library" the whole name, of "mapped" the class. text: the callee as written. spread: `*` or `**` hides some
    arguments. loop: the innermost around it, where `repeats` says whether another turn can follow, `last` that nothing
    in the turn does, and no counter decides on it. awaited: it stands in `await`. entered: "with" or "async with" where
    it is what the block enters. bare: its result is dropped. function: whose lines it stands in, a `module_body` too.
    """

    kind: str = ""
    name: str = ""
    receiver: Value = UNKNOWN
    dotted: str = ""
    text: str = ""
    positional: tuple[Passed, ...] = ()
    keywords: Mapping[str, Passed] = field(default_factory=dict)
    spread: bool = False
    loop: Loop | None = None
    repeats: bool = False
    last: bool = False
    awaited: bool = False
    entered: str = ""
    bare: bool = False
    function: FunctionInfo | None = None

    def argument(self, index: int, keyword: str) -> Passed | None:
        """The argument at a position or under a keyword."""
        return self.positional[index] if index < len(self.positional) else self.keywords.get(keyword)

    def follows(self, producer: Producer | None) -> bool:
        """Whether rows were asked for in the function that the call stands in."""
        return producer is not None and producer.place is not None and producer.place.slice is self.place.slice


@dataclass(frozen=True, slots=True)
class Iterated(Event):
    """A loop or a comprehension goes through a Result, which this function asked for; text: it as written."""

    value: Value = UNKNOWN
    text: str = ""


@dataclass(frozen=True, slots=True)
class RowRead(Event):
    """An attribute of a row of entities is read which is none of a row's own; text: the row as written."""

    row: Value = UNKNOWN
    name: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ColumnTested(Event):
    """Python decides on a column, or on a comparison with one, in the argument of a call that makes SQL of it.

    operator: "and", "or", "not", "in", "not in", "is", "is not" or "chained" (`a < Order.total < b`). text: all of it;
    left, right: its first two parts.
    """

    operator: str = ""
    text: str = ""
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class ClassDeclared(Event):
    """A class that is mapped, or from which mapped ones inherit columns or relationships.

    cls: its id. info: how it is mapped; of a mixin, how one of the classes is that inherit from it. columns,
    relationships: those that its own body declares. place_of: where an attribute of its body is assigned.
    """

    cls: str = ""
    info: ClassInfo = field(default_factory=lambda: ClassInfo("", "", False))
    columns: tuple[Column, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    place_of: Callable[[str], Place] = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ValueDropped(Event):
    """A call gives something, and nothing comes of it.

    kind: "coroutine" (never awaited, returned, passed on or stored), "statement" (what a method such as `filter()`
    gives), "result" (of `execute()` and its like) or "merged" (what `merge()` gives). call: the method with its class,
    "AsyncSession.commit", or a function of the project; of a statement its kind, "query.filter". text: the callee as
    written. name: what it is bound to and never read from, empty where it is bound to nothing. asynchronous: it stands
    in an `async def`. argument, given: name and value of what is merged and surely is not in the session;
    again: where it is next used as if it were.
    """

    kind: str = ""
    call: str = ""
    text: str = ""
    name: str = ""
    asynchronous: bool = False
    value: Value = UNKNOWN
    argument: str = ""
    given: Value = UNKNOWN
    again: Place | None = None


@dataclass(frozen=True, slots=True)
class CoroutineUsed(Event):
    """A coroutine is used as if it were what awaiting it gives, or a plain `for` goes through an AsyncResult.

    how: "attribute", "iteration", "item", "truth", "text" (of an f-string), "with", "operand", "argument" or "return".
    call: what gave it, as in `ValueDropped`. text: what is used, as written.
    """

    how: str = ""
    call: str = ""
    text: str = ""
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class AwaitedPlain(Event):
    """`await` upon a method that is no coroutine function: `await session.add(order)`. call: as in `ValueDropped`."""

    call: str = ""
    text: str = ""
