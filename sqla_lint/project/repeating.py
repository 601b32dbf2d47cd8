"""Which bodies may send a query in each turn of a loop, decided on sketches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from sqla_lint.knowledge.sessions import is_session_name
from sqla_lint.knowledge.statements import NARROWING, QUERY_GETS
from sqla_lint.project.keyed import Following
from sqla_lint.project.mentions import functions_where, last_names
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

Callers = Mapping[str, Sequence[set[str]]]
# Through so many helpers a query is followed.
_DEEPEST = 2
# A helper that does any of these does more than look something up.
_DOING = frozenset({"add", "add_all", "commit", "delete", "flush", "merge", "rollback"})


class Repeating:
    """The verdict. `following` gives the functions that a chain may run."""

    def __init__(self, files: Sequence[Facts], following: Following, callers: Callers) -> None:
        self._files = files
        self._following = following
        self._callers = callers

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether criteria are made in a loop, or a row is got by its key there, in the body or in a helper."""
        if any(map(_narrows, sketch.loop_calls)):
            return True
        called = (target for chain in sketch.loop_calls for target in self._following(facts, fact, chain))
        return any(target in self._asking for target in called)

    @cached_property
    def _asking(self) -> frozenset[str]:
        """The functions that look something up, themselves or by others, and do nothing else to a session."""
        quiet = functions_where(
            self._files,
            lambda facts, fact: bool(fact.parameters) and _DOING.isdisjoint(last_names(fact.sketch.calls)),
        )
        found = quiet & functions_where(self._files, lambda facts, fact: any(map(_narrows, fact.sketch.calls)))
        for _ in range(_DEEPEST):
            groups = (group for function in found for group in self._callers.get(function, ()))
            found |= quiet & frozenset[str]().union(*groups)
        return found


def _narrows(chain: str) -> bool:
    owner, _, name = chain.rpartition(".")
    if name in NARROWING:
        return owner != ""
    if name not in QUERY_GETS:
        return False
    before = owner.rpartition(".")[2].removesuffix("()")
    return name != "get" or before == "query" or is_session_name(before) or owner.endswith("()")
