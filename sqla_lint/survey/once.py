"""Equal parts of facts stand in memory once: names come again in every file, and most sets of a sketch are empty."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

T = TypeVar("T", bound=Hashable)

_KNOWN: dict[Any, Any] = {}


def once(items: frozenset[T]) -> frozenset[T]:
    """The set, or an equal one that was met before; its texts are interned, which makes them quick to compare."""
    known: frozenset[T] | None = _KNOWN.get(items)
    if known is None:
        interned: Any = frozenset(sys.intern(item) if isinstance(item, str) else item for item in items)
        known = _KNOWN[interned] = interned
    return known


def once_of(items: Iterable[T]) -> frozenset[T]:
    """What `once` gives for the set of some items."""
    return once(frozenset(items))
