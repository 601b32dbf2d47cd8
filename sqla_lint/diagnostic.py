"""The values that leave the linter: spans, notes, edits, fixes and diagnostics. All of them are immutable."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class Severity(enum.Enum):
    """How bad a finding is: an error raises or loses data whenever the path runs, advice is off unless asked for."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Confidence(enum.Enum):
    """How much of the claim was seen: high when everything was, medium when an object's origin was not."""

    HIGH = "high"
    MEDIUM = "medium"


class Safety(enum.Enum):
    """What applying a fix risks.

    safe keeps the meaning and the comments, unsafe may change the meaning, shown is displayed and never applied.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file: lines and columns count from 1, columns count characters, the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that matters to a diagnostic, and why."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `replacement`; all edits of a run refer to the same baseline text."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do about a diagnostic: a title in the imperative, and the edits that do it where they are known."""

    title: str
    safety: Safety = Safety.SHOWN
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding at a span. `message` is one line without a final stop.

    steps: how far what it tells of is from what stands at the span; of several at one place the nearest comes first.
    subject: what it speaks of there, where other rules may speak of the same. spoken: where that stands, if elsewhere.
    """

    span: Span
    code: str
    rule: str
    message: str
    severity: Severity
    fix: Fix
    notes: tuple[Note, ...] = ()
    confidence: Confidence = Confidence.HIGH
    steps: int = field(default=0, compare=False)
    subject: str = field(default="", compare=False)
    spoken: Span | None = field(default=None, compare=False)

    @property
    def sort_key(self) -> tuple[Span, str, str]:
        """Order of a report: by place, then by code."""
        return (self.span, self.code, self.message)


def plain(found: Diagnostic) -> list[object]:
    """Return a diagnostic as lists, strings and numbers, to be kept."""
    fix = [found.fix.title, found.fix.safety.value, [[_flat(edit.span), edit.replacement] for edit in found.fix.edits]]
    notes = [[_flat(note.span), note.text] for note in found.notes]
    return [
        *(_flat(found.span), found.code, found.rule, found.message),
        *(found.severity.value, fix, notes, found.confidence.value),
    ]


def restored(kept: Sequence[Any]) -> Diagnostic:
    """Return the diagnostic that was made plain."""
    span, code, rule, message, severity, (title, safety, edits), notes, confidence = kept
    fix = Fix(title, Safety(safety), tuple(Edit(Span(*at), text) for at, text in edits))
    told = tuple(Note(Span(*at), text) for at, text in notes)
    return Diagnostic(
        Span(*span), code, rule, message, Severity(severity), fix, told, confidence=Confidence(confidence)
    )


def _flat(span: Span) -> list[object]:
    return [span.path, span.line, span.column, span.end_line, span.end_column]
