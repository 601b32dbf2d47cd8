"""Suppression: which comments count, and for which lines."""

from __future__ import annotations

import time

import pytest

from sqla_lint.diagnostic import Diagnostic, Fix, Severity, Span
from sqla_lint.suppress import comments, parse, suppressed


def at(line: int, code: str = "ORM201", rule: str = "commit-in-loop") -> Diagnostic:
    """Return a diagnostic on that line."""
    return Diagnostic(Span("a.py", line, 1, line, 2), code, rule, "message", Severity.WARNING, Fix("fix it"))


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa", ()),
        ("#NoQA", ()),
        ("# noqa because", ()),
        ("# noqa : ORM201", ()),
        ("# type: ignore # noqa: E501", ("e501",)),
        ("# noqa: ORM201", ("orm201",)),
        ("# noqa:ORM201,ORM401", ("orm201", "orm401")),
        ("# noqa: ORM201 ORM401 since always", ("orm201", "orm401")),
        ("# noqa: commit-in-loop, ORM4 as wished", ("commit-in-loop", "orm4")),
        ("# noqa: because it is so", ()),
        ("# no noqa here", None),
        ("# noqa-like", None),
        ("# noqas", None),
        ("# flake8: noqa", None),
        ("# see the noqa # noqa: ORM1", ("orm1",)),
    ],
)
def test_parse(comment: str, codes: tuple[str, ...] | None) -> None:
    assert parse(comment) == codes


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("# noqa", True),
        ("# noqa: ORM201", True),
        ("# noqa: orm2", True),
        ("# noqa: commit-in-loop", True),
        ("# noqa: E501, ORM201", True),
        ("# noqa: ORM401", False),
        ("# noqa: lazy-load-in-loop", False),
        ("# nothing", False),
    ],
)
def test_own_line(comment: str, silent: bool) -> None:
    assert suppressed(at(1), comments(f"session.commit()  {comment}\n")) is silent


def test_only_comments_count() -> None:
    assert not suppressed(at(1), comments("x = '# noqa'\n"))
    assert not suppressed(at(1), comments("x = '''\n# noqa\n'''\n"))


def test_last_line_of_the_statement_counts_for_its_first() -> None:
    found = comments("f(\n    g(),\n    h(),\n)  # noqa\ni()\n")
    assert suppressed(at(1), found)
    assert not suppressed(at(2), found)
    assert not suppressed(at(5), found)


def test_header_of_a_compound_statement_ends_at_its_colon() -> None:
    found = comments("for x in f(\n    y\n):  # noqa\n    g()\n")
    assert suppressed(at(1), found)
    assert not suppressed(at(4), found)


def test_every_line_of_a_long_string_reaches_the_comment_behind_it() -> None:
    found = comments('execute("""\nSELECT\n""")  # noqa\n')
    assert suppressed(at(1), found)
    assert suppressed(at(2), found)


def test_a_comment_inside_the_statement_stands_for_its_own_line_only() -> None:
    found = comments("f(\n    g(),  # noqa\n    h(),\n)\n")
    assert not suppressed(at(1), found)
    assert suppressed(at(2), found)


@pytest.mark.parametrize(
    "comment",
    [
        "#" + " " * 1_000_000 + "noqa" + " " * 1_000_000 + "x",
        "# noqa:" + " ORM201," * 200_000 + "!",
        "# noqa: " + "a-" * 500_000,
        "noqa" * 500_000,
        "# " * 200_000 + "noqax " * 100_000,
    ],
)
def test_hostile_comments_take_linear_time(comment: str) -> None:
    started = time.process_time()
    comments(f"x = 1  # {comment}\n")
    assert time.process_time() - started < 3
