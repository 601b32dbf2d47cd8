"""Summaries are kept while there is room; those that had to go are worked out again, with the same outcome."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sqla_lint import config, run
from sqla_lint.flow.questions import Summary, SummaryOf
from sqla_lint.project import project as project_module
from sqla_lint.project import summaries

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT / "examples", *sorted(path for path in (ROOT / "tests/fixtures/projects").iterdir() if path.is_dir())]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_forgetful(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps none, nor answers, from root to root says the same."""
    monkeypatch.setenv("SQLA_LINT_TRACEBACK", "1")  # in this process
    shutil.copytree(project, folder := tmp_path / "copy")
    (folder / "pyproject.toml").touch()
    usual = run.check([folder], config.load(folder))
    monkeypatch.setattr(summaries, "_MOST_KEPT", 0)
    monkeypatch.setattr(project_module, "_MOST_ANSWERS", 0)
    assert run.check([folder], config.load(folder)) == usual


def test_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for last is kept, and the others are worked out again."""
    worked_out: list[str] = []

    def sum_up(question: SummaryOf) -> Summary:
        worked_out.append(question.function)
        return Summary(known=True)

    monkeypatch.setattr(summaries, "_MOST_KEPT", 2)
    kept = summaries.Summaries(sum_up)
    for function in ("a", "b", "c", "a"):
        kept.answer(SummaryOf(function))
    assert worked_out == ["a", "b", "c"]
    kept.shrink()
    for function in ("a", "c", "b"):
        kept.answer(SummaryOf(function))
    assert worked_out == ["a", "b", "c", "b"]
