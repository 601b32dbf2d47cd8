"""What rules ask flow for, so that it looks for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The events that flow tells of whether a rule asks for them or not.
TOLD_ANYWAY = frozenset({"Committed", "RelationshipRead", "ScopeLeft", "WorkPaired"})


@dataclass(frozen=True, slots=True)
class Operation:
    """Where an operation of Alembic matters. down: in downgrades too. databases: in projects on these alone, if any."""

    down: bool = True
    databases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules ask for: calls by kind and name, events by the names of their types.

    beside: of some calls, the names of others: a function that calls none of them too has no finding. operations:
    those of Alembic by name, and where they matter to some rule.
    """

    calls: frozenset[tuple[str, str]] = frozenset()
    events: frozenset[str] = TOLD_ANYWAY
    beside: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    operations: frozenset[tuple[str, Operation]] = frozenset()


NOTHING_ASKED = Asked()
