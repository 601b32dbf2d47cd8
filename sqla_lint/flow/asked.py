"""What rules ask flow for besides what it tells anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules ask for besides what flow tells anyway: calls by kind and name, events by the names of their types.

    beside: of some calls, the names of others: a function that calls none of them too has no finding.
    """

    calls: frozenset[tuple[str, str]] = frozenset()
    events: frozenset[str] = frozenset()
    beside: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)


NOTHING_ASKED = Asked()
