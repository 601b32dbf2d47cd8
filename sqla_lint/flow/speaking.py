"""Questions what a project says of its sessions and databases, wherever it does."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.questions import Question


@dataclass(frozen=True, slots=True)
class Databases(Question[frozenset[str]]):
    """The dialects of the database URLs in the project: "sqlite", "postgresql" and so on; empty where none is."""


@dataclass(frozen=True, slots=True)
class SpeaksOf(Question[bool]):
    """Whether the project speaks of an option, as `autoflush` or "SERIALIZABLE": any session may have it."""

    option: str
