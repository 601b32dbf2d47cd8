"""Where instances may be at hand whose text, by `str()` and its like, loads a relationship."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqla_lint.knowledge.reflection import TELLING
from sqla_lint.project.classes import Classes
from sqla_lint.survey.facts import Facts


def modules_of_tellers(files: Sequence[Facts], classes: Classes, reading: Iterable[str]) -> frozenset[str]:
    """Return the modules whose functions may come by an instance of a class that has a method among `reading` for it.

    Such an instance is made, or asked for, where the class or one that is related to it is declared, and goes from
    there to those who import that module, directly or not.
    """
    told = {function.rpartition(".")[0] for function in reading if function.endswith(TELLING)}
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
