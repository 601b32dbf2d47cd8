"""What one failing function costs: itself, and one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint.flow.questions import Summary
from sqla_lint.project.project import Project
from tests.harness.lint import lint

CODE = """from sqlalchemy.orm import Session


def first(session: Session, items: list) -> None:
    for item in items:
        session.add(item)
        session.commit()


def second(session: Session, items: list) -> None:
    for item in items:
        session.add(item)
        session.commit()
"""


def test_a_failure_costs_its_function_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function that fails gets a line that names it; the next one is inspected all the same."""
    inspect = Project.inspect

    def fails(self: Project, facts: object, qualname: str, sink: object) -> Summary:
        if qualname == "first":
            raise KeyError("of ours")
        return inspect(self, facts, qualname, sink)  # type: ignore[arg-type]

    monkeypatch.setattr(Project, "inspect", fails)
    found = lint(tmp_path, {"loops.py": CODE})
    assert [(one.code, one.span.line) for one in found] == [("ORM901", 4), ("ORM201", 13)]
    assert "`first`" in found[0].message


def test_one_fault_in_many_functions_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same failure all over a file is said once."""

    def fails(self: Project, facts: object, qualname: str, sink: object) -> None:
        raise KeyError("of ours")

    monkeypatch.setattr(Project, "inspect", fails)
    assert [one.code for one in lint(tmp_path, {"loops.py": CODE})] == ["ORM901"]
