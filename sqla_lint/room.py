"""Room to recurse: deep but valid code needs more stack than a program starts with."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_STACK_BYTES = 256 << 20
_LEVELS = 50_000


def with_room(work: Callable[[], T]) -> T:
    """Return what `work` returns, run in a thread with a deep stack; what it raises is raised here."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    before, stack, collects = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES), gc.isenabled()
    sys.setrecursionlimit(_LEVELS)
    gc.disable()  # trees and values hold no cycles worth the search: it would take a fifth of the time
    try:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(before)
        threading.stack_size(stack)
        if collects:
            gc.enable()
    if errors:
        raise errors[0]
    return results[0]
