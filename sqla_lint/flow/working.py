"""A coroutine with the sessions that it works with."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.values import Coroutine, Session


@dataclass(frozen=True, slots=True)
class Working(Coroutine):
    """A coroutine that works with the sessions of `uses`. threaded: it does so in another thread."""

    uses: tuple[Session, ...] = ()
    threaded: bool = False
