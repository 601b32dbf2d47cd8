"""Exceptions: which of them a flush raises.

Facts: https://docs.sqlalchemy.org/en/20/core/exceptions.html and
https://docs.sqlalchemy.org/en/20/faq/sessions.html
"""

from __future__ import annotations

# What a duplicate key raises, as SQLAlchemy wraps it, and the classes above that.
_INTEGRITY = frozenset({"IntegrityError", "DatabaseError", "DBAPIError", "StatementError", "SQLAlchemyError"})
_OF_STATEMENT = _INTEGRITY | {"DataError", "InternalError", "NotSupportedError", "OperationalError", "ProgrammingError"}
_OF_FLUSH = _OF_STATEMENT | {"FlushError", "StaleDataError"}
# What flushes whatever the session is told, what it writes by at all, and what a broken one is usable again after.
FLUSHING = frozenset({"bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings", "commit", "flush"})
WRITING = FLUSHING | {"add", "add_all", "begin_nested", "delete", "merge"}
MENDING = frozenset({"close", "invalidate", "remove", "reset", "rollback"})
# Methods of a session that send a statement, by themselves or once their rows are asked for.
SENDING = frozenset({"exec", "execute", "get", "get_one", "query", "refresh", "scalar", "scalars", "stream",
                     "stream_scalars"})  # fmt: skip
_ANYTHING = frozenset({"", "Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})


def catches_flush(dotted: str) -> bool:
    """Whether `except` with a class of that dotted name, or with none, may catch what a flush raises."""
    return dotted in _ANYTHING or _is_of(dotted, _OF_FLUSH)


def catches_statement(dotted: str) -> bool:
    """Whether it is a class of what a statement raises that the database refuses."""
    return _is_of(dotted, _OF_STATEMENT)


def catches_anything(dotted: str) -> bool:
    """Whether `except` with that class, or with none, catches whatever goes wrong."""
    return dotted in _ANYTHING


def catches_duplicate(dotted: str) -> bool:
    """Whether it catches what a duplicate key raises."""
    return dotted in _ANYTHING or _is_of(dotted, _INTEGRITY)


def is_duplicate(dotted: str) -> bool:
    """Whether it is the very class that a violated constraint raises."""
    return _is_of(dotted, frozenset({"IntegrityError"}))


def is_flush_error(dotted: str) -> bool:
    """Whether it is `FlushError`."""
    return _is_of(dotted, frozenset({"FlushError"}))


def _is_of(dotted: str, names: frozenset[str]) -> bool:
    return dotted.startswith("sqlalchemy.") and dotted.rpartition(".")[2] in names
