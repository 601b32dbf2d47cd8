"""What calls into SQLAlchemy and its relatives give: pure, shared by the visitor and by declared expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqla_lint.flow.frame import Arguments
from sqla_lint.flow.loading import (
    ALL_OF_THEM,
    EMPTY,
    SUBCLASSES,
)
from sqla_lint.flow.managing import MAKING_MANAGERS, managing
from sqla_lint.flow.options import columns, option, options_tree, owner_of
from sqla_lint.flow.places import Place
from sqla_lint.flow.steps import COMPUTES, Step, Steps, after
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Criterion,
    External,
    Instance,
    Manager,
    MappedAttribute,
    Mapping,
    Method,
    Option,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.knowledge import loaders, sessions, statements
from sqla_lint.knowledge.exports import REEXPORTED

_AUTOCOMMIT = ".autocommit"
_IN_MEMORY = ("sqlite://", "sqlite:///:memory:")


def construct(dotted: str, arguments: Arguments, key: str) -> Value | None:
    """What calling the library name `dotted` gives, or None where nothing is known of it.

    `key` becomes the identity of a session that is opened.
    """
    home, _, name = dotted.rpartition(".")
    if dotted in sessions.REGISTRIES:
        return _registry(sessions.REGISTRIES[dotted], arguments, key)
    if dotted in sessions.MAKERS:
        return _maker(sessions.MAKERS[dotted], arguments)
    if dotted in sessions.CLASSES:
        factory = _maker(sessions.CLASSES[dotted], arguments)
        return open_session(factory, arguments, key)
    if dotted in MAKING_MANAGERS:
        return managing(arguments.first())
    if dotted in sessions.CREATORS:
        return open_session(
            SessionFactory("sync", autoflush=False, expire_on_commit=False, autocommit=True), arguments, key
        )
    if dotted in sessions.BORROWED:
        return Session(key, sessions.BORROWED[dotted], "unknown")
    if dotted in statements.SELECTS:
        return select(arguments)
    if dotted in statements.DML:
        return Statement(statements.DML[dotted], entities(arguments.positional))
    if dotted in statements.TEXTS:
        return Statement("text")
    if f"{home}." in loaders.HOMES and name in loaders.OPTIONS:
        return option(name, arguments, Option(EMPTY))
    if f"{home}." in loaders.HOMES and name in loaders.COLUMN_OPTIONS | {"Load"}:
        return Option(columns(name, arguments), owner=owner_of(arguments))
    if name in ("aliased", "with_polymorphic") and home.startswith("sqlalchemy"):
        first = arguments.first()
        whole = name == "with_polymorphic" and isinstance(first, ClassValue)
        return replace(first, bound=(*first.bound, (SUBCLASSES, ""))) if whole else first  # type: ignore[attr-defined, call-arg]
    if dotted == "functools.partial" and isinstance(arguments.first(), SessionFactory | External):
        return _partial(arguments)
    if sessions.is_opened_by_facade(dotted):
        return Manager(Session(key, "sync", "manager"))  # it commits and closes at the end of the outermost block
    return _context_manager(dotted, arguments)


def make_framework(dotted: str, given: Value | None) -> External:
    """`SQLAlchemy(session_options={"autoflush": False})`, by those options."""
    options = dict(given.entries) if isinstance(given, Mapping) else {}
    settings = _flag(options.get("autoflush"), True), _flag(options.get("expire_on_commit"), True)
    return External(dotted, True, settings)


def framework_member(framework: External, name: str) -> Value | None:
    """`db.session`, and `db.select`, `db.Session`: an extension passes on the names of SQLAlchemy."""
    if framework.dotted not in sessions.FRAMEWORKS:
        return None
    autoflush, expires = framework.settings
    key = f"global:{framework.dotted}.session"
    registry = Session(key, "sync", "registry", registry=True, autoflush=autoflush, expire_on_commit=expires)
    if name == "session":
        return registry
    if name in sessions.EXTENSION_METHODS:
        return Method(registry, name)
    return External(REEXPORTED[name]) if name in REEXPORTED else None


def _partial(arguments: Arguments) -> Value | None:
    """`partial(Session, engine, autoflush=False)` is a factory; a partial of another library's function is opaque."""
    made_of = arguments.first()
    rest = Arguments(arguments.positional[1:], arguments.keywords)
    if isinstance(made_of, External):
        return _maker(sessions.CLASSES[made_of.dotted], rest) if made_of.dotted in sessions.CLASSES else None
    assert isinstance(made_of, SessionFactory)
    return replace(
        made_of,
        autoflush=_flag(arguments.keywords.get("autoflush"), made_of.autoflush),
        expire_on_commit=_flag(arguments.keywords.get("expire_on_commit"), made_of.expire_on_commit),
    )


