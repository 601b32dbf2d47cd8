"""Abstract methods that take a statement and give one, whichever of many stands in their place."""

from __future__ import annotations

from collections.abc import Sequence

from sqla_lint.flow.values import Symbol
from sqla_lint.knowledge.statements import TYPES
from sqla_lint.survey.facts import FunctionFact

# What may load more of the rows, or make them others.
_TELLING = frozenset(
    {"add", "commit", "delete", "execute", "flush", "from_statement", "options", "query", "scalar", "scalars", "select",
     "union", "union_all", "with_entities", "with_only_columns"}
)  # fmt: skip


def passed_on(fact: FunctionFact, gives: str, overriders: Sequence[FunctionFact | None]) -> Symbol | None:
    """The one statement that a method is given and, by its annotations, gives back narrowed.

    gives: the simple name of the class that it says to return.
    """
    if gives not in TYPES:
        return None
    alike = [item.name for item in fact.parameters if item.annotation == fact.returns]
    if len(alike) != 1 or len(fact.parameters) != 1 + fact.binds:
        return None
    for item in overriders:
        called = {chain.rpartition(".")[2] for chain in item.sketch.calls} if item is not None else _TELLING
        if not _TELLING.isdisjoint(called):
            return None
    return Symbol((alike[0],), shaped=True)
