"""What is found does not depend on the order in which files are read or functions are walked."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices
from sqla_lint.project.suspects import Suspects
from sqla_lint.survey.facts import Facts
from tests.harness.lint import lint

ROOT = Path(__file__).parents[1]
# Each is written to a folder of its own: beside others, several files could be meant by one name.
FOLDERS = [
    ROOT / "examples/shop_api",
    *sorted(path for path in (ROOT / "tests/fixtures/projects").iterdir() if path.is_dir()),
]


def _told(folder: Path, at: Path) -> list[tuple[object, ...]]:
    texts = {
        path.relative_to(folder if folder.parent.name == "projects" else folder.parent).as_posix(): path.read_text(
            "utf-8"
        )
        for path in folder.rglob("*.py")
    }
    return [(one.span, one.code, one.message, one.notes) for one in lint(at, texts)]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_any_order(folder: Path, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files linked and roots walked in a shuffled order give the same findings, notes included."""
    usual = _told(folder, tmp_path)
    shuffled = random.Random(seed)
    roots, link = Suspects.roots, Project.__init__

    def any_roots(self: Suspects, files: Iterable[Facts], everything: bool = False) -> Iterator[tuple[Facts, str]]:
        found = list(roots(self, files, everything))
        shuffled.shuffle(found)
        return iter(found)

    def link_any(self: Project, files: Iterable[Facts], slices: Slices, *rest: bool) -> None:
        given = list(files)
        shuffled.shuffle(given)
        link(self, given, slices, *rest)

    monkeypatch.setattr(Suspects, "roots", any_roots)
    monkeypatch.setattr(Project, "__init__", link_any)
    assert _told(folder, tmp_path) == usual, f"seed {seed}"
