"""What one file tells: its imports, assignments, classes and functions, wherever they stand."""

from __future__ import annotations

from typing import NamedTuple

from sqla_lint.survey.expressions import Apply, Expression, dotted


class Parameter(NamedTuple):
    """One parameter of a function. `kind` is "plain", "args" or "kwargs"."""

    name: str
    annotation: Expression | None = None
    default: Expression | None = None
    kind: str = "plain"


class Declared(NamedTuple):
    """A name bound by an assignment: its annotation and its value, either may be missing.

    `within` is the method that assigns it, where it is an attribute set through `self`.
    """

    annotation: Expression | None
    value: Expression | None
    within: str = ""


class Sketch(NamedTuple):
    """What a function's own lines do, by names alone: enough to decide whether to read it deeply.

    calls: every called chain of names (`?` for a start that is none); reads: every chain read; loop_calls,
    loop_reads: those inside a loop. made: pairs of a name and a chain that it is bound to, with `()` where that is
    called; bound: the names that are bound otherwise. templates: the names of templates that are mentioned where any
    is rendered. awaited, stated: the chains of a session's asynchronous methods that are called under `await`, and
    those whose call is a statement of its own. entered: the chains in the headers of `with`. tests: Python's own
    operators (`and`, `in`, `is`…) stand in the arguments of a call that makes SQL of them. dropped: the last names of
    calls that are statements, or whose value a name gets that nothing reads. changes: the names of the attributes
    whose value may be changed in place. tried: the chains that are called in a `try` whose
    handlers may pass over a flush that fails. truths: the last names of calls whose value is asked for its
    truth, where that may be a statement. whittles: it loads rows, and may only count them, take the first or see
    whether there are any. titles: the names that are read and begin as those of classes do. only_awaited: the
    last names of calls each of which stands right under an `await`; sometimes_awaited: those of which only some do.
    passes: a flush may fail in it that its callers do not hear of. strange: names that speak of sessions, of what is
    used as no session can be. numbers: the last names of classes that are called with a number of their own, twice
    with the same one or where rows are asked for by theirs. keys: the texts that are named as sessions are.
    """

    calls: frozenset[str]
    reads: frozenset[str]
    loop_calls: frozenset[str]
    loop_reads: frozenset[str]
    made: frozenset[tuple[str, str]] = frozenset()
    bound: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    entered: frozenset[str] = frozenset()
    tests: bool = False
    awaited: frozenset[str] = frozenset()
    stated: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    synchronizes: bool = False
    removed: bool = False
    tried: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()
    whittles: bool = False
    titles: frozenset[str] = frozenset()
    only_awaited: frozenset[str] = frozenset()
    sometimes_awaited: frozenset[str] = frozenset()
    passes: bool = False
    strange: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def touched(self, name: str) -> frozenset[str]:
        """The attributes that are read of a name."""
        own = (chain.split(".") for chain in self.reads if chain.startswith(f"{name}."))
        return frozenset(parts[1] for parts in own if len(parts) == 2)


class FunctionFact(NamedTuple):
    """One `def`. Lines count from 1 and include the decorators; `owner` is the qualified name of its class, if any.

    `declares`: what a decorated method returns, since a `declared_attr` is a declaration too, and the call that is all
    that a function of the module does, since it may make one. ending: "stub" where the body does nothing but perhaps
    say that it is not implemented, "raise" where its last statement raises, else empty.
    """

    qualname: str
    line: int
    end_line: int
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    is_async: bool
    is_generator: bool
    owner: str
    nested_in: str
    sketch: Sketch
    declares: Expression | None = None
    ending: str = ""

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]

    @property
    def binds(self) -> bool:
        """Whether its first parameter is what it is called on: the object or the class."""
        return bool(self.owner) and not any(dotted(item) == "staticmethod" for item in self.decorators)

    @property
    def is_abstract(self) -> bool:
        """Whether it is a method that only says what those which override it do."""
        declared = any(dotted(item).rpartition(".")[2].startswith("abstract") for item in self.decorators)
        return bool(self.owner) and (declared or self.ending == "stub")


class ClassFact(NamedTuple):
    """One `class`: bases, class keywords, decorators, attributes of its body, and attributes set through `self`.

    keepers: for each of those the methods that set it to more than `None`, by qualified name; fillers: those that put
    something into the list or dict which stands there.
    """

    qualname: str
    line: int
    bases: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...]
    decorators: tuple[Expression, ...]
    attributes: dict[str, Declared]
    methods: dict[str, str]
    self_attributes: dict[str, Declared]
    keepers: dict[str, tuple[str, ...]]
    fillers: dict[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]


class Facts(NamedTuple):
    """All declarations of one file. `imports` maps a local name to the dotted name it stands for.

    other_imports: what a name is imported as where its first import fails. late: attributes given to a class after it:
    the class, the name, the value. mappings: calls that map a class to a table, each with the name that it is assigned
    to. keys: calls of `Index` and `UniqueConstraint` that are statements, each with the class whose body it stands in.
    options: those of sessions and transactions that the file speaks of. databases: see `databases_in`.
    """

    path: str
    module: str
    aliases: tuple[str, ...]
    is_package: bool
    imports: dict[str, str]
    other_imports: dict[str, str]
    star_imports: tuple[str, ...]
    variables: dict[str, Declared]
    classes: dict[str, ClassFact]
    functions: dict[str, FunctionFact]
    late: tuple[tuple[Expression, str, Expression], ...]
    mappings: tuple[tuple[str, Apply], ...]
    keys: tuple[tuple[str, Apply], ...] = ()
    main_calls: frozenset[str] = frozenset()
    body_sketch: Sketch | None = None
    options: frozenset[str] = frozenset()
    databases: frozenset[str] = frozenset()
    guesses: bool = True
