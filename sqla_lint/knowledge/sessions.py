"""Sessions: the classes that are one, what makes one, and what each method does.

Facts: https://docs.sqlalchemy.org/en/20/orm/session_basics.html and, for asyncio,
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from typing import NamedTuple

# What takes the row from an instance: from then on it is as one that was just constructed.
MAKE_TRANSIENT = frozenset({"sqlalchemy.orm.make_transient", "sqlalchemy.orm.session.make_transient"})


class Effect(NamedTuple):
    """What one session method does.

    sql: sends statements. flushes: "always", "auto" (when autoflush is on) or "". ends: "commit", "rollback",
    "close" or "". coroutine: on an AsyncSession it must be awaited. gives: what it returns, by kind.
    """

    sql: bool = False
    flushes: str = ""
    ends: str = ""
    coroutine: bool = False
    gives: str = ""


# What an extension's object offers beside its session, and runs on it.
EXTENSION_METHODS = frozenset({"first_or_404", "get_or_404", "one_or_404", "paginate"})
METHODS: dict[str, Effect] = {
    "add": Effect(gives="none"),
    "add_all": Effect(gives="none"),
    "aclose": Effect(ends="close", coroutine=True, gives="none"),
    "begin": Effect(gives="begin"),
    "begin_nested": Effect(sql=True, flushes="always", gives="nested"),
    "bulk_insert_mappings": Effect(sql=True, gives="none"),
    "bulk_save_objects": Effect(sql=True, gives="none"),
    "bulk_update_mappings": Effect(sql=True, gives="none"),
    "close": Effect(ends="close", coroutine=True, gives="none"),
    "close_all": Effect(coroutine=True, gives="none"),
    "delete_all": Effect(coroutine=True, gives="none"),
    "merge_all": Effect(sql=True, flushes="auto", coroutine=True),
    "commit": Effect(sql=True, flushes="always", ends="commit", coroutine=True, gives="none"),
    "connection": Effect(sql=True, coroutine=True),
    "delete": Effect(coroutine=True, gives="none"),
    "exec": Effect(sql=True, flushes="auto", coroutine=True, gives="exec"),
    "execute": Effect(sql=True, flushes="auto", coroutine=True, gives="result"),
    "expire": Effect(gives="none"),
    "expire_all": Effect(gives="none"),
    "expunge": Effect(gives="none"),
    "expunge_all": Effect(gives="none"),
    "flush": Effect(sql=True, flushes="always", coroutine=True, gives="none"),
    "first_or_404": Effect(sql=True, flushes="auto", gives="scalar"),
    "get_or_404": Effect(sql=True, flushes="auto", gives="get"),
    "one_or_404": Effect(sql=True, flushes="auto", gives="scalar"),
    "paginate": Effect(sql=True, flushes="auto", gives="page"),
    "get": Effect(sql=True, flushes="auto", coroutine=True, gives="get"),
    "get_one": Effect(sql=True, flushes="auto", coroutine=True, gives="get"),
    "get_nested_transaction": Effect(),
    "get_transaction": Effect(),
    "in_nested_transaction": Effect(),
    "in_transaction": Effect(),
    "invalidate": Effect(ends="close", coroutine=True, gives="none"),
    "is_modified": Effect(),
    "merge": Effect(sql=True, flushes="auto", coroutine=True, gives="merge"),
    "query": Effect(gives="query"),
    "refresh": Effect(sql=True, flushes="auto", coroutine=True, gives="none"),
    "remove": Effect(ends="close", coroutine=True, gives="none"),
    "reset": Effect(ends="close", coroutine=True, gives="none"),
    "rollback": Effect(ends="rollback", coroutine=True, gives="none"),
    "run_sync": Effect(sql=True, coroutine=True),
    "scalar": Effect(sql=True, flushes="auto", coroutine=True, gives="scalar"),
    "scalars": Effect(sql=True, flushes="auto", coroutine=True, gives="scalars"),
    "stream": Effect(sql=True, flushes="auto", coroutine=True, gives="result"),
    "stream_scalars": Effect(sql=True, flushes="auto", coroutine=True, gives="scalars"),
}
# What an AsyncSession's caller must await, and a Session's never does.
COROUTINES = frozenset(name for name, effect in METHODS.items() if effect.coroutine)

CLASSES: dict[str, str] = {
    "sqlalchemy.orm.Session": "sync",
    "sqlalchemy.orm.session.Session": "sync",
    "sqlmodel.Session": "sync",
    "sqlmodel.orm.session.Session": "sync",
    "flask_sqlalchemy.session.Session": "sync",
    "sqlalchemy.orm.scoping.scoped_session": "sync",
    "sqlalchemy.orm.scoped_session": "sync",
    "sqlalchemy.orm.scoping.ScopedSession": "sync",
    "sqlalchemy.ext.asyncio.AsyncSession": "async",
    "sqlalchemy.ext.asyncio.session.AsyncSession": "async",
    "sqlalchemy.ext.asyncio.async_scoped_session": "async",
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": "async",
    "sqlmodel.ext.asyncio.session.AsyncSession": "async",
}
MAKERS: dict[str, str] = {
    "sqlalchemy.orm.sessionmaker": "sync",
    "sqlalchemy.orm.session.sessionmaker": "sync",
    "sqlalchemy.ext.asyncio.async_sessionmaker": "async",
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": "async",
}
REGISTRIES: dict[str, str] = {
    "sqlalchemy.orm.scoped_session": "sync",
    "sqlalchemy.orm.scoping.scoped_session": "sync",
    "sqlalchemy.orm.scoping.ScopedSession": "sync",
    "sqlalchemy.ext.asyncio.async_scoped_session": "async",
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": "async",
}
# A function of 1.x, which opens a session that neither flushes nor expires by itself.
CREATORS = frozenset({"sqlalchemy.orm.create_session", "sqlalchemy.orm.session.create_session"})
BORROWED: dict[str, str] = {
    "sqlalchemy.orm.object_session": "sync",
    "sqlalchemy.orm.session.object_session": "sync",
    "sqlalchemy.orm.Session.object_session": "sync",
    "sqlalchemy.ext.asyncio.async_object_session": "async",
    "sqlalchemy.ext.asyncio.async_session": "async",
}
# What these give has the session of the instance they are asked about.
INSPECTIONS = frozenset({"sqlalchemy.inspect", "sqlalchemy.inspection.inspect"})
# Objects whose `.session` is a registry that the framework empties.
FRAMEWORKS = frozenset(
    {
        "flask_sqlalchemy.SQLAlchemy",
        "flask_sqlalchemy.extension.SQLAlchemy",
        "flask_appbuilder.SQLA",
        "flask_appbuilder.models.sqla.interface.SQLAInterface",
        "flask_sqlalchemy_lite.SQLAlchemy",
        "quart_sqlalchemy.SQLAlchemy",
        "flask_appbuilder.models.base.SQLA",
        "flask_appbuilder.models.sqla.base.SQLA",
        "alchemical.Alchemical",
    }
)
# Methods by which changes are written, those that projects write for it included.
WRITING = frozenset({"commit", "flush", "save"})
# Methods by which objects come into a session, or into what a session holds.
TAKES_IN = frozenset({"add", "add_all", "append", "extend", "insert", "merge", "save", "update"})
# Methods after which an object has no session any more.
ENDING = frozenset({"close", "aclose", "expunge", "expunge_all", "invalidate", "remove", "reset"})
# Methods after which the columns of what a session holds are to be read again.
EXPIRING = frozenset({"commit", "expire", "expire_all", "rollback"})
# What gives a Connection: a session bound to it does not own it.
# What gives an engine is known by these last names, what gives a connection by those.
_ENGINES = frozenset({"Engine", "AsyncEngine", "autocommit", "poolless", "create_engine", "create_async_engine",
                      "engine_from_config", "async_engine_from_config", "get_engine"})  # fmt: skip
ENGINE_MAKERS = frozenset({"create_engine", "create_async_engine", "engine_from_config", "async_engine_from_config"})
# Those of them whose engine is told by what it is given.
ENGINES = frozenset({"sqlalchemy.create_engine", "sqlmodel.create_engine", "sqlalchemy.engine.create_engine",
                     "sqlalchemy.ext.asyncio.create_async_engine"})  # fmt: skip
# What makes sessions, and engines for them.
MAKING = frozenset({*CLASSES, *MAKERS, *REGISTRIES, *ENGINES})
# Pools that keep no connection for each of their users.
POOLLESS = frozenset({"NullPool", "StaticPool", "SingletonThreadPool"})
_CONNECTIONS = frozenset({"Connection", "AsyncConnection", "connect"})
CONNECTIONS = frozenset({"alembic.op.get_bind", "sqlalchemy.Engine.connect", "sqlalchemy.Engine.poolless.connect"})

# `enginefacade` of OpenStack: https://docs.openstack.org/oslo.db/latest/user/usage.html
FACADES = ("oslo_db.sqlalchemy.enginefacade.",)
# What functions of these give is known by the function's name.
LIBRARIES = ("sqlalchemy.", "sqlmodel.", *FACADES)


def is_opened_by_facade(dotted: str) -> bool:
    """Whether entering what a function of a facade gives opens a session: `writer.using(context)`."""
    return dotted.startswith(FACADES) and dotted.endswith(".using") and ".connection." not in dotted


NAMES = frozenset({"session", "db_session", "sa_session", "dbsession", "async_session", "sess", "DBSession"})
# A library whose own objects are called `session` or have a `commit`: a name alone says nothing in such a file.
RIVALS = frozenset(
    {
        "aiobotocore", "aiohttp", "boto3", "botocore", "cassandra", "cloudscraper", "ftplib", "git", "httpx",
        "keystoneauth1", "koji", "motor", "neo4j", "nox", "onnxruntime", "paramiko", "psycopg", "psycopg2", "pymongo",
        "pymysql", "redis", "requests", "requests_oauthlib", "snowflake", "sqlite3", "tensorflow", "tls_client",
    }
)  # fmt: skip


_WRITES = frozenset({"commit", "execute", "flush", "rollback"})
_UNIT_OF_WORK = frozenset({"add", "add_all", "expunge", "flush", "merge", "query", "refresh", "scalar", "scalars"})


def describes_session(methods: Collection[str]) -> bool:
    """Whether an interface with these methods, and no others, is that of a session and not of a connection or a set."""
    return METHODS.keys() >= set(methods) and not _WRITES.isdisjoint(methods) and not _UNIT_OF_WORK.isdisjoint(methods)


# Libraries whose objects are no sessions of ours, whatever they are called.
STRANGERS = RIVALS | {
    "builtins", "curl_cffi", "django", "fastapi", "flask", "google", "httpcore", "pytest", "pyspark", "quart",
    "scrapy", "selenium", "sqlalchemy", "sqlmodel", "starlette", "werkzeug",
}  # fmt: skip
# … but for what an application keeps in these.
APPLICATIONS = ("flask.current_app.", "flask.g.", "quart.current_app.", "quart.g.")

# What a `…_session` is that these words describe has nothing to do with a database.
_OTHER_WORDS = frozenset(
    {
        "agent", "aws", "boto", "boto3", "botocore", "browser", "chat", "client", "cookie", "debug", "flask", "ftp",
        "http", "https", "koji", "kube", "login", "oauth", "oauth2", "remote", "requests", "spark", "ssh", "tf",
        "tmux", "training", "upload", "user", "web",
    }
)  # fmt: skip
_VERBS = frozenset(
    {
        "acquire", "build", "close", "configure", "create", "end", "get", "has", "init", "is", "make", "on", "open",
        "provide", "remove", "reset", "set", "setup", "start", "use", "with",
    }
)  # fmt: skip
_SHORT_NAMES = frozenset({"db", "dbs", "s", "sesh", "tx"})
_OPENING_WORDS = frozenset({"context", "ctx", "manager", "scope", "session", "transaction"})
# On clients of HTTP, on dicts and on connections, and on no session.
_STRANGE_METHODS = frozenset(
    {"cursor", "head", "keys", "mount", "patch", "pop", "popitem", "post", "put", "setdefault", "values", "ws_connect"}
)
# What these work on has to be said.
OPERATING = frozenset(
    {"add", "add_all", "delete", "execute", "expire", "expunge", "get", "get_one", "merge", "refresh", "scalar"}
)
# On a session and on next to nothing else.
_TELLING_METHODS = METHODS.keys() - {
    "begin", "close", "connection", "delete", "get", "get_nested_transaction", "get_transaction",
    "in_nested_transaction", "in_transaction", "invalidate", "reset", "stream",
}  # fmt: skip


# What refuses an object that another session holds.
REFUSING = frozenset({"add", "add_all", "delete", "expire", "expunge", "refresh"})


def is_session_name(name: str) -> bool:
    """Whether a name alone suggests a session: `session`, `db_session`, `read_session`."""
    *words, last = name.split("_")
    if name in NAMES:
        return True
    return last == "session" and bool(words) and words[0] not in _VERBS and _OTHER_WORDS.isdisjoint(words)


def may_name_session(name: str) -> bool:
    """Whether a name, or a name together with where its value comes from, may suggest a session."""
    return is_session_name(name) or name in _SHORT_NAMES or name.endswith("_db")


def may_key_session(text: str) -> bool:
    """Whether a text may be the key under which a session is kept."""
    return "db" in text or "session" in text.lower() or "database" in text


def is_foreign(dotted: str) -> bool:
    """Whether a dotted name is of a package that may have sessions of ours: not of one whose sessions are others."""
    head = dotted.partition(".")[0]
    return dotted.startswith(APPLICATIONS) or head not in STRANGERS and head not in sys.stdlib_module_names


def is_told_by(name: str, calls: Collection[str]) -> bool:
    """Whether the chains that a function calls tell that what is named so is a session and not a client's."""
    return any(f"{name}.{method}" in calls for method in _UNIT_OF_WORK | {"commit", "exec", "rollback"})


