"""Where instances may be at hand whose text, by `str()` and its like, loads a relationship, or comparing them does."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from sqla_lint.knowledge.reflection import SPECIAL, TELLERS, TELLING, TEXT
from sqla_lint.project.classes import Classes
from sqla_lint.project.targets import Targets
from sqla_lint.survey.facts import Facts, FunctionFact


class Tellers:
    """The modules whose functions may come by an instance whose class has a method among `reading` that shows it.

    Such an instance is made, or asked for, where the class or one that is related to it is declared, and goes from
    there to those who import that module, directly or not.
    """

    def __init__(
        self, reading: Iterable[str] = (), files: Sequence[Facts] = (), classes: Classes | None = None
    ) -> None:
        told = {function.rpartition(".")[0] for function in reading if function.endswith(TELLING)}
        self.modules = _modules_of(told, files, classes) if classes is not None else frozenset()

    def shows(self, facts: Facts, reads: Container[str], calls: Iterable[str]) -> bool:
        """Whether these reads and calls make a text of a name, where that may be of what loads for it."""
        return facts.module in self.modules and (TEXT in reads or not TELLERS.isdisjoint(calls))

    def within(self, facts: Facts, fact: FunctionFact, callers: Mapping[str, Iterable[set[str]]]) -> bool:
        """Whether the function makes a text of what may load a relationship for that: its own, or a caller's."""
        if TEXT not in fact.sketch.reads and TELLERS.isdisjoint(fact.sketch.calls):
            return False
        if facts.module in self.modules:
            return True
        groups = callers.get(f"{facts.module}:{fact.qualname}", ()) if fact.parameters else ()
        return any(caller.partition(":")[0] in self.modules for group in groups for caller in group)


class Special:
    """The methods of mapped classes that operators and builtins call, where they load a relationship of the class.

    methods: their names. modules: those whose functions may come by an instance of such a class.
    """

    def __init__(
        self, reading: Iterable[str] = (), files: Sequence[Facts] = (), of: tuple[Classes, Targets] | None = None
    ) -> None:
        self.methods: set[str] = set()
        told: set[str] = set()
        facts_of = {facts.module: facts for facts in files}
        for function in reading:
            cls, _, name = function.rpartition(".")
            if of is None or name not in SPECIAL or not of[0].mapping(cls).mapped:
                continue
            facts = facts_of[function.partition(":")[0]]
            if _reads_its_own(facts, facts.functions[function.partition(":")[2]], of[1]):
                self.methods.add(name)
                told.add(cls)
        self.modules = _modules_of(told, files, of[0]) if of is not None else frozenset()

    def at_hand(self, facts: Facts, fact: FunctionFact | None = None) -> bool:
        """Whether such an instance may be at hand: operators have no names, so that more cannot be told."""
        return facts.module in self.modules


def _reads_its_own(facts: Facts, fact: FunctionFact, targets: Targets) -> bool:
    """Whether a method reads a relationship of its own class; what it compares with says little of what that is."""
    this = f"{fact.parameters[0].name}." if fact.parameters else "."
    own = [chain for chain in fact.sketch.reads if chain.startswith(this)]
    return any(targets.loads(facts, fact, chain) or any(targets.getters(facts, fact, chain)) for chain in own)


def _modules_of(told: set[str], files: Sequence[Facts], classes: Classes) -> frozenset[str]:
    if not told:
        return frozenset()
    told.update(*(classes.subclasses.get(class_, ()) for class_ in told.copy()))
    related = _related(files, classes)
    return _importers(files, {class_.partition(":")[0] for class_ in _reached(told, related)})


def _related(files: Sequence[Facts], classes: Classes) -> dict[str, set[str]]:
    """Which mapped classes are related to each, or derive from it, in either direction."""
    related: dict[str, set[str]] = {}
    for facts in files:
        for qualname in facts.classes:
            info = classes.mapping(f"{facts.module}:{qualname}")
            bases = (base for base in info.lineage if classes.mapping(base).table)
            for other in (*bases, *(item.target for item in info.relationships.values())) if info.mapped else ():
                related.setdefault(info.id, set()).add(other)
                related.setdefault(other, set()).add(info.id)
    return related


def _reached(starts: set[str], steps: Mapping[str, set[str]]) -> set[str]:
    found, todo = set(starts), list(starts)
    while todo:
        for item in steps.get(todo.pop(), ()):
            if item not in found:
                found.add(item)
                todo.append(item)
    return found


def _importers(files: Sequence[Facts], modules: set[str]) -> frozenset[str]:
    """The modules and all that import one of them, or something out of it, directly or not."""
    importers: dict[str, set[str]] = {}
    for facts in files:
        for target in {*facts.imports.values(), *facts.other_imports.values(), *facts.star_imports}:
            parts = target.split(".")
            for length in range(1, len(parts) + 1):
                importers.setdefault(".".join(parts[:length]), set()).add(facts.module)
    return frozenset(_reached(modules, importers))
