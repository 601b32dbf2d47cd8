"""An array of objects shaped like those of ruff, so that what reads the one reads the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqla_lint.diagnostic import Diagnostic, Fix, Safety, Span

_APPLICABILITY = {Safety.SAFE: "safe", Safety.UNSAFE: "unsafe", Safety.SHOWN: "display"}


def render(diagnostics: Iterable[Diagnostic], read_lines: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """Yield the lines of one JSON array; the files are not looked at."""
    objects = [json.dumps(_diagnostic(found), indent=2) for found in diagnostics]
    yield "[" + ",".join(f"\n{text}" for text in objects).replace("\n", "\n  ") + ("\n]" if objects else "]")


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as JSON values."""
    return {
        "code": found.code,
        "name": found.rule,
        "message": found.message,
        "severity": found.severity.value,
        "confidence": found.confidence.value,
        "filename": found.span.path,
        **_place(found.span),
        "notes": [{"message": note.text, "filename": note.span.path, **_place(note.span)} for note in found.notes],
        "fix": _fix(found.fix),
        "url": None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    """Return a fix as JSON values; one without edits is only words."""
    edits = [{"content": edit.replacement, "filename": edit.span.path, **_place(edit.span)} for edit in fix.edits]
    return {"message": fix.title, "applicability": _APPLICABILITY[fix.safety], "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    """Return the two ends of a span as JSON values."""
    return {
        "location": {"row": span.line, "column": span.column},
        "end_location": {"row": span.end_line, "column": span.end_column},
    }
