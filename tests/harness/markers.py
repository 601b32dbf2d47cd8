"""Markers: comments that say what the linter reports on a line and what SQLAlchemy does there.

A marker comment holds one marker, or several with `;` between them, and nothing else:

    session.commit()              # error
    session.commit()              # error; commits: 5
    for order in orders:          # error: [lazy-load-in-loop] "loaded once per row"

| marker                               | on this line                                                          |
|--------------------------------------|-----------------------------------------------------------------------|
| `error`                              | one diagnostic of the page's (or the folder's) own rule starts        |
| `error: [rule]`, `error: "words"`    | the same, of that rule, or with those words in its message; or both   |
| `missed`, `missed: [rule]`           | a misuse that the linter does not see yet                             |
| `false-alarm`, `false-alarm: [rule]` | a diagnostic that should not be there                                 |
| `emits: 5`, `emits: 1 or 5`          | so many SQL statements are sent while the line runs                   |
| `commits: 5`                         | so many transactions are committed                                    |
| `raises: IntegrityError`             | an exception of this class comes out of the line                      |
| `warns: SAWarning`                   | a warning of this class comes out of the line                         |

A comment that merely begins like prose (`# error handling is the caller's`) is no marker; one that begins like a
marker and goes on wrongly (`# emits five`) is a `MarkerError`, so that no typing mistake passes as a comment.
"""

from __future__ import annotations

import enum
import io
import re
import tokenize
from dataclasses import dataclass


class MarkerError(ValueError):
    """A comment that begins like a marker and is none."""


class Kind(enum.Enum):
    """What a marker speaks of; the value is the word that introduces it."""

    ERROR = "error"
    MISSED = "missed"
    FALSE_ALARM = "false-alarm"
    EMITS = "emits"
    COMMITS = "commits"
    RAISES = "raises"
    WARNS = "warns"


LINTED = frozenset({Kind.ERROR, Kind.MISSED, Kind.FALSE_ALARM})
GAPS = frozenset({Kind.MISSED, Kind.FALSE_ALARM})


@dataclass(frozen=True, slots=True)
class Marker:
    """One expectation on one line: a rule and words for the linter's markers, counts or a class for the others."""

    line: int
    kind: Kind
    rule: str | None = None
    words: str | None = None
    counts: tuple[int, ...] = ()
    name: str | None = None


_RULE = r"\[(?P<rule>[a-z][a-z0-9-]*)\]"
_WORDS = r'"(?P<words>[^"]+)"'
_SHAPES = (
    re.compile(rf"(?P<kind>error|missed|false-alarm)(?::\s*(?:{_RULE})?\s*(?:{_WORDS})?)?"),
    re.compile(r"(?P<kind>emits|commits):\s*(?P<counts>\d+(?:\s+or\s+\d+)*)"),
    re.compile(r"(?P<kind>raises|warns):\s*(?P<name>[A-Z]\w*)"),
)
_LIKE_A_MARKER = re.compile(r"(error|missed|false-alarm)\s*(:|;|$)|(emits|commits|raises|warns)\b\s*[:\d]")
_BETWEEN = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')


def markers(text: str) -> tuple[Marker, ...]:
    """Return the markers of Python source `text` in order; raise `MarkerError` for one that is misspelt."""
    found: list[Marker] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found.extend(_parse(token.string.lstrip("#").strip(), token.start[0]))
    return tuple(found)


def _parse(comment: str, line: int) -> list[Marker]:
    parts = [part.strip() for part in _BETWEEN.split(comment)]
    parsed = [_one(part, line) for part in parts]
    if all(marker is not None for marker in parsed):
        return [marker for marker in parsed if marker is not None]
    if _LIKE_A_MARKER.match(comment) or any(marker is not None for marker in parsed):
        raise MarkerError(f"line {line}: `# {comment}` begins like a marker, but is none")
    return []


def _one(part: str, line: int) -> Marker | None:
    for shape in _SHAPES:
        if match := shape.fullmatch(part):
            said = match.groupdict()
            counts = tuple(int(number) for number in re.findall(r"\d+", said.get("counts") or ""))
            if part.endswith(":"):
                return None
            return Marker(line, Kind(said["kind"]), said.get("rule"), said.get("words"), counts, said.get("name"))
    return None
