"""Databases: what tells them by the dialects of their URLs."""

from __future__ import annotations

import re

_OTHERS = re.compile(r"""["'](?:cockroachdb|mariadb|mssql|mysql|oracle|sqlite)""")


def is_postgresql(dialects: frozenset[str]) -> bool:
    """Whether one of the dialects is PostgreSQL's."""
    return not dialects.isdisjoint({"postgresql", "postgres"})


def names_another(test: str) -> bool:
    """Whether a test names a database that is not PostgreSQL."""
    return _OTHERS.search(test) is not None
