"""Which bodies may hold a call, or another event, that rules ask for by name, decided on sketches."""

from __future__ import annotations

from collections.abc import Sequence

from sqla_lint.knowledge.coroutines import ASYNCHRONOUS, CALLED_BY
from sqla_lint.knowledge.migrations import OP, OPERATIONS
from sqla_lint.knowledge.sessions import is_session_name
from sqla_lint.project.dropping import as_imported
from sqla_lint.project.mentions import last
from sqla_lint.survey.facts import Facts, Sketch


class Asked:
    """The verdict for the calls and the events that rules ask for; `opening` are names whose call gives a session."""

    def __init__(
        self,
        files: Sequence[Facts],
        calls: frozenset[tuple[str, str]],
        events: frozenset[str],
        opening: frozenset[str],
    ) -> None:
        self._files = files
        self._events = events
        self._opening = opening
        self._names = self._names_asked(calls)
        self._of_factories = frozenset(name for kind, name in calls if kind == "factory" and name != "()")

    def _names_asked(self, calls: frozenset[tuple[str, str]]) -> frozenset[str]:
        """The last names of the calls that rules ask for, or that bring about the events they ask for."""
        names = {name for kind, name in calls if name != "()" and kind != "factory"}
        if ("mapped", "()") in calls:
            names |= {fact.name for facts in self._files for fact in facts.classes.values()}
        for event in self._events - ASYNCHRONOUS:
            names |= CALLED_BY.get(event, frozenset())
        return as_imported(self._files, names)

    def may_hold(self, facts: Facts, sketch: Sketch, calls: set[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        if not self._names.isdisjoint(calls) or any(last(chain) in self._names for _, chain in sketch.made):
            return True
        if "ColumnTested" in self._events and sketch.tests:
            return True
        return self._of_session(sketch) or self._migrates(facts, sketch, calls)

    def _of_session(self, sketch: Sketch) -> bool:
        """Whether a body may call a method of a factory, or enter a session, one that it names by itself."""
        factories = self._opening | {name for name, chain in sketch.made if last(chain) in self._opening}
        if self._of_factories and any(self._of_factory(chain, factories) for chain in sketch.calls):
            return True
        entered = (last(chain.removesuffix("()")) for chain in sketch.entered)
        return "Entered" in self._events and any(
            name in factories or name in ("begin", "begin_nested") or is_session_name(name) for name in entered
        )

    def _of_factory(self, chain: str, factories: frozenset[str]) -> bool:
        """Whether a chain calls a method of what makes sessions, and not of what that makes."""
        *_, owner, name = ("", *chain.rsplit(".", 2)[-2:])
        return name in self._of_factories and owner in factories

    def _migrates(self, facts: Facts, sketch: Sketch, calls: set[str]) -> bool:
        """Whether a body may call an operation of Alembic that rules ask for."""
        if "Operated" not in self._events or OPERATIONS.isdisjoint(calls):
            return False
        return any(facts.imports.get(chain.partition(".")[0], "").startswith(OP) for chain in sketch.calls)
