"""The generations of SQLAlchemy, and which of them a version range allows.

Whatever a rule claims has to hold on each generation that the project may run on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# From which version on a generation goes; the last has no end, and what is older than the first counts as it.
_GENERATIONS = {"1.4": (1, 4, 0, 0), "2.0": (2, 0, 0, 0), "2.1": (2, 1, 0, 0)}
_Version = tuple[int, int, int, int]
_FIRST: _Version = (0, 0, 0, 0)
_LAST: _Version = (10**9, 0, 0, 0)
_CLAUSE = re.compile(
    r"(===|==|~=|!=|>=|<=|>|<|\^|~)?\s*v?(\d{1,9}(?:\.\d{1,9})*)(\.\*|\.x)?[a-z0-9.+_-]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Versions:
    """The generations that are possible: "1.4", "2.0", "2.1". told: the project says so itself."""

    possible: frozenset[str]
    told: bool = True

    def since(self, generation: str) -> bool:
        """Whether it is that generation or a later one for sure."""
        return all(_GENERATIONS[one] >= _GENERATIONS[generation] for one in self.possible)

    def before(self, generation: str) -> bool:
        """Whether it is older than that generation for sure."""
        return all(_GENERATIONS[one] < _GENERATIONS[generation] for one in self.possible)


# Where nothing is known a claim has to hold on both generations that are maintained.
UNKNOWN_VERSIONS = Versions(frozenset({"2.0", "2.1"}), told=False)
# What no generation before 2.0 has: whoever imports it states as much.
SINCE_2_0 = frozenset(
    {"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.MappedAsDataclass", "sqlalchemy.orm.mapped_column",
     "sqlalchemy.ext.asyncio.async_sessionmaker"}
)  # fmt: skip


def versions(specifier: str) -> Versions | None:
    """Return what a specifier such as `>=1.4,<2.1`, `~=2.0`, `^2.0` or `2.0.25` allows; None where it says nothing."""
    alternatives = [_allowed(item) for item in specifier.split("||")]
    if not alternatives or any(item is None for item in alternatives):
        return None
    return Versions(frozenset().union(*(item for item in alternatives if item is not None)))


def agreed(found: Iterable[Versions]) -> Versions | None:
    """Return what several declarations allow together, the first where they contradict each other."""
    known = list(found)
    together = known[0].possible.intersection(*(item.possible for item in known)) if known else frozenset()
    return Versions(together) if together else known[0] if known else None


def _allowed(specifier: str) -> frozenset[str] | None:
    """The generations that clauses with commas or spaces between them allow."""
    low, high = _FIRST, _LAST
    rest = specifier.strip().strip("()")
    said = False
    while rest:
        match = _CLAUSE.match(rest)
        if match is None:
            return None
        operator, number, star = match.groups()
        from_, to = _bounds(operator or "", number, bool(star))
        low, high = max(low, from_), min(high, to)
        said = said or operator != "!="
        rest = rest[match.end() :].lstrip(" ,")
    if not said or low >= high:
        return None
    starts = [*_GENERATIONS.values(), _LAST]
    ends = dict(zip(_GENERATIONS, starts[1:], strict=True))
    found = {name for name, start in _GENERATIONS.items() if max(low, start) < min(high, ends[name])}
    return frozenset(found or {next(iter(_GENERATIONS))})


def _bounds(operator: str, number: str, star: bool) -> tuple[_Version, _Version]:
    """The versions that one clause allows: from the first, up to and without the second."""
    parts = [int(part) for part in number.split(".")][:4]
    version = _padded(parts)
    match operator:
        case "!=":
            return _FIRST, _LAST
        case ">=" | ">":
            return version, _LAST
        case "<":
            return _FIRST, version
        case "<=":
            return _FIRST, _next(version, 3)
        case "^":
            return version, _next(version, next((at for at, part in enumerate(parts) if part), 0))
        case "~=":
            return version, _next(version, max(len(parts) - 2, 0))
        case "~":
            return version, _next(version, min(len(parts) - 1, 1))
    # A version as such: all that begins so.
    return version, _next(version, len(parts) - 1 if star or len(parts) < 3 else 3)


def _padded(parts: list[int]) -> _Version:
    one, two, three, four = [*parts, 0, 0, 0, 0][:4]
    return one, two, three, four


def _next(version: _Version, at: int) -> _Version:
    """The first version whose part at an index is greater."""
    return _padded([*version[:at], version[at] + 1])
