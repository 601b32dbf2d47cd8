"""Which bodies may hold a call, or another event, that rules ask for by name, decided on sketches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqla_lint.flow.asked import Asked
from sqla_lint.knowledge import transactions
from sqla_lint.knowledge.concurrency import MAKING_POOLS, POOLED, STARTING
from sqla_lint.knowledge.coroutines import ASYNCHRONOUS, BEGINNING, CALLED_BY, OF_SESSION
from sqla_lint.knowledge.loaders import LOADING
from sqla_lint.knowledge.migrations import OP, REVISING
from sqla_lint.knowledge.sessions import is_session_name
from sqla_lint.knowledge.statements import QUERY_GETS
from sqla_lint.project.classes import Classes
from sqla_lint.project.dialects import databases
from sqla_lint.project.dropping import has_async
from sqla_lint.project.mentions import knows_session, last, outermost
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

# Calls that matter only in a project with the asyncio extension: what makes sessions of either kind.
_BESIDE_ASYNC = frozenset({"AsyncSession", "Session", "async_sessionmaker", "sessionmaker"})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Calls by their last names. beside: one of these has to be called too. of_session: a session has to be known."""

    names: frozenset[str]
    beside: frozenset[str]
    of_session: bool


class Asking:
    """The verdict for the calls and the events that rules ask for; `opening` are names whose call gives a session."""

    def __init__(self, files: Sequence[Facts], mapped: Classes, asked: Asked, opening: frozenset[str]) -> None:
        self._files = files
        self._mapped = mapped
        self._asked = asked
        self._opening = opening
        self._asynchronous = has_async(files)
        self._wanted = self._wants()
        self._of_factories = frozenset(name for kind, name in asked.calls if kind == "factory" and name != "()")
        self._entering = BEGINNING | ({"connect", "no_autoflush"} if self._asynchronous else set())
        self._around: dict[tuple[str, str], tuple[set[str], bool]] = {}

    def _wants(self) -> list[_Wanted]:
        """The last names of the calls that rules ask for, or that bring about the events they ask for."""
        found: dict[tuple[frozenset[str], bool], set[str]] = defaultdict(set)
        for call in self._asked.calls:
            kind, name = call
            if name != "()" and kind != "factory" and (name not in _BESIDE_ASYNC or self._asynchronous):
                found[self._asked.beside.get(call, frozenset()), kind == "session"].add(name)
        free = found[frozenset(), False]
        if ("mapped", "()") in self._asked.calls:
            free |= {fact.name for facts in self._files for fact in facts.classes.values()}
        for event in self._asked.events - ASYNCHRONOUS:
            found[frozenset(), event in OF_SESSION] |= CALLED_BY.get(event, frozenset())
            found[frozenset(), True] |= transactions.CALLED_BY.get(event, frozenset())
        if "Shared" in self._asked.events:
            free |= STARTING - POOLED
            found[MAKING_POOLS, False] |= POOLED
            found[frozenset(), True] |= POOLED
        return [
            _Wanted(self._mapped.index.as_imported(names), beside, of_session)
            for (beside, of_session), names in found.items()
        ]

    def may_hold(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may hold one; `calls` are the last names of what it calls."""
        named = {*calls, *(last(chain) for _, chain in sketch.made)}
        if any(not item.names.isdisjoint(named) and self._stands(facts, fact, item) for item in self._wanted):
            return True
        if "ColumnTested" in self._asked.events and sketch.tests:
            return True
        if "Blocked" in self._asked.events and fact is not None and self._blocks(facts, fact):
            return True
        if "RowsUsed" in self._asked.events and sketch.whittles or "TruthAsked" in self._asked.events and sketch.truths:
            return True
        if "FromsJoined" in self._asked.events and self._crosses(facts, sketch, calls):
            return True
        if "EagerUnread" in self._asked.events and not LOADING.isdisjoint(calls):
            return True
        if "PassedBy" in self._asked.events and "contains_eager" in calls:
            return True
        if "OptionsPassedOver" in self._asked.events and "options" in calls and not QUERY_GETS.isdisjoint(calls):
            return True
        return self._of_session(sketch) or self._migrates(facts, fact, sketch, calls)

    def _blocks(self, facts: Facts, fact: FunctionFact) -> bool:
        """Whether a coroutine function may work with a session that is none of the asynchronous ones."""
        if not fact.is_async or any(".ext.asyncio" in target for target in facts.imports.values()):
            return False
        return self._group(facts, fact)[1]

    def _stands(self, facts: Facts, fact: FunctionFact | None, wanted: _Wanted) -> bool:
        """Whether there is beside a call, in the function or one nested with it, what it takes for a finding."""
        if fact is None or not wanted.beside and not wanted.of_session:
            return True
        calls, knows = self._group(facts, fact)
        return (knows or not wanted.of_session) and not (wanted.beside and wanted.beside.isdisjoint(calls))

    def _group(self, facts: Facts, fact: FunctionFact) -> tuple[set[str], bool]:
        """What a function, those around it and those within it call, and whether they know a session."""
        outer = outermost(facts, fact.qualname)
        key = (facts.module, outer)
        if key not in self._around:
            within = [item for item in facts.functions.values() if outermost(facts, item.qualname) == outer]
            calls = {last(chain) for item in within for chain in item.sketch.calls}
            calls |= {last(chain) for item in within for _, chain in item.sketch.made}
            self._around[key] = calls, not self._opening.isdisjoint(calls) or any(map(knows_session, within))
        return self._around[key]

    def _crosses(self, facts: Facts, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether criteria may refer to several classes of the project."""
        if calls.isdisjoint(("filter", "where")):
            return False
        parts = {part for chain in sketch.reads for part in chain.split(".")[:-1]} | {
            last(chain) for chain in sketch.reads
        }
        names = {facts.imports.get(name, name).rpartition(".")[2] for name in parts | sketch.titles}
        return len(names & self._classes) > 1

    @cached_property
    def _classes(self) -> frozenset[str]:
        """The names of the mapped classes of the project."""
        return frozenset(
            fact.name
            for facts in self._files
            for qualname, fact in facts.classes.items()
            if self._mapped.mapping(f"{facts.module}:{qualname}").mapped
        )

    def _of_session(self, sketch: Sketch) -> bool:
        """Whether a body may call a method of a factory, or enter a session, one that it names by itself."""
        factories = self._opening | {name for name, chain in sketch.made if last(chain) in self._opening}
        if self._of_factories and any(self._of_factory(chain, factories) for chain in sketch.calls):
            return True
        entered = (last(chain.removesuffix("()")) for chain in sketch.entered)
        return "Entered" in self._asked.events and any(
            name in factories or name in self._entering or is_session_name(name) for name in entered
        )

    def _of_factory(self, chain: str, factories: frozenset[str]) -> bool:
        """Whether a chain calls a method of what makes sessions, and not of what that makes."""
        *_, owner, name = ("", *chain.rsplit(".", 2)[-2:])
        return name in self._of_factories and owner in factories

    def _migrates(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether a body may call an operation of Alembic that rules ask for."""
        name = fact.name if fact is not None else ""
        wanted = self._operations[1] if name.startswith("downgrade") else self._operations[0]
        if wanted.isdisjoint(calls) or not name.startswith(REVISING):
            return False
        return any(facts.imports.get(chain.partition(".")[0], "").startswith(OP) for chain in sketch.calls)

    @cached_property
    def _operations(self) -> tuple[frozenset[str], frozenset[str]]:
        """The operations that matter in an upgrade, and those that do in a downgrade."""
        here = databases(self._files)
        asked = [item for item in self._asked.operations if item[1].databases in (frozenset(), here)]
        return frozenset(name for name, _ in asked), frozenset(name for name, where in asked if where.down)
