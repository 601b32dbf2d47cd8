"""What the object of a framework (`db = SQLAlchemy()`) passes on from SQLAlchemy: `db.select`, `db.joinedload`."""

from __future__ import annotations

from sqla_lint.knowledge import loaders, sessions, statements

_SESSIONS = (*sessions.CLASSES, *sessions.MAKERS, *sessions.REGISTRIES)
_ORM = (
    *loaders.OPTIONS,
    *loaders.COLUMN_OPTIONS,
    *(dotted.rpartition(".")[2] for dotted in _SESSIONS if dotted.startswith("sqlalchemy.orm.")),
    "Load", "aliased", "with_polymorphic", "object_session",
)  # fmt: skip
_CORE = ("select", *statements.DML.values(), "text", "func", "inspect")

# The attribute -> the dotted name of what it is.
REEXPORTED: dict[str, str] = {name: f"sqlalchemy.orm.{name}" for name in _ORM} | {
    name: f"sqlalchemy.{name}" for name in _CORE
}
