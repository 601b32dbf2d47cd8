"""Which functions may hold a finding: marked on each `def` of fixtures/suspects, and no finding lies elsewhere.

`# suspect` or `# clean` stands on the line of every function that is not nested in another; `# module suspect` or
`# module clean` on the first line speaks of the module's own lines. `# asks: ValueDropped` names the events that rules
ask for, `# operation: add_column` one of Alembic's, with `going up` where it matters in no downgrade.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sqla_lint.diagnostic import Diagnostic
from sqla_lint.project.suspects import MODULE_BODY
from tests.flow.cases import FIXTURES, Case, cases, marks
from tests.harness.lint import check, lint, texts_of

KINDS = ("suspect", "clean", "module suspect", "module clean", "asks", "operation")
CASES = cases("suspects")
PROJECTS = sorted(path for path in (FIXTURES / "projects").iterdir() if path.is_dir())
EXAMPLES = FIXTURES.parents[1] / "examples"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_suspects(case: Case) -> None:
    """Exactly the marked functions are suspects; every function is marked one way or the other."""
    found = {name for _, name in case.project.suspects.roots([case.files["main.py"]])}
    told = {mark.line: mark.kind for mark in marks(case.text, KINDS)}
    functions = list(_outermost(case))
    assert {line for _, line in functions} <= set(told), "every function is `# suspect` or `# clean`"
    assert {name: told[line] for name, line in functions} == {
        name: "suspect" if name in found else "clean" for name, _ in functions
    }
    if told.get(1, "").startswith("module"):
        assert told[1] == f"module {'suspect' if MODULE_BODY in found else 'clean'}"


def _outermost(case: Case) -> list[tuple[str, int]]:
    """The functions of the case that are not nested in others, with the lines of their `def`."""
    found: list[tuple[str, int]] = []
    for node in ast.parse(case.text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((node.name, node.lineno))
        elif isinstance(node, ast.ClassDef):
            found += [
                (f"{node.name}.{item.name}", item.lineno) for item in node.body if isinstance(item, ast.FunctionDef)
            ]
    return found


def _told(found: list[Diagnostic]) -> set[tuple[str, int, int, str, str]]:
    return {(one.span.path, one.span.line, one.span.column, one.code, one.message) for one in found}


def test_everything_gives_the_same_on_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every function a root, the example project has the same findings, and some."""
    usual = _told(check([EXAMPLES]))
    monkeypatch.setenv("SQLA_LINT_EVERYTHING", "1")
    assert usual == _told(check([EXAMPLES]))
    assert usual


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_everything_gives_the_same_on_a_project(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on each of the fixtures' projects."""
    texts = texts_of(folder)
    usual = _told(lint(tmp_path, texts))
    monkeypatch.setenv("SQLA_LINT_EVERYTHING", "1")
    assert usual == _told(lint(tmp_path, texts))


@pytest.mark.parametrize("rule", sorted(path.name for path in (FIXTURES / "edges").iterdir()))
def test_everything_gives_the_same_on_the_edges(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on the edge fixtures of a rule, each a project of its own."""
    for path in sorted((FIXTURES / "edges" / rule).glob("*.py")):
        text = path.read_text("utf-8")
        folder = tmp_path / path.stem
        folder.mkdir()
        monkeypatch.delenv("SQLA_LINT_EVERYTHING", raising=False)
        usual = _told(lint(folder, {path.name: text}))
        monkeypatch.setenv("SQLA_LINT_EVERYTHING", "1")
        assert usual == _told(lint(folder, {path.name: text})), path.name


def test_everything_is_more_than_the_suspects() -> None:
    """The switch does widen what is walked: a clean function becomes a root."""
    case = next(case for case in CASES if case.name == "pairs")
    files = [case.files["main.py"]]
    usual = {name for _, name in case.project.suspects.roots(files)}
    every = {name for _, name in case.project.suspects.roots(files, everything=True)}
    assert usual < every
    assert {"only_adds", MODULE_BODY} <= every - usual
