"""Walking a function again, in whichever process, gives an equal summary: nothing in it is an address."""

from __future__ import annotations

import ast
from pathlib import Path

from sqla_lint.flow.questions import Summary, SummaryOf
from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices
from sqla_lint.survey.reader import survey

ROOT = Path(__file__).parents[2]


def _summaries(texts: dict[str, str]) -> tuple[Project, dict[str, Summary]]:
    modules = {path: path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in texts}
    files = [survey(ast.parse(text), path, [modules[path]]) for path, text in texts.items()]
    project = Project(files, Slices(texts), everything=True)
    names = [f"{facts.module}:{name}" for facts in files for name in facts.functions]
    return project, {name: project.ask(SummaryOf(name)) for name in names}


def test_walked_again() -> None:
    """Two projects of the same files, both alive, so that no node of one has the address of one of the other."""
    folder = ROOT / "examples"
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.py")}
    texts["opened.py"] = (
        "from sqlalchemy.orm import Session\n\n\n"
        "def opened(engine):\n    return Session(engine)\n\n\n"
        "def rows(session: Session, engine):\n    other = opened(engine)\n    return [other, session]\n"
    )
    first, summaries = _summaries(texts)
    again, others = _summaries(texts)
    assert first is not again
    assert "site:" in repr(summaries)
    assert summaries == others
