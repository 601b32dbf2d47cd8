"""What SQLAlchemy 2.0 does not have any more, each run on 2.0 and 2.1: calls that raise whenever they are reached.

Facts: https://docs.sqlalchemy.org/en/20/changelog/migration_20.html
"""

from __future__ import annotations

from typing import NamedTuple

_TEXT = "wrap it: `text(…)`"
_CONNECT = "ask a connection: `with engine.begin() as connection: connection.execute(…)`"
_INSPECT = "`inspect(engine)` tells of tables"
_PLAIN = "pass what the list holds as arguments of their own"


class Removed(NamedTuple):
    """A call that raises. kind: of the receiver, or "library" for what is imported of SQLAlchemy.

    how: "call" where it is gone altogether; "list" or "text" where a first argument of that form is; "keyword" where
    the arguments of these names are, "true" where they are given as true; "bare" where it is given nothing.
    """

    kind: str
    name: str
    how: str
    cure: str
    keywords: frozenset[str] = frozenset()


def _all(kind: str, names: str, how: str, cure: str, keywords: str = "") -> tuple[Removed, ...]:
    return tuple(Removed(kind, name, how, cure, frozenset(keywords.split())) for name in names.split())


REMOVED: tuple[Removed, ...] = (
    *_all("engine", "execute scalar", "call", _CONNECT),
    *_all("engine", "run_callable transaction", "call", "`with engine.begin() as connection:` and call the function"),
    *_all("engine", "table_names has_table", "call", _INSPECT),
    *_all("query", "from_self select_entity_from", "call", "select from a subquery, by `aliased(…, subquery)`"),
    *_all("query", "with_lockmode", "call", "`with_for_update()`"),
    *_all("query", "join outerjoin", "text", "pass the attribute: `Order.lines`"),
    *_all("statement", "join outerjoin", "text", "pass the attribute: `Order.lines`"),
    *_all("query", "join outerjoin", "keyword", "join an `aliased()` class", "aliased from_joinpoint"),
    *_all("session", "execute scalar scalars", "text", _TEXT),
    *_all("connection", "execute scalar scalars", "text", _TEXT),
    *_all("session", "begin", "keyword", "`begin_nested()`, or one transaction outside", "subtransactions"),
    *_all("library", "select case", "list", _PLAIN),
    *_all("library", "select", "keyword", "say it by methods: `select(…).where(…)`",
          "bind columns distinct for_update from_obj group_by having limit offset order_by whereclause"),
    *_all("library", "case", "keyword", "pass the pairs as arguments of their own", "whens"),
    *_all("library", "declarative_base MetaData", "keyword", "pass the engine where it is needed: `create_all(engine)`",
          "bind"),
    *_all("library", "create_engine", "keyword", "leave it out", "case_sensitive convert_unicode encoding"),
    *_all("library", "String", "keyword", "leave it out: strings are Unicode", "convert_unicode"),
    *_all("library", "Table", "keyword", "`autoload_with=engine`", "autoload"),
    *_all("library", "text", "keyword", "leave it out, or `bindparams()` and `columns()`",
          "autocommit bind bindparams typemap"),
    *_all("metadata", "create_all drop_all reflect", "bare", "pass the engine: `create_all(engine)`"),
    *_all("library", "sessionmaker Session", "true", "leave it out, and begin a transaction where one is needed",
          "autocommit"),
    *_all("library", "relation", "call", "`relationship()`"),
    *_all("library", "comparable_property", "call", "`hybrid_property` with a comparator"),
    *_all("library", "eagerload joinedload_all", "call", "`joinedload(…)`, chained for each step"),
    *_all("library", "subqueryload_all", "call", "`subqueryload(…)`, chained for each step"),
)  # fmt: skip
# What is imported of SQLAlchemy, and where a name alone could be anything else's.
BY_NAME = frozenset(item.name for item in REMOVED)
