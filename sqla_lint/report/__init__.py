"""The output formats, by the name they have on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sqla_lint.diagnostic import Diagnostic
from sqla_lint.report import flake8, full, json

# The lines of a file by the path it is shown under, none when they cannot be had.
ReadLines = Callable[[str], Sequence[str]]
Render = Callable[[Iterable[Diagnostic], ReadLines], Iterator[str]]

FORMATS: dict[str, Render] = {"flake8": flake8.render, "full": full.render, "json": json.render}
