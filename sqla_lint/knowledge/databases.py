"""Databases: what tells them by the dialects of their URLs."""

from __future__ import annotations

import re

_OTHERS = re.compile(r"""["'](?:cockroachdb|mariadb|mssql|mysql|oracle|sqlite)""")

_NAMED = re.compile(r"""["'](?:cockroachdb|mariadb|mssql|mysql|oracle|postgres|sqlite)""")


def is_postgresql(dialects: frozenset[str]) -> bool:
    """Whether one of the dialects is PostgreSQL's."""
    return not dialects.isdisjoint({"postgresql", "postgres"})


def names_another(test: str) -> bool:
    """Whether a test names a database that is not PostgreSQL."""
    return _OTHERS.search(test) is not None


def excludes_postgresql(test: str, truth: bool) -> bool:
    """Whether a test that has this truth says that the database is not PostgreSQL: it compares the dialect's name."""
    if "'" not in test and '"' not in test:
        return False  # it names nothing
    unequal = any(sign in test for sign in ("!=", "not in", "is not"))
    if not unequal and not any(sign in test for sign in ("==", " in ", " is ")):
        return False
    return names_another(test) == (truth != unequal) if _NAMED.search(test) else False
