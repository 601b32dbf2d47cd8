"""Showing text that others wrote: nothing in it may steer a terminal or a log, and carets must stand under it."""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls, invisible marks that reorder or split a line, and halves of surrogate pairs.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def _name(match: re.Match[str]) -> str:
    """Return the escape sequence of the matched character, as Python would write it."""
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def escape(text: str) -> str:
    """Return `text` on one line, with every character that does not simply print written as an escape."""
    return _UNPRINTABLE.sub(_name, text)


def width(text: str) -> int:
    """Return how many terminal columns `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    """Return the columns one character takes: two for wide ones, none for marks upon the one before."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def lines_of(text: str) -> tuple[str, ...]:
    r"""Return the lines of `text` as Python counts them: ended by `\n`, `\r\n` or `\r` and nothing else."""
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
