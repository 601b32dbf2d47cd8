"""What flow may ask about the world outside its function, and the form of the answers.

Every question is a value and so is every answer, "no such thing" included: the list of questions that an inspection
asked is the record of what it depends on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from sqla_lint.flow.columns import Column
from sqla_lint.flow.loading import LoadTree
from sqla_lint.flow.making import KeyUse
from sqla_lint.flow.narrowed import Lookup
from sqla_lint.flow.passing import Passed
from sqla_lint.flow.places import Place
from sqla_lint.flow.values import UNKNOWN, Bindings, Instance, Session, Value
from sqla_lint.knowledge.mapping import CASCADE
from sqla_lint.knowledge.versions import Versions

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """A question whose answer is an `A`."""


class Ask(Protocol):
    """The one way out of a function."""

    def __call__(self, question: Question[A], /) -> A:
        """Answer a question; unknown names have answers too."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """A mapped relationship. `lazy` is the strategy that the mapping asks for; `reverse` its other side, if named.

    many_to_one: its own side holds the foreign key, so that rows may share a target. keys: the attributes of its class
    that are that key, where they can be told. cascade: `all` taken apart. secondary: the name of the table between, or
    "?". passive_deletes: "", "yes" or "all". joins: it is joined by a condition of its own. backref: `backref` makes
    one of the two sides. cascade_backrefs: SQLAlchemy 1.4 may add rows through the other side. keyed: it is a dict.
    """

    name: str
    owner: str
    target: str
    collection: bool
    lazy: str
    reverse: str = ""
    many_to_one: bool = False
    keys: tuple[str, ...] = ()
    cascade: frozenset[str] = CASCADE
    secondary: str = ""
    passive_deletes: str = ""
    viewonly: bool = False
    single_parent: bool = False
    order_by: bool = False
    joins: bool = False
    backref: bool = False
    cascade_backrefs: bool = True
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Inheritance:
    """How a class inherits from `base`, which has a table. kind: "single", "joined" or "concrete".

    load: when a query of the base loads what only this class has, "inline", "selectin" or, by "", as it is read.
    """

    base: str
    kind: str
    load: str = ""


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A class as mapped, inherited attributes included.

    unique: the sets of columns that are, by attribute as all columns are. proxies: association proxies with the
    relationship they go through. versioned: a column counts its versions, so that no UPDATE is lost unnoticed.
    dataclass_like: its constructor sets the defaults of its columns. refetched: it says how the database's are fetched.
    """

    id: str
    name: str
    mapped: bool
    table: str = ""
    relationships: dict[str, Relationship] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    unique: tuple[frozenset[str], ...] = ()
    primary: frozenset[str] = frozenset()
    lineage: tuple[str, ...] = ()
    proxies: dict[str, str] = field(default_factory=dict)
    inherits: Inheritance | None = None
    versioned: bool = False
    refetched: bool = False
    dataclass_like: bool = False

    def is_related(self, other: ClassInfo) -> bool:
        """Whether a relationship leads to the other class, or from it to this one."""
        pairs = ((self, other), (other, self))
        return any(item.target in (to.id, *to.lineage) for of, to in pairs for item in of.relationships.values())

    def column(self, in_table: str) -> Column | None:
        """The column of that name in the table."""
        named = (item for item in self.columns.values() if item.column == in_table)
        return next(named, self.columns.get(in_table))


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of a function: what its annotation or its default says of it, and the default where it is plain."""

    name: str
    kind: str
    value: Value
    default: Value = UNKNOWN


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A function's signature.

    wraps: "", "contextmanager", "fixture", "property", "cached property" or "cached". binds: what its first parameter
    is, "self", "cls" or "". guesses: in its file a name such as `session` may be taken for a session. entry: its
    process ends with it, as that of a script's `main`. generic: its annotations speak of type variables that an object
    binds, or of `Self`. decorated: by something that may change what calling it gives, or overridden by what may give
    something else. decorators: those of the project among its decorators. locks: it enters a lock. getter: reading the
    attribute runs it.
    """

    id: str
    name: str
    module: str
    path: str
    line: int
    end_line: int
    parameters: tuple[Argument, ...]
    returns: Value
    is_async: bool
    is_generator: bool
    wraps: str
    owner: str
    guesses: bool = True
    entry: bool = False
    module_body: bool = False
    binds: str = ""
    generic: bool = False
    decorated: bool = False
    decorators: tuple[str, ...] = ()
    locks: bool = False
    getter: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a function does to a session of its caller. op: a name of `knowledge.sessions.Effect`, or add, delete.

    must: on every normal path. usual: on all but those that a test leads away from it. works: the function itself
    has changed something that a commit writes. outside: a decorator that does it at the outermost of its calls only.
    once: behind a function that keeps what it gave the first time, and is always called alike.
    """

    op: str
    session: str
    must: bool
    usual: bool
    place: Place = field(compare=False)
    instance: Instance | None = None
    durable: bool = False
    works: bool = True
    outside: str = ""
    once: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A relationship read of an argument: the access path from the parameter, and whether an inner loop repeats it.

    Where its last step is `passed` to a function, what that reads of it is read. owed: the function it stands in and
    the path there, the identity of what its callers may know. after_failure: it stands where the function has failed.
    unless: attributes of the object, those that no table has, which the function finds empty first.
    """

    path: tuple[str, ...]
    repeated: bool
    owed: tuple[str, ...]
    place: Place = field(compare=False)
    loop_text: str = field(default="", compare=False)
    text: str = field(default="", compare=False)
    after_failure: bool = False
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a function does, for its callers. `known` is False where its body could not be had.

    keeps: rows or queries that a method leaves in `self`. sets: the attributes that it sets, "?" where it calls unknown
    code. ended: see `Manager`, and "begin", "nested" of its `yield`. begun: the sessions in a transaction at its end.
    passed: what failed in it, and left a session that the callers go on with. fills: what lists and dicts that it is
    given get, by parameter. wants: the parameters whose class decides what it does, where nothing else tells it. loads:
    what its queries load on rows of a class that are at hand, too.
    """

    known: bool = False
    returns: Value = UNKNOWN
    yields: Value | None = None
    effects: tuple[Effect, ...] = ()
    reads: tuple[Read, ...] = ()
    escapes: frozenset[str] = frozenset()
    io: str = ""
    returns_normally: bool = True
    name: str = ""
    keeps: tuple[tuple[str, Value], ...] = ()
    ended: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    uses: tuple[KeyUse, ...] = ()
    begun: frozenset[str] = frozenset()
    passed: tuple[Passed, ...] = ()
    asks: tuple[Lookup, ...] = ()
    fills: tuple[tuple[str, Value], ...] = ()
    wants: frozenset[str] = frozenset()
    loads: frozenset[tuple[str, LoadTree]] = frozenset()


@dataclass(frozen=True, slots=True)
class NameMeans(Question[Value]):
    """What a global name of a module stands for."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class AttributeMeans(Question[Value]):
    """What an attribute of an instance of a class of the project is; UNKNOWN where it declares none.

    above: only what the classes after that one in the lineage declare, as `super()` sees it. bound: what the type
    variables of that instance stand for.
    """

    cls: str
    name: str
    on_class: bool = False
    above: str = ""
    bound: Bindings = ()


