"""The facts of one file: each file of fixtures/survey shows one kind of declaration.

A comment `# fact: …` tells a fact, in any place; several are separated by ` && `. Together they are all facts of the
file, so that what is not marked must not be found. `# sketch: session.add() .lines loop commit() .items` tells, on the
line of a `def`, what its own lines do: all words, then those inside a loop.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sqla_lint.survey.facts import Facts, FunctionFact
from sqla_lint.survey.reader import survey
from tests.flow.cases import FIXTURES, Mark, marks
from tests.survey.rendering import facts, sketch

KINDS = ("fact", "sketch", "module")
FILES = sorted((FIXTURES / "survey").glob("*.py"))


def surveyed(text: str, module: str = "shop.orders") -> Facts:
    """The facts of a text."""
    path = module.replace(".", "/").replace("//", "/")
    return survey(ast.parse(text), f"{path}/__init__.py" if module.endswith(".") else f"{path}.py", [module.strip(".")])


def fixture(path: Path) -> tuple[Facts, tuple[Mark, ...]]:
    """The facts and the markers of a fixture, whose module is `shop.orders` unless a marker says otherwise."""
    text = path.read_text("utf-8")
    found = marks(text, KINDS)
    module = next((mark.text for mark in found if mark.kind == "module"), "shop.orders")
    return surveyed(text, module), found


TOLD = [path for path in FILES if any(mark.kind == "fact" for mark in fixture(path)[1])]


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.stem)
def test_facts(path: Path) -> None:
    """A file tells exactly the facts that its markers tell."""
    found, marked = fixture(path)
    wanted = {part.strip() for mark in marked if mark.kind == "fact" for part in mark.text.split("&&")}
    assert set(facts(found)) == wanted


SKETCHES = [(path, mark) for path in FILES for mark in fixture(path)[1] if mark.kind == "sketch"]


@pytest.mark.parametrize(("path", "mark"), SKETCHES, ids=[f"{path.stem}:{mark.line}" for path, mark in SKETCHES])
def test_sketch(path: Path, mark: Mark) -> None:
    """The sketch of a function has exactly the marked words; on the first line, that of the module's own lines."""
    found, _ = fixture(path)
    body = found.body_sketch if mark.line == 1 else at(found, mark.line).sketch
    assert body is not None
    every, _, inside = f" {mark.text} ".partition(" loop ")
    assert sketch(body) == (frozenset(every.split()) | frozenset(inside.split()), frozenset(inside.split()))


def at(found: Facts, line: int) -> FunctionFact:
    """The function whose `def` (or first decorator) stands on a line."""
    return next(fact for fact in found.functions.values() if fact.line == line)


def test_lines_include_the_decorators() -> None:
    """A function reaches from its first decorator to its last line, nested ones included."""
    found = surveyed("import x\n\n@x.one\n@x.two\ndef f():\n    def g():\n        return 1\n    return g\n\ny = 1\n")
    assert (found.functions["f"].line, found.functions["f"].end_line) == (3, 8)
    assert (found.functions["f.<locals>.g"].line, found.functions["f.<locals>.g"].end_line) == (6, 7)


@pytest.mark.parametrize(
    ("module", "statement", "name", "target"),
    [
        ("shop.orders", "from . import models", "models", "shop.models"),
        ("shop.orders", "from .models import Order as O", "O", "shop.models.Order"),
        ("shop.api.orders", "from ..models import Order", "Order", "shop.models.Order"),
        ("shop.api.", "from .orders import view", "view", "shop.api.orders.view"),
        ("shop.api.", "from ..models import Order", "Order", "shop.models.Order"),
        ("shop.", "from . import models", "models", "shop.models"),
        ("orders", "from .models import Order", "Order", "models.Order"),
        ("shop.orders", "from ....far import Order", "Order", "far.Order"),
    ],
)
def test_relative_import(module: str, statement: str, name: str, target: str) -> None:
    """A relative import is told by its absolute name; a trailing dot marks the module of a package."""
    assert surveyed(statement, module).imports == {name: target}


def test_depth_is_bounded() -> None:
    """An expression nested deeper than any declaration is becomes opaque in its depth, and costs no recursion."""
    found = surveyed(f"x = {'f(' * 80}1{')' * 80}")
    assert len(found.variables) == 1
    assert "…" in next(line for line in facts(found) if line.startswith("variable x"))


def test_equal_text_gives_equal_facts() -> None:
    """Facts are values: they compare by content, whatever read them."""
    text = "import a\nclass B(a.C):\n    x = 1\n    def f(self): self.y = a.z()\n"
    assert surveyed(text) == surveyed(text)
    assert surveyed(text) != surveyed(text.replace("a.z", "a.w"))
