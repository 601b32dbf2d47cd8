"""What calls into SQLAlchemy and its relatives give: pure, shared by the visitor and by declared expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqla_lint.flow.frame import Arguments
from sqla_lint.flow.loading import (
    ALL_OF_THEM,
    ANYTHING,
    COLUMNS,
    DEFERRED,
    DOUBT,
    EMPTY,
    SUBCLASSES,
    UNDEFERRED,
    WILDCARD,
    LoadTree,
    chain,
)
from sqla_lint.flow.places import Place
from sqla_lint.flow.steps import Step, Steps, after
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    External,
    Instance,
    Manager,
    MappedAttribute,
    Method,
    Never,
    OneOf,
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
        return Option(_columns(name, arguments), owner=_owner(arguments))
    if name in ("aliased", "with_polymorphic") and home.startswith("sqlalchemy"):
        first = arguments.first()
        whole = name == "with_polymorphic" and isinstance(first, ClassValue)
        return replace(first, bound=(*first.bound, (SUBCLASSES, ""))) if whole else first  # type: ignore[attr-defined, call-arg]
    if dotted == "functools.partial" and isinstance(arguments.first(), SessionFactory | External):
        return _partial(arguments)
    if sessions.is_opened_by_facade(dotted):
        return Manager(Session(key, "sync", "manager"))  # it commits and closes at the end of the outermost block
    return _context_manager(dotted, arguments)


def framework_member(framework: External, name: str) -> Value | None:
    """`db.session`, and `db.select`, `db.Session`: an extension passes on the names of SQLAlchemy."""
    if framework.dotted not in sessions.FRAMEWORKS:
        return None
    registry = Session(f"global:{framework.dotted}.session", "sync", "registry", registry=True)
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
    """The classes whose columns are asked for."""
    return tuple(Step("asks", item.owner) for item in given if isinstance(item, MappedAttribute))


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
    yield Step(name, cls if joins else "", relationship if joins else "", keywords, place=place)


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


def option(name: str, arguments: Arguments, base: Option) -> Option:
    """`selectinload(…)` and its like, called as a function (`base` empty) or chained onto an option.

    Of several path elements given to one call only the last gets the strategy; the others keep their own, but for
    `contains_eager()`.
    """
    strategy = loaders.OPTIONS[name]
    if name == "raiseload" and arguments.keywords.get("sql_only") == Constant(True):
        strategy = "raise_on_sql"
    names = _path_names(arguments.positional)
    if name == "selectin_polymorphic":
        return replace(base, tree=base.tree.merge(ALL_OF_THEM))
    if not names:
        return base
    strategies = (*[strategy if name in loaders.ALONG else ""] * (len(names) - 1), strategy)
    path = (*base.path, *names)
    all_strategies = (*base.strategies, *strategies)
    passed_over = base.passed_over
    if strategy in loaders.EAGER and name not in loaders.ALONG:
        passed_over += _passed_over(base.path, arguments.positional)
    joins = base.joins if base.path else "" if "innerjoin" in arguments.keywords else name
    owner = base.owner if base.path else _owner(arguments)
    return Option(base.tree.merge(chain(path, all_strategies)), path, all_strategies, passed_over, joins, owner)


def _owner(arguments: Arguments) -> str:
    """The class of the first attribute, empty where that cannot be told."""
    first = arguments.first()
    return first.owner if isinstance(first, MappedAttribute) else ""


def _passed_over(base: tuple[str, ...], values: tuple[Value, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The steps of a path that stand before its last, each with its class; none where one of them cannot be told."""
    steps = [item for item in values if isinstance(item, MappedAttribute) and len(item.path) == 1]
    if len(steps) < len(values):
        return ()
    names = [step.path[0] for step in steps]
    return tuple((step.owner, (*base, *names[: at + 1])) for at, step in enumerate(steps[:-1]))


def _path_names(values: tuple[Value, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for value in values:
        match value:
            case MappedAttribute(path=path):
                names += path
            case Constant(value=str(text)):
                names += text.split(".")
            case OneOf(values=several) if all(isinstance(item, MappedAttribute) for item in several):
                first = several[0]
                names += first.path if isinstance(first, MappedAttribute) else ()
            case _:
                # An attribute that cannot be told may load anything: every read below is in doubt.
                names.append(DOUBT)
    return tuple(names)


def _columns(name: str, arguments: Arguments) -> LoadTree:
    """What `load_only(…)`, `defer(…)` and their like make of columns; nothing where one of them cannot be told."""
    given = _path_names(arguments.positional)
    if DOUBT in given or any(isinstance(item, MappedAttribute) and len(item.path) > 1 for item in arguments.positional):
        return EMPTY
    if arguments.spread or "raiseload" in arguments.keywords:
        return EMPTY
    match name:
        case "load_only":
            told = [(COLUMNS, DEFERRED), *((item, UNDEFERRED) for item in given)]
        case "defer":
            told = [(item, DEFERRED) for item in given]
        case "undefer":
            told = [(COLUMNS if item == WILDCARD else item, UNDEFERRED) for item in given]
        case "undefer_group":
            told = [(COLUMNS, UNDEFERRED)]
        case _:
            return EMPTY
    return LoadTree(tuple(sorted((item, strategy, EMPTY) for item, strategy in dict(told).items())))


def chained(base: Option, name: str, arguments: Arguments) -> Value:
    """A method of an option: another step of the path, or options below it."""
    if name in loaders.OPTIONS:
        return option(name, arguments, base)
    if name in loaders.COLUMN_OPTIONS:
        return replace(base, tree=base.tree.merge(chain(base.path, base.strategies, _columns(name, arguments))))
    if name == "options":
        tree = base.tree
        for given in arguments.positional:
            if isinstance(given, Option):
                tree = tree.merge(chain(base.path, base.strategies, given.tree))
        return replace(base, tree=tree)
    return base


def options_tree(arguments: Arguments) -> LoadTree:
    """What `.options(…)` asks for; options that cannot be seen through count as loading everything."""
    tree = ANYTHING if arguments.spread else EMPTY
    for value in arguments.positional:
        tree = tree.merge(_tree_of(value))
    return tree


def _tree_of(value: Value) -> LoadTree:
    match value:
        case Option(tree=tree):
            return tree
        case Collection(limit=0):
            return EMPTY
        case Collection(items=items) if items:
            return _tree_of(TupleValue(items))
        case Collection(element=element):
            return _tree_of(element)
        case TupleValue(items=items) | OneOf(values=items):
            tree = EMPTY
            for item in items:
                tree = tree.merge(_tree_of(item))
            return tree
        case Constant() | Never():
            return EMPTY
    return ANYTHING
