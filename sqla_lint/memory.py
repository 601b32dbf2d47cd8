"""What walking roots gave in an earlier run; it holds as long as all that it asked is answered in the same way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqla_lint.diagnostic import Diagnostic, Span, plain, restored
from sqla_lint.project.project import Project
from sqla_lint.project.records import Entry, digest_of, read_back
from sqla_lint.roots import Identity, Walked


class Memory:
    """The outcomes of roots, each with what it depends on; those that no longer hold are left out."""

    def __init__(self, kept: bytes | None) -> None:
        """Take what an earlier run has kept; what makes no sense is as if it had never been there."""
        self._walked: dict[str, Walked] = {}
        self._entries: dict[int, Entry] = {}
        self.changed = False
        try:
            entries, walked = json.loads(kept or b"[[], []]")
            self._entries = {number: (number, question, answer) for number, question, answer in entries}
            self._walked = {one.function: one for one in map(_restored, walked)}
        except (ValueError, TypeError, LookupError):
            self._entries, self._walked = {}, {}

    def check(self, project: Project) -> None:
        """Forget what does not hold in a project."""
        holding = {number for number, question, answer in self._entries.values() if _holds(project, question, answer)}
        stale = [function for function, walked in self._walked.items() if not holding.issuperset(walked.asked)]
        for function in stale:
            del self._walked[function]
        self._entries = {number: self._entries[number] for number in holding}
        self.changed = bool(stale)

    def recall(self, function: str) -> Walked | None:
        """What walking a root gives, where that is known."""
        return self._walked.get(function)

    def take(self, told: Iterable[Walked]) -> None:
        """Remember what roots gave that were walked; not what failed, since that may be our fault."""
        for walked in told:
            self._entries |= {entry[0]: entry for entry in walked.told}
            if walked.trouble is None:
                self._walked[walked.function] = walked
                self.changed = True

    def kept(self) -> bytes:
        """All of it, as text for a later run; questions about one file stand together."""
        used = {number for walked in self._walked.values() for number in walked.asked}
        entries = sorted((self._entries[number] for number in used), key=lambda entry: entry[1])
        return json.dumps([entries, list(map(_plain, self._walked.values()))], separators=(",", ":")).encode("ascii")


def _holds(project: Project, question: str, answer: str) -> bool:
    try:
        return digest_of(project.ask(read_back(question, project.kinds))) == answer
    except Exception:  # it cannot even be asked any more
        return False


def _plain(walked: Walked) -> list[object]:
    owing = [[_spread(span), message, owed] for (span, message), owed in walked.owing]
    own = [_of(diagnostic) for diagnostic in walked.own]
    shared = [[list(map(_flat, identity)), _of(diagnostic)] for identity, diagnostic in walked.shared]
    sets = [sorted(item) for item in (walked.owed, walked.settled, walked.confirmed, walked.reads)]
    return [walked.function, own, shared, owing, sets, walked.repeats, walked.asked]


def _restored(kept: list[Any]) -> Walked:
    function, own, shared, owing, sets, repeats, asked = kept
    owed, settled, confirmed, reads = (frozenset(map(tuple, items)) for items in sets)
    return Walked(
        str(function),
        tuple(map(_diagnostic, own)),
        tuple((_identity(identity), _diagnostic(found)) for identity, found in shared),
        tuple(((Span(*span), message), tuple(rows)) for span, message, rows in owing),
        owed,
        settled,
        confirmed,
        bool(repeats),
        reads,
        asked=tuple(asked),
    )


def _flat(item: object) -> object:
    """A part of an identity that JSON knows: a span is named as one."""
    return {"span": _spread(item)} if isinstance(item, Span) else item


def _spread(span: Span) -> list[object]:
    return [span.path, span.line, span.column, span.end_line, span.end_column]


def _identity(kept: list[Any]) -> Identity:
    return tuple(Span(*item["span"]) if isinstance(item, dict) else _tupled(item) for item in kept)


def _tupled(item: Any) -> object:
    return tuple(map(_tupled, item)) if isinstance(item, list) else item


def _of(diagnostic: Diagnostic) -> list[object]:
    return [diagnostic.steps, diagnostic.subject, plain(diagnostic)]


def _diagnostic(kept: list[Any]) -> Diagnostic:
    steps, subject, rest = kept
    return replace(restored(rest), steps=int(steps), subject=str(subject))
