"""Databases: what tells them by the dialects of their URLs."""

from __future__ import annotations


def is_postgresql(dialects: frozenset[str]) -> bool:
    """Whether one of the dialects is PostgreSQL's."""
    return not dialects.isdisjoint({"postgresql", "postgres"})
