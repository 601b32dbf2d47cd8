"""Markers are read from real comments, and a misspelt one is not taken for prose."""

from __future__ import annotations

import pytest

from tests.harness.markers import Kind, Marker, MarkerError, markers

READ = [
    ("x = 1  # error", [Marker(1, Kind.ERROR)]),
    ("x = 1  # error: [some-rule]", [Marker(1, Kind.ERROR, rule="some-rule")]),
    ('x = 1  # error: "once; per row"', [Marker(1, Kind.ERROR, words="once; per row")]),
    ('x = 1  # error: [some-rule] "row"', [Marker(1, Kind.ERROR, rule="some-rule", words="row")]),
    ("x = 1  # error; commits: 5", [Marker(1, Kind.ERROR), Marker(1, Kind.COMMITS, counts=(5,))]),
    ("x = 1  # emits: 1 or 5", [Marker(1, Kind.EMITS, counts=(1, 5))]),
    ("x = 1  # raises: IntegrityError", [Marker(1, Kind.RAISES, name="IntegrityError")]),
    ("x = 1  # false-alarm", [Marker(1, Kind.FALSE_ALARM)]),
    ("x = '# error'", []),
    ("x = 1  # error handling is the caller's", []),
    ("x = 1  # this emits: 5", []),
]


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text for text, _ in READ])
def test_read(text: str, expected: list[Marker]) -> None:
    """A comment is read as the markers that it holds."""
    assert list(markers(text)) == expected


@pytest.mark.parametrize("comment", ["error:", "emits: five", "emits 5", "error: rule", "error; emit: 5", "raises: 7"])
def test_misspelt(comment: str) -> None:
    """What begins like a marker and is none is an error."""
    with pytest.raises(MarkerError):
        markers(f"x = 1  # {comment}")
