"""The output formats: exact for machines, aligned and harmless for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import click
import pytest

from sqla_lint.diagnostic import Confidence, Diagnostic, Edit, Fix, Note, Safety, Severity, Span
from sqla_lint.report import FORMATS
from sqla_lint.text import escape, lines_of, width

FILES = {
    "a.py": ["for order in orders:", "    \torder.lines"],
    "wide.py": ["x = '日本', order.lines"],
    "long.py": ["x" * 5_000 + " = order.lines" + "y" * 5_000],
    "evil.py": ["order.lines  # \x1b[2J\u202e"],
}
FOUND = Diagnostic(
    Span("a.py", 2, 6, 2, 17),
    "ORM401",
    "lazy-load-in-loop",
    "`Order.lines` is loaded once per row of `orders`",
    Severity.WARNING,
    Fix("add `selectinload(Order.lines)`", Safety.UNSAFE, (Edit(Span("a.py", 1, 1, 1, 1), "x"),)),
    (Note(Span("b.py", 4, 1, 4, 2), "the rows come from here"),),
    Confidence.MEDIUM,
)


def read_lines(path: str) -> Sequence[str]:
    """Return the lines of a file of this test."""
    return FILES.get(path, ())


def render(name: str, *diagnostics: Diagnostic) -> str:
    """Return what a format prints, without colours."""
    return click.unstyle("\n".join(FORMATS[name](diagnostics, read_lines)))


def moved(path: str, line: int, column: int, end_column: int) -> Diagnostic:
    """Return the diagnostic at another place, without notes."""
    return dataclasses.replace(FOUND, span=Span(path, line, column, line, end_column), notes=())


def test_flake8() -> None:
    assert render("flake8", FOUND) == "a.py:2:6: ORM401 `Order.lines` is loaded once per row of `orders`"


def test_full() -> None:
    assert render("full", FOUND).splitlines() == [
        "ORM401 lazy-load-in-loop: `Order.lines` is loaded once per row of `orders`",
        "  --> a.py:2:6",
        "2 |         order.lines",
        "  |         ^^^^^^^^^^^",
        "  note: b.py:4:1: the rows come from here",
        "  help: add `selectinload(Order.lines)`",
    ]


def test_full_counts_columns_of_the_terminal() -> None:
    _, _, line, carets, *_ = render("full", moved("wide.py", 1, 11, 22)).splitlines()
    assert width(line[: line.index("order")]) == carets.index("^")
    assert carets.count("^") == len("order.lines")


def test_full_cuts_long_lines_around_the_place() -> None:
    text = render("full", moved("long.py", 1, 5_004, 5_015))
    assert "order.lines" in text
    assert max(map(len, text.splitlines())) < 200


@pytest.mark.parametrize("span", [(99, 1, 2), (1, 900, 901), (2, 3, 3)])
def test_full_survives_places_that_are_gone(span: tuple[int, int, int]) -> None:
    assert "help:" in render("full", moved("a.py", *span))


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_steers_the_terminal(name: str) -> None:
    evil = dataclasses.replace(moved("evil.py", 1, 1, 12), message="a\n::error::\x1b]0;x\x07 \u202e \udcff")
    named = dataclasses.replace(evil, span=dataclasses.replace(evil.span, path="\n::set-output\x1b\udcff.py"))
    for line in FORMATS[name]([evil, named], read_lines):
        shown = click.unstyle(line)
        assert "\x1b" not in shown and "\u202e" not in shown and not shown.startswith("::")
        shown.encode()
        assert "\n" not in shown or name == "json"


def test_json() -> None:
    (found,) = json.loads(render("json", FOUND))
    assert found == {
        "code": "ORM401",
        "name": "lazy-load-in-loop",
        "message": "`Order.lines` is loaded once per row of `orders`",
        "severity": "warning",
        "confidence": "medium",
        "filename": "a.py",
        "location": {"row": 2, "column": 6},
        "end_location": {"row": 2, "column": 17},
        "notes": [
            {
                "message": "the rows come from here",
                "filename": "b.py",
                "location": {"row": 4, "column": 1},
                "end_location": {"row": 4, "column": 2},
            }
        ],
        "fix": {
            "message": "add `selectinload(Order.lines)`",
            "applicability": "unsafe",
            "edits": [
                {
                    "content": "x",
                    "filename": "a.py",
                    "location": {"row": 1, "column": 1},
                    "end_location": {"row": 1, "column": 1},
                }
            ],
        },
        "url": None,
    }


def test_nothing_found() -> None:
    assert render("json") == "[]"
    assert render("flake8") == render("full") == ""


def test_text() -> None:
    assert escape("a\tb\x1b\u202e\udcff日") == "a\\x09b\\x1b\\u202e\\udcff日"
    assert width("e\u0301日") == 3
    assert lines_of("a\r\nb\rc\x0cd\u2028e") == ("a", "b", "c\x0cd\u2028e")