def _context_manager(dotted: str, arguments: Arguments) -> Value | None:
    match dotted:
        case "contextlib.closing" | "contextlib.aclosing":
            inner = arguments.first()
            return Manager(inner, "close", inner if isinstance(inner, Session) else None)
        case "contextlib.nullcontext":
            return Manager(arguments.first())
        case "contextlib.suppress":
            return Manager(UNKNOWN, swallows=True, all_of_them=any(map(_is_any_failure, arguments.positional)))
    return None


def _is_any_failure(value: Value) -> bool:
    return isinstance(value, External) and value.dotted in ("builtins.Exception", "builtins.BaseException")


def select(arguments: Arguments) -> Statement:
    """`select(…)`, the list form of 1.4 included."""
    given: tuple[Value, ...] = arguments.positional
    if len(given) == 1 and isinstance(given[0], TupleValue | Collection) and given[0].items:
        given = given[0].items
    core = bool(given) and all(item == UNKNOWN or isinstance(item, External) for item in given)
    kind, root = "core" if core else "select", root_of(given)
    return Statement(kind, entities(given), steps=asked(given), plain=is_plain(given), root=root)


def root_of(given: tuple[Value, ...]) -> tuple[str, ...]:
    """The parameter whose class alone is asked for: the callers know it, as they know a statement that they give."""
    return given[0].root if len(given) == 1 and isinstance(given[0], ClassValue) else ()


def asked(given: tuple[Value, ...]) -> Steps:
    """The classes whose columns are asked for; and that the database works something out of columns."""
    classes = tuple(Step("asks", item.owner) for item in given if isinstance(item, MappedAttribute))
    return (*classes, Step(COMPUTES)) if any(isinstance(item, Criterion) for item in given) else classes


def is_plain(given: tuple[Value, ...]) -> bool:
    """Whether what is asked for are classes and their columns alone."""
    return bool(given) and all(isinstance(item, ClassValue | MappedAttribute) for item in given)


