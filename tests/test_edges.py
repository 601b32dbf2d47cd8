"""Each file of fixtures/edges/<rule>/ shows one clause of one rule; each folder of fixtures/projects/ is a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.lint import disagreements, lint, texts_of
from tests.harness.markers import markers

FIXTURES = Path(__file__).parent / "fixtures"
FILES = sorted((FIXTURES / "edges").glob("*/*.py"))
PROJECTS = sorted(path for path in (FIXTURES / "projects").iterdir() if path.is_dir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_edge(path: Path, tmp_path: Path) -> None:
    """In a file that is a project of its own exactly the marked lines are reported."""
    text = path.read_text(encoding="utf-8")
    said = disagreements(
        lint(tmp_path, {path.name: text}, rule=path.parent.name), markers(text), own_rule=path.parent.name
    )
    assert not said, "\n".join(said)


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_project(folder: Path, tmp_path: Path) -> None:
    """In a project of several files exactly the marked lines are reported."""
    texts = texts_of(folder)
    found = lint(tmp_path, texts)
    said = {
        name: disagreements(
            [one for one in found if Path(one.span.path).samefile(tmp_path / name)], markers(text), None
        )
        for name, text in texts.items()
        if name.endswith(".py")
    }
    assert not {name: lines for name, lines in said.items() if lines}
