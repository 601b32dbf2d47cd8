"""The mapped classes of some files as events, with the places of what they declare."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from sqla_lint.diagnostic import Span
from sqla_lint.flow.events import ClassDeclared
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import ClassInfo
from sqla_lint.project.project import Project
from sqla_lint.survey.facts import ClassFact, Facts


def declared(project: Project, targets: Collection[str]) -> Iterator[ClassDeclared]:
    """Yield the classes of the target files that are mapped, or that mapped ones inherit from."""
    by_class: dict[str, ClassInfo] = {}
    for facts in project.files:
        for qualname in facts.classes:
            info = project.classes.mapping(f"{facts.module}:{qualname}")
            if info.mapped:
                by_class[info.id] = info
                owners = [part.owner for part in info.columns.values()]
                owners += [part.owner for part in info.relationships.values()]
                for owner in owners:
                    by_class.setdefault(owner, info)
    places = _Places(project)
    for facts in project.files:
        for qualname, fact in facts.classes.items() if facts.path in targets else ():
            id_ = f"{facts.module}:{qualname}"
            if id_ in by_class:
                yield _event(places, facts, fact, id_, by_class[id_])


def _event(places: _Places, facts: Facts, fact: ClassFact, id_: str, info: ClassInfo) -> ClassDeclared:
    columns = tuple(item for item in info.columns.values() if item.owner == id_)
    relationships = tuple(item for item in info.relationships.values() if item.owner == id_)
    place = places.of(facts, fact, "")
    return ClassDeclared(
        place, None, id_, info, columns, relationships, place_of=lambda name: places.of(facts, fact, name)
    )


class _Places:
    """Finds where a class, or an attribute of its body, stands; the file is parsed once something is to be shown."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._trees: dict[str, ast.Module] = {}

    def of(self, facts: Facts, fact: ClassFact, attribute: str) -> Place:
        """The place of the class, or of the value that is assigned to an attribute."""
        return _Late(self, facts, fact, attribute)

    def find(self, facts: Facts, fact: ClassFact, attribute: str) -> Span:
        """The span of what `of` speaks of."""
        if facts.path not in self._trees:
            self._trees = {facts.path: ast.parse("\n".join(self._project.slices.lines(facts.path)))}
        found = [
            node
            for node in ast.walk(self._trees[facts.path])
            if isinstance(node, ast.ClassDef) and node.lineno == fact.line
        ]
        lines = self._project.slices.lines(facts.path)
        if not found:
            return Span(facts.path, fact.line, 1, fact.line, 1)
        for node in ast.walk(found[0]) if attribute else ():
            if isinstance(node, ast.FunctionDef) and node.name == attribute:  # a `declared_attr`
                return Span(facts.path, node.lineno, node.col_offset + 1, node.lineno, node.col_offset + 1)
            value = _value_of(node, attribute)
            if value is not None:
                return _span(facts.path, lines, value)
        return Span(facts.path, fact.line, found[0].col_offset + 1, fact.line, found[0].col_offset + 1)


def _value_of(node: ast.AST, attribute: str) -> ast.expr | None:
    match node:
        case ast.Assign(targets=targets, value=value):
            return value if any(isinstance(item, ast.Name) and item.id == attribute for item in targets) else None
        case ast.AnnAssign(target=ast.Name(id=name)) if name == attribute:
            return node.value or node.target
    return None


def _span(path: str, lines: list[str], node: ast.expr) -> Span:
    last = node.end_lineno or node.lineno
    return Span(
        path,
        node.lineno,
        _characters(lines, node.lineno, node.col_offset),
        last,
        _characters(lines, last, node.end_col_offset or 0),
    )


def _characters(lines: list[str], line: int, offset: int) -> int:
    """The column, from 1 on, of an offset in UTF-8."""
    return len(lines[line - 1].encode()[:offset].decode("utf-8", "replace")) + 1


class _Late(Place):
    """A place that is looked for when it is shown."""

    __slots__ = ("_asked", "_places")

    def __init__(self, places: _Places, facts: Facts, fact: ClassFact, attribute: str) -> None:
        super().__init__(None, None)
        self._places = places
        self._asked = (facts, fact, attribute)

    @property
    def span(self) -> Span:
        """The lines and columns."""
        if self._known is None:
            self._known = self._places.find(*self._asked)
        return self._known
