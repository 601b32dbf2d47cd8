"""Every file's facts: read and surveyed, by workers where there is much to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqla_lint.diagnostic import Diagnostic
from sqla_lint.room import with_room
from sqla_lint.source import Unreadable, read
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.packed import pack, unpack
from sqla_lint.survey.reader import survey
from sqla_lint.trouble import lost_to, not_analysed
from sqla_lint.workers import Crew, Lost

# Told how many files were read.
Progress = Callable[[int], None]

_BYTES_PER_WORKER = 300_000  # fewer are read sooner than another process starts
_FACTS, _UNREADABLE = b"=", b"!"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the project: where it is, how it is shown, and the dotted names it can be imported by."""

    path: Path
    shown: str
    names: tuple[str, ...]


def gather(files: Sequence[File], jobs: int, limit: float, progress: Progress) -> tuple[list[Facts], list[Diagnostic]]:
    """Return the facts of the files that can be read, in order, and what is wrong with the others."""
    found: list[Facts] = []
    problems: list[Diagnostic] = []
    for file, answer in zip(files, _answers(files, jobs, limit, progress), strict=True):
        match answer:
            case Facts():
                found.append(answer)
            case Unreadable():
                problems.append(not_analysed(file.shown, answer.reason, answer.line, answer.column))
            case Lost():
                problems.append(lost_to(file.shown, "reading it", answer.how, stalled=answer.stalled))
    return found, problems


def _answers(files: Sequence[File], jobs: int, limit: float, progress: Progress) -> list[Facts | Unreadable | Lost]:
    """What came of each file. One worker alone would cost more than it protects from: `ast` neither hangs nor dies."""
    sizes = [_size(file.path) for file in files]
    jobs = min(jobs, sum(sizes) // _BYTES_PER_WORKER)
    if jobs < 2:
        return with_room(lambda: [_counted(file, done, progress) for done, file in enumerate(files, 1)])
    with Crew[File, bytes](lambda note: lambda file, avoid: _packed(read_facts(file)), jobs, limit) as crew:
        answers = crew.map(files, sizes, progress)
    return [
        answer if isinstance(answer, Lost) else _unpacked(answer, file.shown)
        for file, answer in zip(files, answers, strict=True)
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _counted(file: File, done: int, progress: Progress) -> Facts | Unreadable:
    found = read_facts(file)
    progress(done)
    return found


def read_facts(file: File) -> Facts | Unreadable:
    """Return the facts of a file, or why it cannot be read."""
    try:
        source = read(file.path, file.shown)
    except Unreadable as error:
        return error
    return survey(source.tree, file.shown, file.names, source.text)


def _packed(answer: Facts | Unreadable) -> bytes:
    if isinstance(answer, Unreadable):
        return _UNREADABLE + json.dumps([answer.reason, answer.line, answer.column]).encode("ascii")
    return _FACTS + pack(answer)


def _unpacked(data: bytes, shown: str) -> Facts | Unreadable:
    return unpack(data[1:], shown) if data[:1] == _FACTS else Unreadable(*json.loads(data[1:]))