def used_at_once(calls: Collection[str]) -> frozenset[str]:
    """The chains whose results are used as a synchronous session's: `session.scalars(statement).all()`."""
    heads = {chain.partition("().")[0] for chain in calls if "()." in chain}
    return frozenset(head for head in heads if head.rpartition(".")[2] in COROUTINES)


def told_kinds(
    calls: Collection[str], awaited: Collection[str], stated: Collection[str], strange: Collection[str] = ()
) -> dict[str, str]:
    """The kind of session that the chains of a function tell each receiver to be; "unknown" where they disagree.

    calls: all that it calls. stated: those that are statements, and not awaited, of a function that is no coroutine.
    strange: what it uses as no session can be. That, and what has methods which no session has, is of the kind "".
    """
    asynchronous = {chain.rpartition(".")[0] for chain in awaited}
    synchronous = {chain.rpartition(".")[0] for chain in stated}
    synchronous |= {chain.removesuffix(".query") for chain in calls if chain.endswith(".query")}
    kinds = dict.fromkeys(asynchronous, "async") | dict.fromkeys(synchronous, "sync")
    kinds |= dict.fromkeys(asynchronous & synchronous, "unknown")
    splits = (chain.rpartition(".") for chain in calls)
    return kinds | dict.fromkeys([*strange, *(head for head, _, last in splits if last in _STRANGE_METHODS)], "")


