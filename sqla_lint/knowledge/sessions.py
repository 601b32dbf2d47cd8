"""Sessions: the classes that are one, what makes one, and what each method does.

Facts: https://docs.sqlalchemy.org/en/20/orm/session_basics.html and, for asyncio,
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from __future__ import annotations

from typing import NamedTuple


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
    "get": Effect(sql=True, flushes="auto", coroutine=True, gives="get"),
    "get_one": Effect(sql=True, flushes="auto", coroutine=True, gives="get"),
    "invalidate": Effect(ends="close", coroutine=True, gives="none"),
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

CLASSES: dict[str, str] = {
    "sqlalchemy.orm.Session": "sync",
    "sqlalchemy.orm.session.Session": "sync",
    "sqlmodel.Session": "sync",
    "sqlmodel.orm.session.Session": "sync",
    "flask_sqlalchemy.session.Session": "sync",
    "sqlalchemy.orm.scoping.scoped_session": "sync",
    "sqlalchemy.orm.scoped_session": "sync",
    "sqlalchemy.ext.asyncio.AsyncSession": "async",
    "sqlalchemy.ext.asyncio.session.AsyncSession": "async",
    "sqlalchemy.ext.asyncio.async_scoped_session": "async",
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": "async",
    "sqlmodel.ext.asyncio.session.AsyncSession": "async",
}
MAKERS: dict[str, str] = {
    "sqlalchemy.orm.sessionmaker": "sync",
    "sqlalchemy.orm.session.sessionmaker": "sync",
    "sqlalchemy.orm.create_session": "sync",
    "sqlalchemy.ext.asyncio.async_sessionmaker": "async",
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": "async",
}
REGISTRIES: dict[str, str] = {
    "sqlalchemy.orm.scoped_session": "sync",
    "sqlalchemy.orm.scoping.scoped_session": "sync",
    "sqlalchemy.ext.asyncio.async_scoped_session": "async",
    "sqlalchemy.ext.asyncio.scoping.async_scoped_session": "async",
}
BORROWED: dict[str, str] = {
    "sqlalchemy.orm.object_session": "sync",
    "sqlalchemy.orm.session.object_session": "sync",
    "sqlalchemy.orm.Session.object_session": "sync",
    "sqlalchemy.ext.asyncio.async_object_session": "async",
    "sqlalchemy.ext.asyncio.async_session": "async",
}
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

# What gives a Connection: a session bound to it does not own it.
CONNECTIONS = frozenset({"alembic.op.get_bind", "sqlalchemy.Engine.connect", "sqlalchemy.Engine.poolless.connect"})

NAMES = frozenset({"session", "db_session", "sa_session", "dbsession", "async_session", "sess", "DBSession"})
# A library whose own objects are called `session` or have a `commit`: a name alone says nothing in such a file.
RIVALS = frozenset(
    {
        "aiobotocore", "aiohttp", "boto3", "botocore", "cassandra", "cloudscraper", "ftplib", "git", "httpx",
        "keystoneauth1", "koji", "motor", "neo4j", "nox", "onnxruntime", "paramiko", "psycopg", "psycopg2", "pymongo",
        "pymysql", "redis", "requests", "requests_oauthlib", "snowflake", "sqlite3", "tensorflow", "tls_client",
    }
)  # fmt: skip


def is_session_name(name: str) -> bool:
    """Whether a name alone suggests a session: `session`, `db_session`, `read_session`."""
    return name in NAMES or name.endswith("_session") and not name.startswith(("http", "requests", "client"))
