"""Which bodies may read columns that are not at hand, decided on sketches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sqla_lint.knowledge.sessions import EXPIRING
from sqla_lint.project.classes import Classes
from sqla_lint.project.mentions import knows_session, last
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

# Options that leave columns out.
_LEAVING_OUT = frozenset({"defer", "load_only"})


class Unloaded:
    """The verdict for columns that are deferred, left out by an option, or expired before a loop reads them."""

    def __init__(self, files: Sequence[Facts], classes: Classes) -> None:
        self._files = files
        self._classes = classes

    def may_hold(self, fact: FunctionFact | None, sketch: Sketch, calls: set[str]) -> bool:
        """Whether a body may read one, in a loop or in a coroutine; `calls` are the last names of what it calls."""
        reads = sketch.reads if fact is not None and fact.is_async else sketch.loop_reads
        if not reads:
            return False
        if not calls.isdisjoint(_LEAVING_OUT):
            return True
        if not calls.isdisjoint(EXPIRING) and (fact is None or knows_session(fact)):
            return True
        return bool(self._deferred) and not self._deferred.isdisjoint(map(last, reads))

    @cached_property
    def _deferred(self) -> frozenset[str]:
        """The names of all columns that their mapping defers."""
        ids = (f"{facts.module}:{qualname}" for facts in self._files for qualname in facts.classes)
        columns = (column for id_ in ids for column in self._classes.mapping(id_).columns.values())
        return frozenset(column.name for column in columns if column.deferred)
