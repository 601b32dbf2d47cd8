"""The terminal: whether to colour, how to show progress, and writing lines to a pipe that may break."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from collections.abc import Iterable
from typing import TextIO

import click

_CLEAR_LINE = "\r\x1b[2K"


def prepare() -> None:
    """Make the standard streams take every character: what an encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Tell whether to colour a stream: as chosen, else as the environment asks, else when it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0" or os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(lines: Iterable[str], *, colour: bool = False) -> None:
    """Print lines; a reader that has gone away is no trouble, it has seen enough."""
    try:
        for line in lines:
            click.echo(line, color=colour)
        sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        # Python flushes once more at the end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """Says on stderr how far a long run has come; silent where nobody watches, and gone at the end."""

    def __init__(self, delay: float = 1.0, interval: float = 0.1) -> None:
        self._watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._interval = interval
        self._next = time.monotonic() + delay
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Take note that so many of so many files were read."""
        if not self._watched or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._interval
        self._shown = True
        words = f"reading {done} of {total} files" if done < total else f"checking {total} files"
        click.echo(f"{_CLEAR_LINE}{words}", nl=False, err=True, color=True)

    def finish(self) -> None:
        """Take the line away again."""
        if self._shown:
            click.echo(_CLEAR_LINE, nl=False, err=True, color=True)
            self._shown = False
