"""Facts as text and back: nothing in it can run, and equal parts of a file's facts stand in it once.

The text is a JSON list of plain values and rows. A row builds a value of those that stand before it: it holds their
places in the list, and at its end the number of what they make. The last row is the facts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from sys import intern
from typing import Any

from sqla_lint.survey import expressions, facts
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.once import once_of

_RECORDS: tuple[type[Any], ...] = (
    *(facts.Facts, facts.FunctionFact, facts.ClassFact, facts.Declared, facts.Parameter, facts.Sketch),
    *(expressions.Name, expressions.Member, expressions.Apply, expressions.Index, expressions.Literal),
    *(
        expressions.Items,
        expressions.Pairs,
        expressions.Choice,
        expressions.Produce,
        expressions.Word,
        expressions.Bound,
        expressions.Opaque,
    ),
)
_LONG = 64  # bits; how many digits of a number may be read is limited, but not those of a hexadecimal one


def _dict(parts: Iterable[Any]) -> dict[Any, Any]:
    flat = list(parts)
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _name(parts: Iterable[str]) -> expressions.Name:
    return expressions.named(*parts)


def _integer(parts: Iterable[str]) -> int:
    return int("".join(parts), base=16)


_MAKERS: tuple[Callable[[Iterable[Any]], Any], ...] = (
    *(tuple, once_of, _dict, _integer),
    *(_name if record is expressions.Name else record._make for record in _RECORDS),
)
_TUPLE, _SET, _DICT, _INTEGER = range(4)
_KINDS = {record: number for number, record in enumerate(_RECORDS, 4)}
# What the text depends on besides what it says.
SHAPE = repr([(record.__name__, record._fields) for record in _RECORDS])


class Malformed(ValueError):
    """A text that holds no facts."""


class _Packer:
    """Lists every part once it is met, its own parts first."""

    def __init__(self) -> None:
        self.entries: list[object] = []
        self._plain: dict[tuple[type, object], int] = {}
        self._rows: dict[tuple[int, ...], int] = {}

    def place(self, value: Any) -> int:
        """Where a value stands in the list."""
        kind = type(value)
        if kind in _KINDS:
            return self._row(value, _KINDS[kind])
        if kind is tuple:
            return self._row(value, _TUPLE)
        if kind is frozenset:
            return self._row(sorted(value), _SET)
        if kind is dict:
            return self._row((part for pair in value.items() for part in pair), _DICT)
        if kind is int and value.bit_length() > _LONG:
            return self._row([hex(value)], _INTEGER)
        known = self._plain.get((kind, value))
        if known is None:
            known = self._plain[(kind, value)] = len(self.entries)
            self.entries.append(value)
        return known

    def _row(self, parts: Iterable[object], kind: int) -> int:
        row = (*map(self.place, parts), kind)
        known = self._rows.get(row)
        if known is None:
            known = self._rows[row] = len(self.entries)
            self.entries.append(row)
        return known


def pack(found: Facts) -> bytes:
    """Return the text of a file's facts, without its path."""
    packer = _Packer()
    packer.place(found._replace(path=""))
    return json.dumps(packer.entries, separators=(",", ":")).encode("ascii")


def unpack(text: bytes, path: str) -> Facts:
    """Return the facts that were packed, of the file at `path`; raise Malformed."""
    values: list[Any] = []
    append, at = values.append, values.__getitem__
    try:
        for entry in json.loads(text):
            if type(entry) is list:
                kind = entry.pop()
                append(_MAKERS[kind](map(at, entry)))
            else:
                append(intern(entry) if type(entry) is str else entry)
        found = values[-1]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(found, Facts):
        raise Malformed
    return found._replace(path=path)
