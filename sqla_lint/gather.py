"""Every file's facts: as an earlier run found them, else read and surveyed, by workers where there is much to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqla_lint.cache import digest
from sqla_lint.diagnostic import Diagnostic
from sqla_lint.discover import File
from sqla_lint.source import Unreadable, read
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.packed import Malformed, pack, unpack
from sqla_lint.survey.reader import survey
from sqla_lint.trouble import lost_to, not_analysed
from sqla_lint.workers import Crew, Lost

# Told how many files were read.
Progress = Callable[[int], None]

_BYTES_PER_WORKER = 300_000  # fewer are read sooner than another process starts
_UNREADABLE = b"!"


@dataclass(slots=True)
class Gathered:
    """The facts of the files that can be read, in order, and what is wrong with the others.

    entries: the facts packed, each by a key for what it was made of; filled where those of an earlier run were given.
    """

    facts: list[Facts] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    entries: dict[str, bytes] = field(default_factory=dict)


def gather(
    files: Sequence[File],
    jobs: int,
    limit: float,
    progress: Progress = lambda done: None,
    earlier: tuple[Sequence[str], Mapping[str, bytes]] | None = None,
) -> Gathered:
    """Return the facts of some files. `earlier`: the digest of each file, and the entries of an earlier run."""
    gathered = Gathered()
    known: dict[File, Facts] = {}
    for file, content in zip(files, earlier[0], strict=True) if earlier else ():
        key = _key(file, content)
        if (entry := earlier[1].get(key) if earlier else None) is None:
            continue
        try:
            known[file] = unpack(entry, file.shown)
            gathered.entries[key] = entry
        except Malformed:
            pass
    unknown = [file for file in files if file not in known]
    found = dict(zip(unknown, _survey(unknown, jobs, limit, progress, earlier is not None), strict=True))
    for file in files:
        _add(gathered, file, known.get(file) or found[file], keep=earlier is not None)
    return gathered


def _add(gathered: Gathered, file: File, answer: Facts | bytes | Lost, *, keep: bool) -> None:
    """Take note of what came of one file."""
    match answer:
        case Facts():
            gathered.facts.append(answer)
        case Lost():
            gathered.problems.append(lost_to(file.shown, "reading it", answer.how, stalled=answer.stalled))
        case bytes() if answer.startswith(_UNREADABLE):
            reason, line, column = json.loads(answer[1:])
            gathered.problems.append(not_analysed(file.shown, reason, line, column))
        case bytes():
            content, _, entry = answer.partition(b" ")
            gathered.facts.append(unpack(entry, file.shown))
            if keep:
                gathered.entries[_key(file, content.decode("ascii"))] = entry


def _survey(
    files: Sequence[File], jobs: int, limit: float, progress: Progress, keep: bool
) -> list[Facts | bytes | Lost]:
    """What reading each file gives. One worker alone would protect from nothing: `ast` neither hangs nor dies.

    keep: what is found is wanted packed even where no worker has to send it.
    """
    sizes = [_size(file.path) for file in files]
    jobs = min(jobs, sum(sizes) // _BYTES_PER_WORKER)
    packed = keep or jobs > 1
    with Crew[File, Facts | bytes](
        lambda note: lambda file, avoid: read_facts(file, packed), jobs if jobs > 1 else 0, limit
    ) as crew:
        return crew.map(files, sizes, progress)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def read_facts(file: File, packed: bool) -> Facts | bytes:
    """Return the facts of a file, or packed behind the digest of its content; or why it cannot be read."""
    try:
        source = read(file.path)
    except Unreadable as error:
        return _UNREADABLE + json.dumps([error.reason, error.line, error.column]).encode("ascii")
    facts = survey(source.tree, file.shown, file.names, source.text)
    return source.digest.encode("ascii") + b" " + pack(facts) if packed else facts


def _key(file: File, content: str) -> str:
    """What the facts of a file depend on."""
    return digest(content, str(file.path.name == "__init__.py"), *file.names)
