"""What fails in a function, and what of that its callers do not hear of."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.places import Place


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to a session in a `try`. op: "flush", "autoflush", "commit", "statement" or "add".

    callee: a function does it that is called there.
    """

    op: str
    place: Place
    text: str
    callee: bool = False


@dataclass(frozen=True, slots=True)
class Passed:
    """A handler that passes over the failure of a session which is not its function's own, and does not roll it back.

    catches, others, steps: as `Caught` has them. gives: whether what the function gives back then is true, None where
    nobody knows.
    """

    session: str
    place: Place = field(compare=False)
    catches: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    steps: tuple[Step, ...] = field(default=(), compare=False)
    gives: bool | None = None
