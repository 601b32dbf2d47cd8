"""Reading one Python file: in goes a path, out come its text and syntax tree, or one clear reason why not.

Nothing is trusted: the path may be a pipe or a device, the bytes may be anything, and the code may be built to hang
or crash whoever parses it. What comes out is sane for every later stage.
"""

from __future__ import annotations

import ast
import codecs
import hashlib
import io
import os
import stat
import sys
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqla_lint.nesting import too_deep
from sqla_lint.newer import explain
from sqla_lint.text import escape

MAX_BYTES = 5_000_000
_USUAL_RECURSION_LIMIT = 1_000
# Quadratic in the size of the input; nobody writes Python in them.
_REFUSED_CODECS = frozenset({"punycode", "idna", "undefined"})


@dataclass(frozen=True, slots=True)
class Source:
    r"""One readable file: the digest of its bytes, its text with `\n` as the only newline, and its tree."""

    digest: str
    text: str
    tree: ast.Module


class Unreadable(Exception):
    """A file that cannot be analysed: one line saying why, and the place in the file where it shows."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


def read(path: Path) -> Source:
    """Return the source of the file at `path`, or raise Unreadable."""
    data = read_bytes(path, MAX_BYTES)
    text = decode(data)
    return Source(digest(data), text, parse(text))


def read_text(path: Path) -> str:
    r"""Return the text of a Python file, decoded as Python would decode it, newlines as `\n`, without a BOM."""
    return decode(read_bytes(path, MAX_BYTES))


def digest(data: bytes) -> str:
    """Return a digest of some bytes."""
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; never waits for a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        raise Unreadable(_system_reason(error)) from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable("it is a directory")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("it is not a regular file")
        if status.st_size > limit:
            raise Unreadable(f"it has {status.st_size:,} bytes, more than the limit of {limit:,}")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Unreadable(_system_reason(error)) from error
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise Unreadable(f"it has more bytes than the limit of {limit:,}")
    return data


def decode(data: bytes) -> str:
    """Return the text of Python source in bytes, honouring a byte order mark and an encoding comment."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise Unreadable(_encoding_reason(data, error)) from error
    codec = codecs.lookup(encoding)
    # The marker of text encodings has no public name; without it `# coding: rot13` would be tried.
    if codec.name in _REFUSED_CODECS or not getattr(codec, "_is_text_encoding", True):
        raise Unreadable(f"its encoding comment names {escape(encoding)}, which is no text encoding")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = codec.decode(data, "strict")[0]
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"byte 0x{data[error.start]:02x} is not valid {encoding}", line) from error
    except (ValueError, ArithmeticError, LookupError) as error:
        raise Unreadable(f"it cannot be decoded as {escape(encoding)}") from error
    if "\0" in text:
        raise Unreadable("it holds a NUL character", text.count("\n", 0, text.index("\0")) + 1)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse(text: str) -> ast.Module:
    """Return the syntax tree of `text`; refuses what does not parse, and what nests so deep that tools break on it."""
    try:
        with warnings.catch_warnings(), _usual_recursion_limit():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        reason, line, column = explain(error, text, sys.version_info[:2])
        raise Unreadable(reason, line, column) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("it nests too deeply for Python's own parser") from error
    except ValueError as error:
        raise Unreadable(f"it does not parse: {escape(str(error))}") from error
    if deep := too_deep(tree, text):
        raise Unreadable(deep.reason, deep.line)
    return tree


@contextmanager
def _usual_recursion_limit() -> Iterator[None]:
    """Parse under Python's usual recursion limit: Python 3.11 sizes a check of the C stack by it."""
    before = sys.getrecursionlimit()
    if before <= 3 * _USUAL_RECURSION_LIMIT:
        yield
        return
    try:
        sys.setrecursionlimit(_USUAL_RECURSION_LIMIT)
    except RecursionError:  # already deeper than that
        yield
        return
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _system_reason(error: OSError | ValueError) -> str:
    """Say in lower case what the system said about a file."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return escape(words[:1].lower() + words[1:])


def _encoding_reason(data: bytes, error: SyntaxError) -> str:
    """Say why no encoding was found: an unknown one is named, the rest is not valid UTF-8 or contradicts itself."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "it is UTF-16, which Python does not read; save it as UTF-8"
    words = str(error.msg or error)
    if data.startswith(codecs.BOM_UTF8) and "encoding problem" in words:
        return "its byte order mark says UTF-8 and its encoding comment says otherwise"
    if "unknown encoding" in words or "encoding problem" in words:
        return f"its encoding comment cannot be followed: {escape(words)}"
    return "it is not valid UTF-8, and no encoding comment says what it is"
