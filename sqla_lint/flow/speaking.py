"""The question what a project says of its sessions, wherever it does."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.questions import Question


@dataclass(frozen=True, slots=True)
class SpeaksOf(Question[bool]):
    """Whether the project speaks of an option, as `autoflush` or "SERIALIZABLE": any session may have it."""

    option: str
