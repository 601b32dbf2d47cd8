"""What flow may ask about a function's surroundings: its decorators, and who uses what its module keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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


@dataclass(frozen=True, slots=True)
class RunsFor(Question[str]):
    """What a framework runs a function for, by its decorators or those of what calls it: "request", "task" or ""."""

    function: str


@dataclass(frozen=True, slots=True)
class SharedBy(Question[str]):
    """Who uses a name of a module besides the module itself: a function of another module, or one for requests."""

    module: str
    name: str


class Users(NamedTuple):
    """Who uses a registry of sessions: a function for requests, a task, a coroutine. removed: it is emptied."""

    request: str = ""
    task: str = ""
    coroutine: str = ""
    removed: bool = False


@dataclass(frozen=True, slots=True)
class UsersOf(Question[Users]):
    """Who uses a registry of sessions."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class CallersOf(Question[tuple[str, ...]]):
    """The outermost functions of the project that may run a function, each once."""

    function: str


@dataclass(frozen=True, slots=True)
class ProvidesFor(Question[str]):
    """What a framework asks a function for a session for, with nobody to close it: "dependency", "request" or ""."""

    function: str


@dataclass(frozen=True, slots=True)
class ClosedUnder(Question[bool]):
    """Whether a function that mentions an attribute or a key of this name may close what it finds there."""

    name: str


@dataclass(frozen=True, slots=True)
class TouchedOf(Question[frozenset[str]]):
    """The attributes that a function surely reads of a parameter as it is given; none where it knows a session."""

    function: str
    parameter: str


@dataclass(frozen=True, slots=True)
class OpenedBy(Question[str]):
    """The attribute that the constructor of a class sets to a session of its own; empty where there is none."""

    cls: str
