"""A diagnostic for a person to read: the source line with carets, the other places that matter, and what to do.

Lines come with colours; whoever writes them to something that is no terminal takes the colours out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from sqla_lint.diagnostic import Diagnostic, Severity, Span
from sqla_lint.text import escape, width

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.ADVICE: "cyan"}
_MAX_WIDTH = 160
_BEFORE = 60  # characters kept before the caret in a line that is cut
_TAB = "    "


def render(diagnostics: Iterable[Diagnostic], read_lines: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """Yield the lines of each diagnostic, and an empty one after it."""
    for found in diagnostics:
        colour = _COLOURS[found.severity]
        yield f"{click.style(f'{found.code} {found.rule}', fg=colour, bold=True)}: {_code_words(found.message)}"
        yield from _frame("-->", found.span, "", colour, read_lines)
        for note in found.notes:
            yield from _frame("note:", note.span, _code_words(note.text), "blue", read_lines)
        yield f"  {click.style('help:', fg='green', bold=True)} {_code_words(found.fix.title)}"
        yield ""


def _frame(
    label: str, span: Span, words: str, colour: str, read_lines: Callable[[str], Sequence[str]]
) -> Iterator[str]:
    """Yield a place, and the source line there with carets under the span, when the line can be had."""
    place = f"{escape(span.path)}:{span.line}:{span.column}"
    yield f"  {click.style(label, fg='blue', bold=True)} {place}{': ' + words if words else ''}"
    lines = read_lines(span.path)
    if not 1 <= span.line <= len(lines):
        return
    line = lines[span.line - 1]
    first = min(span.column - 1, len(line))
    last = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line.rstrip())
    before, marked, after = _cut(line, first, max(last, first))
    number = str(span.line)
    bar = click.style("|", fg="blue")
    gap = " " * len(number)
    yield f"{click.style(number, fg='blue')} {bar} {before}{marked}{after}"
    carets = click.style("^" * max(width(marked), 1), fg=colour, bold=True)
    yield f"{gap} {bar} {' ' * width(before)}{carets}"


def _cut(line: str, first: int, last: int) -> tuple[str, str, str]:
    """Return what stands before, in and after a stretch of a line, escaped, and cut where the line is too long."""
    if len(line) <= _MAX_WIDTH:
        return _show(line[:first]), _show(line[first:last]), _show(line[last:].rstrip())
    start = max(first - _BEFORE, 0)
    end = min(start + _MAX_WIDTH, len(line))
    last = max(min(last, end), first)
    before = ("..." if start else "") + _show(line[start:first])
    after = _show(line[last:end].rstrip()) + ("..." if end < len(line) else "")
    return before, _show(line[first:last]), after


def _show(text: str) -> str:
    """Return a piece of source as a terminal may show it."""
    return escape(text.replace("\t", _TAB).replace("\f", " "))


def _code_words(text: str) -> str:
    """Return a message with the words between backticks in bold."""
    parts = escape(text).split("`")
    if len(parts) % 2 == 0:  # an odd backtick: leave the text alone
        return escape(text)
    return "".join(click.style(f"`{part}`", bold=True) if index % 2 else part for index, part in enumerate(parts))
