"""Which classes a function calls with a number of their own: `Order(id=1)`.

Keys that the database gives are rarely given by hand, so that only what may be taken already is told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

_ENDINGS = ("id", "pk", "no", "nr", "number", "key")
# What finds a row, by its key or otherwise.
_FINDING = frozenset({"get", "get_one", "one", "one_or_none", "first", "scalar", "scalar_one", "scalar_one_or_none"})


class Numbers:
    """Collects the numbers that classes are called with, by the name of the class and the text of the value."""

    def __init__(self) -> None:
        self._given: dict[str, list[str]] = {}

    def note(self, call: ast.Call, chain: str) -> None:
        """Look at a call; only what begins as classes do may be one."""
        name = chain.rpartition(".")[2]
        if not name[:1].isupper():
            return
        for item in call.keywords:
            if item.arg is not None and item.arg.endswith(_ENDINGS):
                self._given.setdefault(name, []).append(f"{item.arg}={ast.dump(item.value)}")

    def names(self, calls: Iterable[str]) -> frozenset[str]:
        """The classes of which two get the same number, or one where a row may have it."""
        if not self._given:
            return frozenset()
        if any(chain.rpartition(".")[2] in _FINDING for chain in calls):
            return frozenset(self._given)
        return frozenset(name for name, given in self._given.items() if len(set(given)) < len(given))
