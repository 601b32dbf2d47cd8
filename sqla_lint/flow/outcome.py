"""What is noted while a function is walked."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from sqla_lint.flow.loading import LoadTree
from sqla_lint.flow.narrowed import Lookup
from sqla_lint.flow.questions import Effect, Read
from sqla_lint.flow.values import Value


@dataclass(slots=True)
class Outcome:
    """What is noted while a function is walked, for its summary.

    started: the calls that start tasks or threads, by number. blocked: it is told already that it blocks its loop.
    asks: queries by what it is given, by number. asked: those that were sent whenever it has returned something.
    fills, wants, loads: see `Summary`.
    """

    returns: list[Value] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    effects: dict[tuple[str, str, object], Effect] = field(default_factory=dict)
    reads: dict[tuple[str, ...], Read] = field(default_factory=dict)
    escapes: set[str] = field(default_factory=set)
    keeps: set[str] = field(default_factory=set)
    io: str = ""
    started: dict[int, cst.Call] = field(default_factory=dict)
    blocked: bool = False
    asks: dict[int, Lookup] = field(default_factory=dict)
    asked: frozenset[int] | None = None
    fills: dict[str, Value] = field(default_factory=dict)
    wants: set[str] = field(default_factory=set)
    loads: set[tuple[str, LoadTree]] = field(default_factory=set)
