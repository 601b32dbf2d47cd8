"""Linking: each file of fixtures/linked is a small project, whose comments say what its names and classes are.

Names, annotations and factories are shown by `reveal` (see tests/flow/revealing.py). Of a class:

| marker, in the class or on its line              | says                                                              |
|--------------------------------------------------|-------------------------------------------------------------------|
| `mapped`, `not mapped`                           | whether it is; a mapped class has exactly the marked relationships|
| `relationship: lines = many Line, joined`        | its target, then `one` or `many`, the strategy unless `select`,   |
| `relationship: customer = one ?, reverse orders` | the other side where it has one; `?` for a target unknown         |
| `columns: id, name`, `primary: id`, `table: t`   | all of them                                                       |
| `unique: email & a, b`                           | all sets of columns that are unique                               |
| `proxy: products via lines`                      | all its association proxies                                       |
| `column: bio = Text, deferred, nullable`         | what `_column` tells of that column                               |
| `inherits: joined Base, inline`, `versioned`     | from which class, by which table, how a query of that loads it    |
| `details: lines = cascade all, ordered`          | what `_details` tells of that relationship                        |
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from sqla_lint.flow.columns import Column
from sqla_lint.flow.questions import ClassInfo, MappingOf, Relationship
from sqla_lint.knowledge.mapping import ALL_CASCADES, CASCADE
from tests.flow.cases import CLASS_KINDS, FLOW_KINDS, Case, CaseError, Mark, cases
from tests.flow.rendering import Renderer
from tests.flow.revealing import disagreements, renderer, roots

CASES = cases("linked")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values(case: Case) -> None:
    """Every `reveal` of the case shows what its marker says."""
    said = [line for path, name in roots(case) for line in disagreements(case, path, name)]
    assert not said, "\n".join(said)


CLASSES = [
    (case, path, qualname)
    for case in CASES
    if case.marks(CLASS_KINDS)
    for path in case.texts
    for qualname in case.files[path].classes
]


@pytest.mark.parametrize(
    ("case", "path", "qualname"), CLASSES, ids=[f"{case.name}/{path}:{name}" for case, path, name in CLASSES]
)
def test_class(case: Case, path: str, qualname: str) -> None:
    """A class is mapped exactly as its markers say; every class has one."""
    facts = case.files[path]
    info = case.project.ask(MappingOf(f"{facts.module}:{qualname}"))
    assert info is not None
    marked = _marks_of(case, path, facts.classes[qualname].line)
    said = list(_class_disagreements(info, marked, renderer(case)))
    assert not said, "\n".join(said)


def _marks_of(case: Case, path: str, line: int) -> list[Mark]:
    """The markers between the line of a class and its end; those of a class inside belong to that."""
    classes = [node for node in ast.walk(ast.parse(case.texts[path])) if isinstance(node, ast.ClassDef)]
    node = next(node for node in classes if node.lineno == line)
    inner = [range(other.lineno, (other.end_lineno or 0) + 1) for other in classes if _within(other, node)]
    return [
        mark
        for mark in case.marks(CLASS_KINDS)
        if node.lineno <= mark.line <= (node.end_lineno or 0) and not any(mark.line in lines for lines in inner)
    ]


def _within(inner: ast.ClassDef, outer: ast.ClassDef) -> bool:
    return inner is not outer and outer.lineno < inner.lineno <= (outer.end_lineno or 0)


def _class_disagreements(info: ClassInfo, marked: list[Mark], told: Renderer) -> Iterator[str]:
    kinds = {mark.kind for mark in marked}
    if len(kinds & {"mapped", "not mapped"}) != 1:
        yield f"{info.name} has no marker `mapped` or `not mapped`, or both"
    if ("mapped" in kinds) != info.mapped:
        yield f"{info.name} is {'mapped' if info.mapped else 'not mapped'}"
    if info.versioned != ("versioned" in kinds):
        yield f"{info.name} is {'versioned' if info.versioned else 'not versioned'}"
    found = {
        "relationship": {_relationship(item, told) for item in info.relationships.values()},
        "columns": {", ".join(sorted(info.columns))},
        "primary": {", ".join(sorted(info.primary))},
        "unique": {", ".join(sorted(item)) for item in info.unique},
        "proxy": {f"{name} via {through}" for name, through in info.proxies.items()},
        "table": {info.table},
        "inherits": {_inheritance(info, told)},
    }
    for kind, facts in found.items():
        if kind in kinds or kind == "relationship":
            wanted = {part.strip() for mark in marked if mark.kind == kind for part in mark.text.split("&")}
            if facts != wanted:
                yield f"{info.name}, {kind}: is {' & '.join(sorted(facts))}, marked {' & '.join(sorted(wanted))}"
    told_of = {
        "column": {_column(item, told) for item in info.columns.values()},
        "details": {_details(item) for item in info.relationships.values()},
    }
    for mark in marked:
        if mark.kind in told_of and mark.text not in told_of[mark.kind]:
            name = mark.text.partition(" ")[0]
            yield f"marked {mark.text}, is {[item for item in told_of[mark.kind] if item.startswith(f'{name} ')]}"


def _column(item: Column, told: Renderer) -> str:
    """All that is known of a column, what is usual left out: `email = String, unique, default constant`."""
    default = f"default {item.default.kind} {item.default.text}".rstrip() if item.default is not None else ""
    keys = [
        f"-> {key.target}{f' of {told.name(key.cls)}.{key.attribute}' if key.cls else ''}" for key in item.foreign_keys
    ]
    words = {
        item.kind: item.kind != "column",
        f"named {item.column}": item.column != item.name,
        "tracked": item.tracked,
        f"deferred {item.group}".rstrip(): item.deferred,
        "nullable": item.nullable,
        "primary": item.primary_key,
        "unique": item.unique,
        f"{default}{' at once' if item.at_once else ''}": bool(default),
        "server default": item.server_default,
        f"onupdate {item.onupdate}": bool(item.onupdate),
        f"generated by {item.generated}": bool(item.generated),
        "required": item.required,
    }
    return f"{item.name} = {', '.join([item.type or '?', *(word for word, holds in words.items() if holds), *keys])}"


def _inheritance(info: ClassInfo, told: Renderer) -> str:
    how = info.inherits
    return f"{how.kind} {told.name(how.base)}{how.load and f', {how.load}'}" if how is not None else "nothing"


def _details(item: Relationship) -> str:
    """What a relationship says beside its target, what is usual left out: `lines = cascade all delete-orphan`."""
    cascade = item.cascade - ALL_CASCADES | {"all"} if item.cascade >= ALL_CASCADES else item.cascade
    words = {
        f"by {' '.join(item.keys)}": bool(item.keys),
        f"cascade {' '.join(sorted(cascade)) or 'none'}": item.cascade != CASCADE,
        f"secondary {item.secondary}": bool(item.secondary),
        f"passive deletes {item.passive_deletes}": bool(item.passive_deletes),
        "viewonly": item.viewonly,
        "single parent": item.single_parent,
        "ordered": item.order_by,
        "joins": item.joins,
        "backref": item.backref,
        "no cascade by backref": not item.cascade_backrefs,
    }
    return f"{item.name} = {', '.join(word for word, holds in words.items() if holds) or 'nothing'}"


def _relationship(item: Relationship, told: Renderer) -> str:
    target = told.name(item.target) if item.target else "?"
    lazy = f", {item.lazy}" if item.lazy != "select" else ""
    reverse = f", reverse {item.reverse}" if item.reverse else ""
    return f"{item.name} = {'many' if item.collection else 'one'} {target}{lazy}{reverse}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_says_something(case: Case) -> None:
    """No case passes for want of a claim."""
    assert case.marks((*FLOW_KINDS, *CLASS_KINDS))


def test_two_files_of_one_path_are_an_error() -> None:
    """A case in which a file stands twice says so."""
    with pytest.raises(CaseError):
        Case("twice", "# file: a.py\nx = 1\n# file: b.py\ny = 1\n# file: a.py\nz = 1\n")


def test_a_wrong_class_marker_is_told() -> None:
    """A relationship too many, one too few and a wrong strategy all fail."""
    text = "from sqlalchemy.orm import *\nclass A(DeclarativeBase):  # mapped\n    others = relationship('A')"
    for claim, right in (("", False), ("others = one A", False), ("others = many A, joined", False),
                         ("others = many A", True), ("others = many A & more = one A", False)):  # fmt: skip
        case = Case("wrong", f"{text}  # relationship: {claim}\n" if claim else f"{text}\n")
        info = case.project.ask(MappingOf("main:A"))
        assert info is not None
        assert (not list(_class_disagreements(info, _marks_of(case, "main.py", 2), renderer(case)))) == right
