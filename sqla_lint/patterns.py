"""Patterns of paths, in the language of .gitignore: in go lines, out comes a matcher that cannot be made to hang."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# Each star of a path segment multiplies the ways to match it; four are more than anybody writes.
_MAX_STARS = 4
_MAX_DEEP = 4
_MAX_LENGTH = 1_000


class Patterns:
    """A set of patterns; the last one that matches a path decides, and `!` takes a path out again."""

    __slots__ = ("_spec", "skipped")

    def __init__(self, lines: Iterable[str]) -> None:
        good: list[str] = []
        skipped: list[str] = []
        for line in lines:
            (skipped if too_costly(line) or not _valid(line) else good).append(line)
        self.skipped = tuple(skipped)
        self._spec = _spec(good) if good else None

    def decide(self, path: str) -> bool | None:
        """Tell whether `path` (with `/`, a folder with one at its end) is matched, taken out again, or not meant."""
        return self._spec.check_file(path).include if self._spec is not None else None

    def __bool__(self) -> bool:
        return self._spec is not None and bool(self._spec.patterns)


def _spec(lines: list[str]) -> GitIgnoreSpec:
    """Compile patterns; what that takes is imported by those who have patterns."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


def too_costly(pattern: str) -> bool:
    """Tell whether matching the pattern could take for ever."""
    if len(pattern) > _MAX_LENGTH:
        return True
    segments = pattern.split("/")
    deep = sum(segment == "**" for segment in segments)
    return deep > _MAX_DEEP or any(segment.count("*") > _MAX_STARS for segment in segments)


def _valid(pattern: str) -> bool:
    """Tell whether the pattern can be read at all; git ignores the others too."""
    try:
        _spec([pattern])
    except ValueError:
        return False
    return True
