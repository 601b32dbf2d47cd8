"""What earlier runs found out, in the user's cache folder: facts of files, what walked functions gave, whole reports.

Everything in it is JSON behind a digest of itself, so that nothing in it can run, and what is corrupt, cut off or
foreign counts as not there. Files are replaced as a whole, so that runs at the same time do not disturb each other.
What an entry depends on is in its key: the content of files, never their times; the linter, its parser and Python.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqla_lint import __version__

_MAGIC = b"sqla-lint 1 "
_MOST_BYTES = 256 << 20
_MOST_FILES = 1_000
_KEPT = 0.75  # of these, once something has to go
_STALE_SECONDS = 3_600  # a file still unfinished then never will be
_SUFFIX, _UNFINISHED = ".cache", ".part"


def usual_folder() -> Path | None:
    """Return where this platform keeps a user's caches; None where that cannot be told."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "sqla-lint" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "sqla-lint"
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if os.path.isabs(given) else home / ".cache") / "sqla-lint"


def digest(*parts: str | bytes) -> str:
    """Return a digest of texts, the same for the same texts in the same order."""
    made = hashlib.blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.hexdigest()


def linter() -> str:
    """Return a digest of what works out the entries: this package's own source, its parser, and Python."""
    parts: list[str | bytes] = [__version__, sys.version]
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        parts += [path.name, path.read_bytes()]
    parser = find_spec("libcst")
    if parser is not None and parser.origin:
        version = Path(parser.origin).with_name("_version.py")
        parts.append(version.read_bytes() if version.is_file() else b"")
    return digest(*parts)


class Cache:
    """The entries of one folder. Whatever cannot be read or written is as if it had never been there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.linter = linter()

    def report(self, key: str) -> Any:
        """Return the report kept under a key, None when there is none."""
        data = self._read(f"report-{key}")
        return None if data is None else json.loads(data)

    def keep_report(self, key: str, report: object) -> None:
        """Keep a report, made of plain values."""
        self._write(f"report-{key}", json.dumps(report, separators=(",", ":")).encode("ascii"))

    def facts(self, project: str) -> dict[str, bytes]:
        """Return the entries of a project's files by their keys."""
        data = self._read(f"facts-{digest(self.linter, project)}")
        if data is None:
            return {}
        header, _, packed = data.partition(b"\n")
        return {key: packed[start:end] for key, start, end in json.loads(header)}

    def keep_facts(self, project: str, entries: Mapping[str, bytes]) -> None:
        """Keep these entries of a project's files, and no others."""
        table, at = [], 0
        for key, entry in entries.items():
            table.append([key, at, at + len(entry)])
            at += len(entry)
        header = json.dumps(table, separators=(",", ":")).encode("ascii")
        self._write(f"facts-{digest(self.linter, project)}", b"\n".join([header, b"".join(entries.values())]))

    def walks(self, project: str) -> bytes | None:
        """Return what is kept of the functions of a project that were walked."""
        return self._read(f"walks-{digest(self.linter, project)}")

    def keep_walks(self, project: str, data: bytes) -> None:
        """Keep what is known of the functions of a project that were walked."""
        self._write(f"walks-{digest(self.linter, project)}", data)

    def _read(self, name: str) -> bytes | None:
        path = self._folder / (name + _SUFFIX)
        try:
            head, _, data = path.read_bytes().partition(b"\n")
        except (OSError, ValueError):
            return None
        if head != _MAGIC + digest(name, data).encode("ascii"):
            return None
        with suppress(OSError):
            os.utime(path)  # what is used stays
        return data

    def _write(self, name: str, data: bytes) -> None:
        try:
            self._make_folder()
            number, unfinished = tempfile.mkstemp(_UNFINISHED, dir=self._folder)
            try:
                with open(number, "wb") as file:
                    file.write(_MAGIC + digest(name, data).encode("ascii") + b"\n" + data)
                os.replace(unfinished, self._folder / (name + _SUFFIX))
            except BaseException:
                os.unlink(unfinished)
                raise
            self._shrink()
        except (OSError, ValueError):
            pass  # a cache that cannot be written is none

    def _make_folder(self) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tag = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by sqla-lint; it can be removed at any time.\n"
            (self._folder / "CACHEDIR.TAG").write_text(tag, encoding="ascii")
            (self._folder / ".gitignore").write_text("*\n", encoding="ascii")

    def _shrink(self) -> None:
        """Remove what was not used for longest, once there is too much."""
        ours = sorted(self._ours(), key=lambda item: -item[0])
        count, size = len(ours), sum(size for _, size, _ in ours)
        if count <= _MOST_FILES and size <= _MOST_BYTES:
            return
        while ours and (count > _MOST_FILES * _KEPT or size > _MOST_BYTES * _KEPT):
            _, freed, path = ours.pop()
            os.unlink(path)
            count, size = count - 1, size - freed

    def _ours(self) -> Iterator[tuple[float, int, str]]:
        """Yield when each of our files was used last, its size, and its path; the remains of dead runs go."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if entry.name.endswith(_SUFFIX):
                    yield status.st_mtime, status.st_size, entry.path
                elif entry.name.endswith(_UNFINISHED) and time.time() - status.st_mtime > _STALE_SECONDS:
                    os.unlink(entry.path)
