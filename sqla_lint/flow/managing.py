"""Generator functions that `contextmanager()` makes managers of in a call, and not as their decorator."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqla_lint.flow.questions import FunctionInfo
from sqla_lint.flow.values import FunctionValue, Value

MAKING_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


@dataclass(frozen=True, slots=True)
class Managing(FunctionValue):
    """What `contextmanager(function)` gives: called, it is a manager of what the function yields."""


def managing(function: Value | None) -> Managing | None:
    """The manager that is made of a function of the project."""
    return Managing(function.id, function.bound) if isinstance(function, FunctionValue) else None


def as_manager(info: FunctionInfo, manages: bool) -> FunctionInfo:
    """The signature of a function, or of the manager that is made of it."""
    return replace(info, wraps="contextmanager") if manages and info.is_generator else info