def entities(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """What `select(…)` and `query(…)` are asked for, position by position: instances, or unknown."""
    return tuple(_entity(item) for item in values)


def _entity(value: Value) -> Value:
    match value:
        case ClassValue(id=cls, bound=bound):
            return Instance(cls, free=frozenset({SUBCLASSES}) if (SUBCLASSES, "") in bound else frozenset())
        case Symbol():
            return value  # a class that the caller names
    return UNKNOWN


def _flag(value: Value | None, default: bool) -> bool:
    return value.value is not False if isinstance(value, Constant) else default


def _maker(kind: str, arguments: Arguments) -> SessionFactory:
    made_of = arguments.keywords.get("class_")
    if isinstance(made_of, SessionFactory):
        kind = made_of.kind
    elif isinstance(made_of, External):
        kind = sessions.CLASSES.get(made_of.dotted, kind)
    bind = arguments.get(0, "bind")
    pooled = not (isinstance(bind, External) and "poolless" in bind.dotted)
    return SessionFactory(
        kind,
        autoflush=_flag(arguments.keywords.get("autoflush"), True),
        expire_on_commit=_flag(arguments.keywords.get("expire_on_commit"), True),
        pooled=pooled,
        autocommit=_flag(arguments.keywords.get("autocommit"), _commits_each(bind)),
    )


def _registry(kind: str, arguments: Arguments, key: str) -> Session:
    factory = arguments.first()
    if isinstance(factory, SessionFactory):
        return Session(
            key,
            factory.kind,
            "registry",
            registry=True,
            autoflush=factory.autoflush,
            expire_on_commit=factory.expire_on_commit,
            autocommit=factory.autocommit,
        )
    return Session(key, kind, "registry", registry=True)


def _commits_each(bind: Value | None) -> bool:
    """Whether an engine commits each statement, or may: one that got options after it was made."""
    return isinstance(bind, External) and bind.dotted.endswith((_AUTOCOMMIT, ".execution_options"))


def open_session(factory: SessionFactory, arguments: Arguments, key: str) -> Session:
    """The session that calling a factory opens."""
    if factory.registry:
        return _registry(factory.kind, arguments, key)
    bind = arguments.get(0, "bind")
    by_connection = isinstance(bind, External) and bind.dotted.endswith(("Connection", ".connect"))
    return Session(
        key,
        factory.kind,
        "function",
        autoflush=_flag(arguments.keywords.get("autoflush"), factory.autoflush),
        expire_on_commit=_flag(arguments.keywords.get("expire_on_commit"), factory.expire_on_commit),
        bound_to_connection=by_connection or not factory.pooled,
        autocommit=_flag(arguments.keywords.get("autocommit"), factory.autocommit or _commits_each(bind)),
    )


def generated(statement: Statement, name: str, arguments: Arguments, place: Place | None = None) -> Statement:
    """What a method of a statement that returns another one makes of it, its criteria left aside."""
    for step in _steps(name, arguments, place):
        statement = replace(statement, steps=after(statement.steps, step))
    match name:
        case "options":
            return replace(statement, load=statement.load.merge(options_tree(arguments)))
        case "limit":
            given = arguments.first()
            count = given.value if isinstance(given, Constant) and isinstance(given.value, int) else None
            return replace(statement, limit=count)
        case "enable_eagerloads" if arguments.first() == Constant(False):
            return replace(statement, load=EMPTY)
        case "with_polymorphic":
            return replace(statement, load=statement.load.merge(ALL_OF_THEM))
        case "from_statement":
            return replace(statement, filtered=True)
    return replace(statement, filtered=statement.filtered or name in statements.FILTERING)


def _steps(name: str, arguments: Arguments, place: Place | None) -> Iterator[Step]:
    """A method as a step, with what it joins to; of `options()` those that join."""
    if name == "options":
        for given in arguments.positional:
            if isinstance(given, Option) and given.joins and given.strategies[:1] == ("joined",):
                yield Step(given.joins, relationship=given.path[0], place=place)
        return
    cls = relationship = ""
    match arguments.first():
        case ClassValue(id=cls):
            pass
        case MappedAttribute(owner=cls, path=(relationship, *_)):
            pass
    if name in ("slice", "offset") and isinstance(arguments.first(), Constant):
        name = "limit"  # the same few are passed over each time: no paging
    joins = name in ("join", "outerjoin")
    keywords = frozenset(arguments.keywords) | ({"onclause"} if joins and len(arguments.positional) > 1 else set())
    yield Step(
        name, cls if joins or name == "select_from" else "", relationship if joins else "", keywords, place=place
    )


def create_engine(dotted: str, arguments: Arguments) -> Value:
    """An engine, made by that function; said so where its pool keeps no connections apart."""
    pool = arguments.keywords.get("poolclass")
    url = arguments.first()
    memory = isinstance(url, Constant) and str(url.value).replace("+aiosqlite", "") in _IN_MEMORY
    poolless = isinstance(pool, External) and pool.dotted.rpartition(".")[2] in sessions.POOLLESS
    autocommit = arguments.keywords.get("isolation_level") == Constant("AUTOCOMMIT")
    if ".asyncio." in dotted:
        return External("sqlalchemy.ext.asyncio.AsyncEngine.poolless" if poolless or memory else dotted, made=True)
    kind = f"{'.poolless' if poolless or memory else ''}{_AUTOCOMMIT if autocommit else ''}"
    return External(f"sqlalchemy.Engine{kind}", made=True)
