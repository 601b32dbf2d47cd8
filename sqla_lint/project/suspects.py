"""Which functions may hold a finding, decided on sketches, closed over the calls of the project.

What a called chain may run is a matter of `targets`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from sqla_lint.flow.asked import NOTHING_ASKED, Asked
from sqla_lint.knowledge.calls import MANAGERS, NEVER_RETURN
from sqla_lint.knowledge.dumping import DUMPS
from sqla_lint.knowledge.reflection import ANY_NAME, SPECIAL, TELLING
from sqla_lint.knowledge.rendering import renders
from sqla_lint.knowledge.schemas import VALIDATE
from sqla_lint.knowledge.sessions import ENDING
from sqla_lint.project.asking import Asking
from sqla_lint.project.classes import Classes
from sqla_lint.project.decorators import decorators_of, is_wrapper
from sqla_lint.project.dropping import Dropping
from sqla_lint.project.dumps import Dumps
from sqla_lint.project.failing import Failing
from sqla_lint.project.handed import Handed
from sqla_lint.project.lives import Lives
from sqla_lint.project.mentions import (
    functions_where,
    gives_maker,
    gives_sessions,
    goes_outside,
    knows_session,
    last,
    last_names,
    makes_sessions,
    mentions_session,
    outermost,
)
from sqla_lint.project.names import NameIndex
from sqla_lint.project.raising import Raising
from sqla_lint.project.repeating import Repeating
from sqla_lint.project.schemas import Schemas
from sqla_lint.project.targets import Targets
from sqla_lint.project.tellers import Special, Tellers
from sqla_lint.project.templates import Templates
from sqla_lint.project.transacting import Transacting
from sqla_lint.project.unloaded import Unloaded
from sqla_lint.project.walking import Walking
from sqla_lint.project.working import Working
from sqla_lint.project.writing import Writing
from sqla_lint.survey.facts import Facts, FunctionFact, Sketch

MODULE_BODY = "<module>"

_MAKERS = MANAGERS | {
    "Session", "AsyncSession", "sessionmaker", "async_sessionmaker", "scoped_session", "create_session"
}  # fmt: skip
# Verbs that speak of a database whatever stands before them; the others only in a function that knows a session.
_VERBS = frozenset(
    {
        "add_all", "bulk_save_objects", "bulk_insert_mappings", "commit", "flush", "joinedload", "object_session",
        "query", "rollback", "scalars", "scalar", "scalar_one", "scalar_one_or_none", "select", "selectinload",
        "subqueryload", "contains_eager", "raiseload", "stream_scalars", "yield_per", "filter_by", "one_or_none",
        "execute", "where", "with_for_update", "order_by", "outerjoin", "limit", "offset", "group_by",
    }
) | {name.rpartition(".")[2] for name in NEVER_RETURN}  # fmt: skip
_SHARED_VERBS = frozenset({"add", "delete", "close", "merge", "remove", "get", "all", "first", "one", "exec", "begin",
                           "refresh", "stream", "expunge", "filter", "options"})  # fmt: skip


_WALK = f"?.{ANY_NAME}"


class Suspects:
    """Sets of functions, grown over the calls of the project until nothing is added."""

    def __init__(
        self,
        index: NameIndex,
        classes: Classes,
        templates: Templates,
        asked: Asked = NOTHING_ASKED,
    ) -> None:
        self._index = index
        self._templates = templates
        self.schemas = Schemas(classes, self.may_load)
        self.dumps = Dumps(classes, self.may_load, lambda function: function in self.reading)
        self._classes = classes
        self._files = index.files
        self._targets = Targets(index, classes)
        self.relationships = self._targets.relationships
        self._walking = Walking(self._files, self.relationships)
        self._callers = self._reverse()
        self._looping: frozenset[str] = frozenset()
        self.opening = self._opening()
        self._events = asked.events
        self._loading = not asked.events.isdisjoint(("RelationshipRead", "ColumnRead"))
        self._asking = Asking(self._files, classes, asked, self.opening)
        self._dropping = Dropping(index, asked.events, self._targets.of)
        self._handed = Handed(self._files, self._targets.of, lambda here, it: self._reads_in_loop(here, it, it.sketch))
        self._lives = Lives(self._files, self.opening, self._targets.of, asked.events)
        self._writing = Writing(self._files, classes, asked.events)
        self._failing = Failing(self._files, asked.events, self._targets.of, self._closure)
        self._working = Working(self._files, classes, asked.events, self.opening, self._targets.of)
        self._repeating = Repeating(self._files, self._targets.of, self._callers)
        self.committing = self._commits()
        self._transacting = Transacting(
            asked.events, self.opening, self._lives, self._targets.of, self._closure, self.committing
        )
        self._raising = Raising(self._files, classes, asked.events, self._closure, self._targets.loads)
        self._unloaded = Unloaded(self._files, classes, self._callers, self._targets.of, self._closure)
        self._models: frozenset[str] = frozenset()
        self._tellers, self._special = Tellers(), Special()
        self._learn_reading()
        self._models = self.schemas.reading
        if self._models:
            self._learn_reading()
        self.effectful = self._closure(self._touches).union(self.committing, self._special.modules and self.reading)
        self.acting = frozenset(self._targets.methods_among(self.effectful))
        self._looping = frozenset(self._looping_templates())

    def _learn_reading(self) -> None:
        """Which functions, properties and methods may read a relationship, as far as is known of models."""
        self.reading = self._closure(self._loads)
        self.readers = frozenset(self._targets.properties_among(self.reading))
        self._reading_methods = frozenset(self._targets.methods_among(self.reading))
        self._tellers = Tellers(self.reading, self._files, self._classes)
        if self._tellers.modules:
            self.reading |= self._closure(lambda facts, fact: self._tellers.within(facts, fact, self._callers))
        self._special = Special(self.reading, self._files, (self._classes, self._targets))
        if self._special.modules:
            self.reading |= self._closure(self._special.at_hand)

    def _functions(self) -> Iterator[tuple[Facts, FunctionFact]]:
        for facts in self._files:
            for fact in facts.functions.values():
                yield facts, fact

    def _rendered(self, facts: Facts, fact: FunctionFact) -> Iterator[str]:
        """The functions of the templates that a function may render."""
        for name in self._templates.named(facts, fact):
            if function := self._templates.function(name, facts.path):
                yield function

    def _reverse(self) -> dict[str, list[set[str]]]:
        """For each function the functions that may run it, by a call or by reading a property.

        They come in sets, one for each group that some chains lead to: groups may be large, and are shared.
        """
        groups: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for facts, fact in self._functions():
            own = f"{facts.module}:{fact.qualname}"
            for chain in fact.sketch.calls:
                groups[self._targets.of(facts, fact, chain)].add(own)
            for chain in fact.sketch.reads:
                if getters := tuple(self._targets.getters(facts, fact, chain)):
                    groups[getters].add(own)
            for target in self._rendered(facts, fact):
                groups[(target,)].add(own)
            if fact.nested_in:
                groups[(own,)].add(f"{facts.module}:{fact.nested_in}")
        callers: dict[str, list[set[str]]] = defaultdict(list)
        for targets, group in groups.items():
            for target in targets:
                callers[target].append(group)
        return callers

    def _closure(self, holds: Callable[[Facts, FunctionFact], bool]) -> frozenset[str]:
        found = set(functions_where(self._files, holds))
        todo = list(found)
        done: set[int] = set()
        while todo:
            for group in self._callers.get(todo.pop(), ()):
                if id(group) not in done:
                    done.add(id(group))
                    todo += group - found
                    found |= group
        return frozenset(found)

    def _commits(self) -> frozenset[str]:
        """Which functions may commit, by what they call or by what decorates them."""
        found = self._closure(lambda facts, fact: _any_last(fact.sketch.calls, {"commit"}))
        wrapped = [
            fact
            for facts, fact in self._functions()
            if f"{facts.module}:{fact.qualname}" in found and is_wrapper(facts, fact)
        ]
        if not wrapped:
            return found
        return self._closure(
            lambda facts, fact: (
                f"{facts.module}:{fact.qualname}" in found
                or not found.isdisjoint(decorators_of(self._index, facts.module, fact))
            )
        )

    def _touches(self, facts: Facts, fact: FunctionFact) -> bool:
        """Whether the function itself does something to a session, or reads rows."""
        calls = last_names(fact.sketch.calls)
        if calls & _VERBS or calls & self.opening or self._loads(facts, fact):
            return True
        if any(goes_outside(facts, chain) for chain in fact.sketch.calls):
            return True
        return bool(calls & _SHARED_VERBS) and knows_session(fact)

    @cached_property
    def working(self) -> frozenset[str]:
        """The functions that name or open a session, by themselves or in what they call."""
        return self._closure(
            lambda facts, fact: knows_session(fact) or not last_names(fact.sketch.calls).isdisjoint(self.opening)
        )

    def _loads(self, facts: Facts, fact: FunctionFact) -> bool:
        """Whether the function itself may load a relationship."""
        if any(self._targets.loads(facts, fact, chain) for chain in fact.sketch.reads):
            return True
        if _WALK in fact.sketch.reads and self._walking.may_load(facts, fact.sketch):
            return True
        return self._dumps(facts, fact.sketch) or self._makes_models(facts, fact.sketch)

    def _makes_models(self, facts: Facts, sketch: Sketch) -> bool:
        """Whether a model may be made that reads relationships of what it is made of."""
        if not self._models:
            return False
        names = (facts.imports.get(part, part) for chain in sketch.calls for part in chain.split("."))
        return any(last(name) in self._models or last(name) == VALIDATE for name in names)

    def _dumps(self, facts: Facts, sketch: Sketch) -> bool:
        """Whether a schema may dump rows; a function of a module, as `json.dumps`, is none."""
        owners = (chain.rpartition(".")[0] for chain in sketch.calls if last(chain) in DUMPS) if self.dumps.any else ()
        return any(owner and not self._is_module(facts, owner) for owner in owners)

    def _is_module(self, facts: Facts, owner: str) -> bool:
        head = owner.partition(".")[0]
        kind = self._index.find(facts.module, head).kind if head in facts.imports else ""
        return kind == "external" or kind == "module" and head == owner

    def _opening(self) -> frozenset[str]:
        """The names whose call may give a session."""
        names = set(_MAKERS)
        for facts in self._files:
            names |= {name for name, target in facts.imports.items() if last(target) in _MAKERS}
            names |= {name for name, declared in facts.variables.items() if gives_sessions(facts, declared.value)}
            taken: set[str] = set()
            for function in facts.functions.values():
                name = last(function.qualname)
                if "session" in name.lower() or mentions_session(function.returns):
                    names.add(name)
                taken |= {item.name for item in function.parameters if makes_sessions(item.annotation)}
            names |= taken
            for fact in facts.classes.values():
                attributes = (*fact.attributes.items(), *fact.self_attributes.items())
                names |= {name for name, declared in attributes if gives_maker(declared, taken)}
        for facts in self._files:
            names |= {name for name, target in facts.imports.items() if last(target) in names}
        return frozenset(names)

    def callers(self, function: str) -> Iterator[tuple[Facts, str]]:
        """The outermost functions that may run a function."""
        for caller in sorted(set().union(*self._callers.get(function, ()))):
            module, _, qualname = caller.partition(":")
            facts = self._index.modules[module]
            if facts.guesses:
                yield facts, outermost(facts, qualname)

    def _looping_templates(self) -> Iterator[str]:
        """The functions of the templates that may read a relationship for each of the rows they are given."""
        for facts, fact in self._functions():
            if not facts.guesses and self.is_suspect(facts, fact, fact.sketch):
                yield f"{facts.module}:{outermost(facts, fact.qualname)}"

    # The verdict.

    def may_load(self, name: str) -> bool:
        """Whether what an attribute of that name gives, or does when called, may load a relationship of some class."""
        if name in SPECIAL:
            return name in self._special.methods
        known = name in self.relationships or name in self.readers or name in self._reading_methods
        return known or bool(self._tellers.modules) and name in TELLING

    def is_suspect(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether the body of that sketch may hold a finding of the rules that are on."""
        calls = last_names(sketch.calls)
        return (
            self._loading
            and (self._reads_in_loop(facts, fact, sketch) or self._handed.may_hold(facts, fact, sketch, calls))
            or self._dropping.may_hold(facts, fact, sketch, calls)
            or self._asking.may_hold(facts, fact, sketch, calls)
            or self._writing.may_hold(sketch)
            or "ColumnRead" in self._events
            and self._reads_too_late(facts, fact, sketch, calls)
            or "ColumnRead" in self._events
            and self._unloaded.may_hold(facts, fact, sketch, calls)
            or self._lives.may_hold(facts, fact, sketch, calls)
            or "QueryRepeated" in self._events
            and self._repeating.may_hold(facts, fact, sketch)
            or self._raising.may_hold(facts, fact, sketch, calls)
            or self._failing.may_hold(facts, fact, sketch)
            or self._transacting.may_hold(facts, fact, sketch, calls)
            or "Committed" in self._events
            and self._commits_in_loop(facts, fact, sketch)
            or self._working.may_hold(facts, fact, sketch, calls)
            or not self._events.isdisjoint(("WorkPaired", "Readded"))
            and self._pairs(facts, fact, sketch, calls)
        )

    def _reads_in_loop(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether relationships may be read in a loop, here or in what is called or rendered, or dumped."""
        if any(self._may_load(facts, fact, chain) for chain in sketch.loop_reads):
            return True
        if _WALK in sketch.loop_reads and self._walking.may_load(facts, sketch):
            return True
        if fact is not None and not self._looping.isdisjoint(self._rendered(facts, fact)):
            return True
        if self._dumps(facts, sketch) or self._fills_models(facts, fact, sketch):
            return True
        if self._special.at_hand(facts) and (sketch.bound or sketch.calls):
            return True
        if self._tellers.shows(facts, sketch.loop_reads, sketch.loop_calls):
            return True
        for chain in sketch.loop_calls:
            if not self.reading.isdisjoint(self._targets.of(facts, fact, chain)):
                return True
            if fact is not None and renders(last(chain)) and not self.reading.isdisjoint(self._rendered(facts, fact)):
                return True
        return False

    def _commits_in_loop(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether something may commit in a loop."""
        return any(
            last(chain) == "commit" or not self.committing.isdisjoint(self._targets.of(facts, fact, chain))
            for chain in sketch.loop_calls
        )

    def _fills_models(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch) -> bool:
        """Whether rows may be read by a response model, or by a schema that is made of them."""
        if fact is not None and fact.decorators and any(read.repeated for read in self.schemas.response(facts, fact)):
            return True
        return self._makes_models(facts, sketch)

    def _may_load(self, facts: Facts, fact: FunctionFact | None, chain: str) -> bool:
        """Whether reading a chain may load a relationship, by itself or in a property."""
        return self._targets.loads(facts, fact, chain) or any(
            item in self.reading for item in self._targets.getters(facts, fact, chain)
        )

    def _reads_too_late(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether something may be read under an AsyncSession, or of what a helper got with a session of its own."""
        if fact is not None and fact.is_async and knows_session(fact):
            if self._tellers.shows(facts, sketch.reads, calls):
                return True
            of = self._targets.of
            responds = self.schemas.response(facts, fact) if fact.decorators else ()
            if (
                any(self.may_load(read.path[-1]) for read in responds)
                or any(self._may_load(facts, fact, chain) for chain in sketch.reads)
                or any(not self.reading.isdisjoint(of(facts, fact, chain)) for chain in sketch.calls)
            ):
                return True
        if not ENDING.isdisjoint(calls) and (fact is None or knows_session(fact)):
            return True
        return bool(sketch.reads) and self._lives.is_helped(facts, fact, sketch.calls)

    def _pairs(self, facts: Facts, fact: FunctionFact | None, sketch: Sketch, calls: frozenset[str]) -> bool:
        """Whether there may be a delete and an add, here or one of them in a helper."""
        if "delete" in calls and calls & {"add", "add_all"}:
            return True
        if fact is not None and not knows_session(fact):
            return False
        deletes, adds = "delete" in calls, bool(calls & {"add", "add_all"})
        for chain in sketch.calls:
            if deletes and adds:
                return True
            for target in self._targets.of(facts, fact, chain):
                other = self._index.function_fact(target)
                if other is not None and knows_session(other):
                    deletes = deletes or _any_last(other.sketch.calls, {"delete"})
                    adds = adds or _any_last(other.sketch.calls, {"add", "add_all"})
        return deletes and adds

    def roots(self, files: Iterable[Facts], everything: bool = False) -> Iterator[tuple[Facts, str]]:
        """The suspicious functions of some files, in order, and their module bodies."""
        for facts in files:
            if not self._classes.parts.knows_library(facts):
                continue  # names alone are no reason to speak
            body = facts.body_sketch
            if body is not None and (everything or self.is_suspect(facts, None, body)):
                yield facts, MODULE_BODY
            # A nested function is walked with the one around it.
            suspicious: dict[str, bool] = {}
            for qualname, function in facts.functions.items():
                outer = outermost(facts, qualname)
                suspicious[outer] = suspicious.get(outer, everything) or self.is_suspect(
                    facts, function, function.sketch
                )
            yield from ((facts, qualname) for qualname, found in suspicious.items() if found)


def _any_last(chains: frozenset[str], names: set[str]) -> bool:
    return not last_names(chains).isdisjoint(names)
