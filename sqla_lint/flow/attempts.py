"""What is noted of a `try` while it is walked: the steps upon sessions that may fail in it, and its handlers."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.events import Loop
from sqla_lint.flow.passing import Step
from sqla_lint.flow.places import Place


@dataclass(slots=True)
class Attempt:
    """The body of a `try`.

    blocks: how many `with` blocks are around it. steps: by session, those that no block within the body contains.
    catches: what its handlers catch, one tuple each. opaque: something in it is called that nobody knows.
    """

    blocks: int
    catches: tuple[tuple[str, ...], ...]
    steps: dict[str, dict[str, Step]] = field(default_factory=dict)
    opaque: bool = False


@dataclass(slots=True)
class Handled:
    """One handler of an attempt.

    used: where each session is used after a flush failed in it. rolled_back: the sessions that it rolls back. loops:
    for each of the attempt's sessions the loop around that does not open it. within: those whose transaction a `with`
    around the `try` ends. doubtful: on some way unknown code may have rolled back. gives: whether what the function
    gives back after the failure is true, None where nobody knows. name: what that is bound to, to be tested later.
    """

    number: int
    place: Place
    attempt: Attempt
    catches: tuple[str, ...]
    swallows: bool
    loops: dict[str, Loop | None] = field(default_factory=dict)
    used: dict[str, Place] = field(default_factory=dict)
    rolled_back: set[str] = field(default_factory=set)
    within: set[str] = field(default_factory=set)
    doubtful: bool = False
    gives: set[bool | None] = field(default_factory=set)
    name: str = ""