@dataclass(frozen=True, slots=True)
class KeptIn(Question[Value]):
    """What the methods of a class leave in an attribute of `self`: rows or their query, UNKNOWN where any of it is not.

    An assignment in the class itself, or in the nearest that it derives from, hides those further up.
    """

    cls: str
    name: str


@dataclass(frozen=True, slots=True)
class KeepsRowOf(Question[bool]):
    """Whether an object of a class keeps a row of a mapped class, or of one derived from it, in some attribute.

    name: an attribute called so may be one, where nobody can tell what it holds.
    """

    cls: str
    row: str
    name: str


@dataclass(frozen=True, slots=True)
class MappingOf(Question["ClassInfo | None"]):
    """How a class of the project is mapped; None where there is no such class."""

    cls: str


@dataclass(frozen=True, slots=True)
class SignatureOf(Question["FunctionInfo | None"]):
    """The signature of a function of the project; of a method as an object of class `this` bound so has it."""

    function: str
    this: str = ""
    bound: Bindings = ()


Given = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class SummaryOf(Question[Summary]):
    """What a function of the project does.

    this: the class of `self`, where a subclass calls an inherited method. given: the flags, classes, statements and
    loader options that the call sets or leaves at their defaults. bound: what the type variables of `self` stand for.
    closely: it is given sessions, statements or rows, so that even what it keeps or gives back matters. manages: a
    context manager is made of it where it is called.
    """

    function: str
    this: str = ""
    given: Given = ()
    closely: bool = False
    bound: Bindings = ()
    manages: bool = False


@dataclass(frozen=True, slots=True)
class ResponseReads(Question[tuple[Read, ...]]):
    """What the response model of a route reads of its result, as paths from it."""

    function: str


@dataclass(frozen=True, slots=True)
class SchemaReads(Question[tuple[Read, ...]]):
    """What a schema reads of the object it is made of, or of what one of its fields is given, as paths from that."""

    cls: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class DumpReads(Question["tuple[Read, ...] | None"]):
    """What a schema reads of the object that it dumps, or of each of `many`; None where the class is no such schema."""

    cls: str
    many: bool = False
    only: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TemplateNamed(Question[str]):
    """The function that stands for the template of that name, as a file finds it; empty where there is none."""

    name: str
    near: str


@dataclass(frozen=True, slots=True)
class InjectedBy(Question[tuple[tuple[str | int, Session], ...]]):
    """The sessions that a decorator hands to what it decorates, by keyword or by position."""

    decorator: str


@dataclass(frozen=True, slots=True)
class KindByUse(Question[str]):
    """Of which kind a session reached by `text` is, as the awaiting and the calling in a function tell."""

    function: str
    text: str


@dataclass(frozen=True, slots=True)
class AnnotationMeans(Question[Value]):
    """What a value annotated so is, in a module. of_parameter: it is handed in, so that callers know what is loaded."""

    module: str
    annotation: str
    of_parameter: bool = False


@dataclass(frozen=True, slots=True)
class MayLoad(Question[bool]):
    """Whether an attribute of that name is a relationship, or a property or method that reads one, of any class."""

    name: str


@dataclass(frozen=True, slots=True)
class WorksOnSession(Question[bool]):
    """Whether a function, or what it calls, names a session or opens one."""

    function: str


@dataclass(frozen=True, slots=True)
class CallsAsked(Question[frozenset[tuple[str, str]]]):
    """The calls that rules ask for, by kind and name; see `Called`."""


@dataclass(frozen=True, slots=True)
class EventAsked(Question[bool]):
    """Whether some rule asks for events of a kind."""

    event: str


@dataclass(frozen=True, slots=True)
class PossibleVersions(Question[Versions]):
    """The generations of SQLAlchemy that the project may run on."""
