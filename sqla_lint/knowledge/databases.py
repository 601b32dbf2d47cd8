"""Databases: what tells them by the dialects of their URLs."""

from __future__ import annotations

import re

_OTHERS = re.compile(r"""["'](?:cockroachdb|mariadb|mssql|mysql|oracle|sqlite)""")

_NAMED = re.compile(r"""["'](?:cockroachdb|mariadb|mssql|mysql|oracle|postgres|sqlite)""")

# What no name says by chance: an oracle may be something else.
_SPEAKING = ("mariadb", "mssql", "mysql", "sqlite")


def is_postgresql(dialects: frozenset[str]) -> bool:
    """Whether one of the dialects is PostgreSQL's."""
    return not dialects.isdisjoint({"postgresql", "postgres"})


def names_another(test: str) -> bool:
    """Whether a test names a database that is not PostgreSQL."""
    return _OTHERS.search(test) is not None


def made_for_another(function: str) -> bool:
    """Whether a function, its class or its module bears the name of a database that is not PostgreSQL."""
    names = function.replace(":", ".").partition(".")[2].lower()  # without the project's own
    return any(name in names for name in _SPEAKING) and "postgres" not in names


def excludes_postgresql(test: str, truth: bool) -> bool:
    """Whether a test that has this truth says that the database is not PostgreSQL: it compares the dialect's name."""
    if "'" not in test and '"' not in test:
        return False  # it names nothing
    unequal = any(sign in test for sign in ("!=", "not in", "is not"))
    if not unequal and not any(sign in test for sign in ("==", " in ", " is ")):
        return False
    return names_another(test) == (truth != unequal) if _NAMED.search(test) else False
