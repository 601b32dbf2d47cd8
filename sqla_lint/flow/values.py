"""Abstract values: what the visitor knows of an expression's result. All are immutable and compare by content."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from sqla_lint.flow.loading import EMPTY, LoadTree
from sqla_lint.flow.narrowed import NOT_AT_ALL, Narrowed
from sqla_lint.flow.places import Place
from sqla_lint.flow.steps import Steps


@dataclass(frozen=True, slots=True)
class Value:
    """Nothing is known."""


UNKNOWN = Value()
# What stands for a column among an instance's values where all rows were queried by their parent: its class or name.
PARENT, ANY_PARENT = "<parent>:", "<any parent>"


@dataclass(frozen=True, slots=True)
class Never(Value):
    """No value at all: what an empty dict holds. Joined with anything it gives the other."""


NEVER = Never()


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A literal, or a value whose truth is known."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ColumnValue(Value):
    """What a column of one instance holds: `identity` names the instance."""

    identity: int
    column: str


@dataclass(frozen=True, slots=True)
class Text(Value):
    """Some value, known by its expression alone."""

    text: str


@dataclass(frozen=True, slots=True)
class External(Value):
    """Something of a library, by its dotted name; `made`: what calling it gave, with the `settings` of its sessions."""

    dotted: str
    made: bool = False
    settings: tuple[bool, bool] = (True, True)  # autoflush, expire_on_commit


@dataclass(frozen=True, slots=True)
class ModuleValue(Value):
    """A module of the project."""

    name: str


# Classes of the project by the names they are bound to: type variables, and what a constructor was given.
Bindings = tuple[tuple[str, str], ...]
NO_BINDINGS: Bindings = ()


@dataclass(frozen=True, slots=True)
class ClassValue(Value):
    """A class of the project, by "module:qualname"; what its type variables are; the parameter that it stands for."""

    id: str
    bound: Bindings = ()
    root: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class FunctionValue(Value):
    """A function of the project, by "module:qualname", with the object it is bound to."""

    id: str
    bound: Value | None = None


@dataclass(frozen=True, slots=True)
class LocalFunction(Value):
    """A function or lambda defined in the function under inspection."""

    name: str


@dataclass(frozen=True, slots=True)
class Session(Value):
    """A session. `key` is its identity: "site:…" where it was opened here, else how it is reached.

    kind: "sync", "async" or "unknown". owner: "function" (must close it), "caller", "manager" (a `with` or a
    generator that closes it), "registry", "unknown". `guessed`: known by its name alone. `autocommit`: each
    statement is committed by itself, by the engine or, in 1.x, by the session.
    """

    key: str
    kind: str = "unknown"
    owner: str = "unknown"
    registry: bool = False
    guessed: bool = False
    autoflush: bool = True
    expire_on_commit: bool = True
    opened: Place | None = field(default=None, compare=False)
    bound_to_connection: bool = False
    autocommit: bool = False


@dataclass(frozen=True, slots=True)
class SessionFactory(Value):
    """A session class or sessionmaker: calling it opens a session. registry: a class of registries, which gives one."""

    kind: str = "sync"
    autoflush: bool = True
    expire_on_commit: bool = True
    pooled: bool = True
    autocommit: bool = False
    registry: bool = False


@dataclass(frozen=True, slots=True)
class Factory(Value):
    """Something to call, by its annotation: what calling it gives."""

    result: Value


@dataclass(frozen=True, slots=True)
class MappedAttribute(Value):
    """`Order.lines` read on the class: the start of a loader path or a criterion."""

    owner: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criterion(Value):
    """A comparison with a mapped attribute: SQL, whose truth Python cannot know. operator: as written."""

    operator: str


@dataclass(frozen=True, slots=True)
class Option(Value):
    """Loader options; `path` is the one to which a chained option is appended, with its strategies, from class `owner`.

    passed_over: the steps that a call was given before its last one, which it does not load: the class, and the path.
    joins: the option that its first step is, empty where that joins no more than what is there.
    """

    tree: LoadTree
    path: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    passed_over: tuple[tuple[str, tuple[str, ...]], ...] = ()
    joins: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Statement(Value):
    """A select, a Query or a DML statement, executed or not.

    kind: "select", "query", "update", "delete", "insert", "text", "core". `criteria`: pairs (column, value compared
    with). `owner`, `relationship`: the instance whose dynamic relationship it is. `root`: the parameter that a call
    gave it to, so that what is read of its rows is told to the caller. `plain`: only classes and columns are asked for.
    """

    kind: str
    entities: tuple[Value, ...] = ()
    load: LoadTree = EMPTY
    session: Session | None = None
    limit: int | None = None
    filtered: bool = False
    criteria: tuple[tuple[str, Value], ...] = ()
    flushes: bool = True
    owner: Value | None = None
    relationship: str = ""
    root: tuple[str, ...] = ()
    steps: Steps = ()
    plain: bool = False
    narrowed: Narrowed = NOT_AT_ALL
    place: Place | None = field(default=None, compare=False)

    @property
    def scalar(self) -> bool:
        """One entity, so that a Query gives instances and `scalars()` all of it."""
        return len(self.entities) == 1


@dataclass(frozen=True, slots=True)
class Producer(Value):
    """What gave rows: a query in sight (`seen`), or an argument by its path (`root`); `inside`: the loop that does.

    joined: what the query surely joins, a relationship of a class ("app:Order", "customer") or a class and "".
    named: the simple names of the classes that its criteria or its order may speak of.
    """

    seen: bool
    place: Place | None = field(default=None, compare=False)
    root: tuple[str, ...] = ()
    inside: int = 0
    joined: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    named: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Result(Value):
    """What `execute()` gives: rows, or scalars once reduced; `streamed` where it is an AsyncResult.

    unique: `unique()` was called on it, or need not be. of: what was executed.
    """

    element: Value
    producer: Producer
    limit: int | None = None
    streamed: bool = False
    unique: bool = False
    of: Statement | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Collection(Value):
    """Something to iterate over: its elements, where they come from, how many at most; `items` of a short display."""

    element: Value
    producer: Producer | None = None
    limit: int | None = None
    literal: bool = False
    items: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Expiry:
    """What has expired or detached an instance (`commit()`, `close()`), and where."""

    by: str = field(compare=False)
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Instance(Value):
    """A mapped instance.

    `load`: options of the statement that gave it; `free`: relationships that cost nothing to read, whatever the
    options; `rows`: the loop whose turns give different ones; `values`: what its columns hold, as far as the query
    or the constructor says; `identity`: equal for what is surely one object; `path`: the relationships
    ("Order.lines") that led from the rows of the query to it; `expired`: what `load` says holds only after the next
    refresh; `shared`: a many-to-one led to it, so that several rows may lead to the same one; `parents`: the
    classes of the objects at hand whose collections led to it; `detached`: what has closed its session, or taken it
    out of it; `asynchronous`: an AsyncSession gave it: reading never loads; `unwritten`: made here, surely not flushed.
    """

    cls: str
    load: LoadTree = EMPTY
    producer: Producer | None = None
    free: frozenset[str] = frozenset()
    rows: int = 0
    session: str = ""
    values: tuple[tuple[str, Value], ...] = ()
    new: bool = False
    identity: int = 0
    path: tuple[str, ...] = ()
    expired: Expiry | None = None
    shared: bool = False
    parents: frozenset[str] = frozenset()
    detached: Expiry | None = None
    asynchronous: bool = False
    unwritten: bool = False


@dataclass(frozen=True, slots=True)
class Object(Value):
    """An instance of a class that is not mapped; `bound`: the classes that its type variables stand for.

    fields: what its attributes keep of what its constructor was given; all of it, in order, in a `row`, a named tuple.
    """

    cls: str
    root: tuple[str, ...] = ()
    bound: Bindings = ()
    fields: tuple[tuple[str, Value], ...] = ()
    row: bool = False


@dataclass(frozen=True, slots=True)
class Dumper(Value):
    """An instance of a schema that dumps objects: whether it is given `many`, and which of its fields are used."""

    cls: str
    many: bool = False
    only: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Symbol(Value):
    """A parameter of unknown type, or what is reached from it: its access path.

    shaped: methods of a statement were called on it, such as `order_by()`, and this is what they gave.
    """

    path: tuple[str, ...]
    rows: int = 0
    shaped: bool = False


@dataclass(frozen=True, slots=True)
class Reflection(Value):
    """What reflection gives of a class, or of that of a parameter: `subject`.

    part: "class", "mapper", "properties", "keys", "items", or one "property" or "key" of each turn.
    """

    subject: Value
    part: str


@dataclass(frozen=True, slots=True)
class TupleValue(Value):
    """A tuple or row of known length."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Mapping(Value):
    """A dict: what its keys and values are, and `entries`, by known names: surely all of them where it is `whole`."""

    key: Value
    value: Value
    entries: tuple[tuple[str, Value], ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Coroutine(Value):
    """A call not yet awaited, and what awaiting it gives. `call` is what was called, where it surely is a coroutine."""

    result: Value
    call: str = ""


@dataclass(frozen=True, slots=True)
class Manager(Value):
    """A context manager: what `as` binds, and what leaving it does to a session: "close", "commit", "begin", "".

    swallows: some failures of its block end there, and all_of_them where that says so. ended: what the function
    behind it has surely done to the session that it gave, once the block is left: "commit", "close", or "lost" where
    it opens one and commits nothing. begins: the block is a transaction ("begin") or a savepoint ("nested").
    """

    entered: Value
    leaving: str = ""
    session: Session | None = None
    swallows: bool = False
    all_of_them: bool = False
    no_autoflush: bool = False
    ended: frozenset[str] = frozenset()
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Method(Value):
    """A method of a value of ours, not yet called."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class OneOf(Value):
    """Any of several values, none of them unknown."""

    values: tuple[Value, ...]


def class_name(cls: str) -> str:
    """The simple name of a class given by "module:qualname"."""
    return cls.rpartition(":")[2].rpartition(".")[2]


def derived(identity: int, name: str) -> int:
    """The identity of what an instance's attribute leads to."""
    return zlib.crc32(f"{identity}.{name}".encode()) if identity else 0


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values that `value` may be."""
    return value.values if isinstance(value, OneOf) else (value,)
