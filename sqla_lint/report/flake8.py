"""One line per diagnostic, `path:line:column: CODE message`, as every editor knows it from flake8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sqla_lint.diagnostic import Diagnostic
from sqla_lint.text import escape


def render(diagnostics: Iterable[Diagnostic], read_lines: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """Yield the line of each diagnostic; the files are not looked at."""
    for found in diagnostics:
        span = found.span
        yield f"{escape(span.path)}:{span.line}:{span.column}: {found.code} {escape(found.message)}"
