"""Which functions may hold a finding, decided on sketches: by the names they call and read, closed over calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqla_lint.knowledge.calls import NEVER_RETURN
from sqla_lint.project.classes import Classes
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.expressions import Apply, Expression, dotted
from sqla_lint.survey.facts import Facts, Sketch

MODULE_BODY = "<module>"

_COMMITS = frozenset({"commit"})
_DELETES = frozenset({"delete"})
_ADDS = frozenset({"add", "add_all"})
_SESSION_VERBS = frozenset(
    {
        "Session", "add", "add_all", "aclose", "begin", "bulk_save_objects", "close", "commit", "delete", "exec",
        "execute", "flush", "get_session", "joinedload", "merge", "query", "remove", "rollback", "scalar", "scalars",
        "select", "selectinload", "sessionmaker", "stream", "subqueryload", "yield_per", "refresh", "object_session",
        "scoped_session", "filter", "filter_by", "all", "first", "one", "one_or_none", "options",
    }
) | {name.rpartition(".")[2] for name in NEVER_RETURN}  # fmt: skip


def is_maker(value: Expression | None) -> bool:
    """Whether a declared value is a call that makes a session factory, by its name."""
    return isinstance(value, Apply) and "session" in dotted(value.function).lower()


class Suspects:
    """Sets of names, grown over the calls of the project until nothing is added."""

    def __init__(self, index: NameIndex, classes: Classes) -> None:
        self._index = index
        self._files = list({id(facts): facts for facts in index.modules.values()}.values())
        self.relationships = frozenset(self._relationship_names(classes))
        callers = self._callers()
        self.committing = self._closure(callers, lambda sketch: bool(sketch.calls & _COMMITS))
        self.reading = self._closure(callers, lambda sketch: bool(sketch.reads & self.relationships))
        self.deleting = self._direct(lambda sketch: bool(sketch.calls & _DELETES)) | _DELETES
        self.adding = self._direct(lambda sketch: bool(sketch.calls & _ADDS)) | _ADDS
        self.opening = self._opening()
        verbs = _SESSION_VERBS | self.opening
        self.effectful = self._closure(
            callers, lambda sketch: bool(sketch.calls & verbs or sketch.reads & self.relationships)
        )

    def _relationship_names(self, classes: Classes) -> Iterator[str]:
        for facts in self._files:
            for qualname, fact in facts.classes.items():
                if fact.attributes or fact.methods:
                    info = classes.mapping(f"{facts.module}:{qualname}")
                    yield from info.relationships
                    yield from info.proxies

    def _sketches(self) -> Iterator[tuple[str, Sketch]]:
        for facts in self._files:
            for function in facts.functions.values():
                yield function.name.partition("@")[0], function.sketch

    def _callers(self) -> dict[str, set[str]]:
        """For each name, the names of the functions that call or read it."""
        callers: dict[str, set[str]] = defaultdict(set)
        own = {name for name, _ in self._sketches()}
        for name, sketch in self._sketches():
            for called in (sketch.calls | sketch.reads) & own:
                callers[called].add(name)
        return callers

    def _direct(self, holds) -> frozenset[str]:  # type: ignore[no-untyped-def]
        return frozenset(name for name, sketch in self._sketches() if holds(sketch))

    def _closure(self, callers: dict[str, set[str]], holds) -> frozenset[str]:  # type: ignore[no-untyped-def]
        found = set(self._direct(holds))
        todo = list(found)
        while todo:
            for caller in callers.get(todo.pop(), ()):
                if caller not in found:
                    found.add(caller)
                    todo.append(caller)
        return frozenset(found)

    def _opening(self) -> frozenset[str]:
        names = {"Session", "AsyncSession", "sessionmaker", "async_sessionmaker", "scoped_session", "create_session"}
        for facts in self._files:
            names |= {name for name in facts.variables if "session" in name.lower()}
            names |= {name for name, target in facts.imports.items() if "session" in f"{name} {target}".lower()}
            for fact in facts.classes.values():
                names |= {
                    name
                    for name, declared in (*fact.attributes.items(), *fact.self_attributes.items())
                    if "session" in name.lower() or is_maker(declared.value)
                }
            names |= {name for name, declared in facts.variables.items() if is_maker(declared.value)}
            for function in facts.functions.values():
                if "session" in function.name.lower() or function.sketch.calls & names:
                    names.add(function.name)
        return frozenset(names)

    def is_suspect(self, sketch: Sketch) -> bool:
        """Whether the body of that sketch may hold a finding."""
        return bool(
            sketch.calls & self.opening
            or sketch.loop_calls & (self.committing | _COMMITS)
            or (sketch.calls & self.deleting and sketch.calls & self.adding)
            or sketch.loop_reads & (self.relationships | self.reading)
            or sketch.loop_calls & self.reading
        )

    def roots(self, files: Iterable[Facts], everything: bool = False) -> Iterator[tuple[Facts, str]]:
        """The suspicious functions of some files, in order, and their module bodies."""
        for facts in files:
            if facts.body_sketch is not None and (everything or self.is_suspect(facts.body_sketch)):
                yield facts, MODULE_BODY
            for qualname, function in facts.functions.items():
                if "<locals>" in qualname and function.nested_in in facts.functions:
                    continue
                nested = (
                    other.sketch for name, other in facts.functions.items() if name.startswith(f"{qualname}.<locals>.")
                )
                if everything or any(self.is_suspect(item) for item in (function.sketch, *nested)):
                    yield facts, qualname
