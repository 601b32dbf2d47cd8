"""What flow may ask about the decorators of the project."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.questions import Effect, Question


@dataclass(frozen=True, slots=True)
class CommittedBy(Question[tuple[Effect, ...]]):
    """The commits that a decorator adds to each call of what it decorates."""

    decorator: str


@dataclass(frozen=True, slots=True)
class RunsWithin(Question[bool]):
    """Whether a function is decorated by `decorator`, or called by nothing in the project but such functions."""

    function: str
    decorator: str
