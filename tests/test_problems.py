"""The problems that people write about: each is found in its bad form, and nothing is said of the good ones.

A file of fixtures/problems/ shows one. `# with: …` names the advice that is on besides what is on by default.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sqla_lint.checks import RULES
from tests.harness.lint import disagreements, lint
from tests.harness.markers import LINTED, markers

FOLDER = Path(__file__).parent / "fixtures" / "problems"
FILES = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
CLUB = (FOLDER / "_base.py").read_text(encoding="utf-8")
_WITH = re.compile(r"^# with: (.+)$", re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_problem(path: Path, tmp_path: Path) -> None:
    """Exactly the marked lines are reported."""
    text = path.read_text(encoding="utf-8")
    advice = match[1] if (match := _WITH.search(text)) else ""
    (tmp_path / "club.py").write_text(CLUB, encoding="utf-8")
    found = lint(tmp_path, {path.name: text}, rule='", "'.join(name.strip() for name in advice.split(",")))
    said = disagreements(found, markers(text), None)
    assert not said, "\n".join(said)


def test_rules_are_named() -> None:
    """Each marker names a rule that there is."""
    names = {rule.name for rule in RULES.values()}
    marked = {one.rule for path in FILES for one in markers(path.read_text(encoding="utf-8")) if one.kind in LINTED}
    assert marked <= names
