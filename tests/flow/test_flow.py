"""What the visitor knows, case by case: each file of fixtures/flow shows one ability, each function one clause."""

from __future__ import annotations

import pytest

from sqla_lint.project.suspects import MODULE_BODY
from tests.flow.cases import FLOW_KINDS, Case, CaseError, cases, marks
from tests.flow.revealing import disagreements, revealed, roots

CASES = cases("flow")
ROOTS = [(case, path, name) for case in CASES for path, name in roots(case)]


@pytest.mark.parametrize(("case", "path", "name"), ROOTS, ids=[f"{c.name}/{name}" for c, _, name in ROOTS])
def test_root(case: Case, path: str, name: str) -> None:
    """Exactly the marked values, lives and summaries are found in a function or a module body."""
    said = disagreements(case, path, name)
    assert not said, "\n".join(said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_says_something(case: Case) -> None:
    """Each function of a case has a marker or is used by one that has: no case passes for want of a claim."""
    assert case.marks(FLOW_KINDS)
    if "# event:" in case.text:
        return  # that a function has no event is a claim as well
    for path, name in roots(case):
        if name == MODULE_BODY:
            continue
        fact = case.files[path].functions[name]
        if fact.name == "__init__":
            continue
        own = any(fact.line <= mark.line <= fact.end_line for mark in case.marks(FLOW_KINDS))
        assert own or case.text.count(fact.name) > 1, f"{case.name}: {name} claims nothing"


SESSION = "from sqlalchemy.orm import Session\n\n\ndef f(session: Session, more):\n"


def test_a_wrong_marker_is_told() -> None:
    """A marker that says something else, a `reveal` without one, and one without a `reveal` all fail."""
    body = "    reveal(session)  # revealed: Unknown\n    reveal(more)\n    more()  # revealed: Unknown\n"
    said = disagreements(Case("wrong", SESSION + body), "main.py", "f")
    assert [line.partition(":")[0] for line in said] == ["line 5", "line 6", "line 7"]


def test_a_wrong_summary_is_told() -> None:
    """A summary must be complete: neither more nor less than what holds."""
    for claim in ("commits(session)", "nothing", "sends(session)", "commits(session), sends(session), keeps(more)"):
        text = SESSION.replace("more):", f"more):  # summary: {claim}") + "    session.commit()\n"
        said = disagreements(Case("wrong", text), "main.py", "f")
        assert bool(said) == (claim != "commits(session)"), said


def test_a_misspelt_marker_is_an_error() -> None:
    """What begins like a marker and is none does not pass as prose."""
    with pytest.raises(CaseError):
        marks("x = 1  # reveled: Unknown\n", FLOW_KINDS)
    with pytest.raises(CaseError):
        marks("x = 1  # revealed:\n", FLOW_KINDS)
    assert not marks("x = 1  # revealed in prose, without a colon\n", FLOW_KINDS)


def test_revealing_changes_nothing() -> None:
    """Asking has no effect of its own: the second `reveal` shows what the first did, and nothing escapes."""
    body = "    session = Session()\n    reveal(session)\n    life(session)\n"
    text = f"from sqlalchemy.orm import Session\n\ndef f():\n{body}"
    assert revealed(text) == ["Session(sync, owner=function)", "new"]