def names_opening(target: str, function: str) -> bool:
    """Whether `target = function()` suggests a session by both: `with session_scope() as db`, `s = get_session()`."""
    words = function.lower().split("_")
    speaks = "session" in words and words[-1] in _OPENING_WORDS and _OTHER_WORDS.isdisjoint(words)
    return (target in _SHORT_NAMES or target.endswith("_db")) and (speaks or function in _LOCAL_MAKERS)


# What an extension's object is mostly called: its `session` is one of ours, whatever is asked of it.
_EXTENSIONS = frozenset({"db", "database", "sqldb", "user_db"})
_LOCAL_MAKERS = frozenset({"SessionLocal", "AsyncSessionLocal", "LocalSession"})
_CLASS = re.compile(r"[A-Z]\w*[a-z]\w*")
_SESSION_CLASS = re.compile(
    r"(Async|DB|Db|Local|ORM|SA|Scoped|Sql|SQL)*Session|(?!Client|HTTP|Http|Requests)\w*Session(Factory|Local|Maker|Scope)"
)


def may_make_session(function: str) -> bool:
    """Whether a call of that name may give a session: any function, and a class that is named so."""
    return not _CLASS.fullmatch(function) or _SESSION_CLASS.fullmatch(function) is not None


def is_registry_name(dotted: str, method: str) -> bool:
    """Whether `method()` upon something imported by that name suggests a registry of sessions."""
    home, _, name = dotted.rpartition(".")
    if name == "session" and home.rpartition(".")[2] in _EXTENSIONS:
        return method in METHODS
    if name == "db" or name == "session" and dotted.startswith(APPLICATIONS):
        return dotted.startswith(APPLICATIONS) and method in _TELLING_METHODS | {"delete", "get"}
    if name in ("session", "Session", "db_session"):
        return method in _TELLING_METHODS
    return is_session_name(name)


def connection_or_engine(dotted: str) -> str:
    """What a call of a library gives, or a class of it makes, by its dotted name: "engine", "connection" or ""."""
    home, _, last = dotted.rpartition(".")
    if not home.startswith(("sqlalchemy", "sqlmodel", "alembic")):
        return ""
    return "engine" if last in _ENGINES else "connection" if last in _CONNECTIONS else ""


def gives_connection(dotted: str) -> bool:
    """Whether a block that enters what a library gave works on a connection: `engine.connect()`, `engine.begin()`."""
    home, _, last = dotted.rpartition(".")
    return connection_or_engine(dotted) == "connection" or last == "begin" and connection_or_engine(home) == "engine"
