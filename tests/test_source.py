"""Reading files: whatever they hold, there is an answer, and soon."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from sqla_lint.newer import explain
from sqla_lint.source import MAX_BYTES, Unreadable, parse, read


def reason(path: Path) -> str:
    """Return why the file cannot be read."""
    with pytest.raises(Unreadable) as caught:
        read(path)
    return caught.value.reason


def write(folder: Path, content: bytes | str) -> Path:
    """Write a file and return its path."""
    path = folder / "a.py"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "# coding: latin-1\nx = 'é'\n"),
        (b"", ""),
    ],
)
def test_decodes_as_python_does(tmp_path: Path, content: bytes, text: str) -> None:
    assert read(write(tmp_path, content)).text == text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# \xff\n", "not valid UTF-8"),
        (b"x = 1\ny = 2\nz = '\xe9'\n", "byte 0xe9"),
        (b"# coding: rot13\n", "no text encoding"),
        (b"# coding: punycode\n", "no text encoding"),
        (b"# coding: nonsense-8\n", "nonsense-8"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        (b"x = '\0'\n", "NUL"),
        (b"x = (\n", "syntax error"),
        (b"<<<<<<< HEAD\n", "merge conflict"),
        (b"print 'x'\n", "Python 2"),
        (b"x = " + b"9" * 5_000, "syntax error"),
    ],
)
def test_says_why_not(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in reason(write(tmp_path, content))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    assert reason(tmp_path / "pipe.py") == "it is not a regular file"
    assert reason(tmp_path / "zero.py") == "it is not a regular file"
    assert reason(tmp_path / "folder.py") == "it is a directory"
    assert reason(tmp_path / "missing.py") == "no such file or directory"
    assert "limit" in reason(write(tmp_path, b"#" * (MAX_BYTES + 1)))


def test_place_of_a_syntax_error(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(write(tmp_path, "x = 1\ny = é é\n"))
    assert (caught.value.line, caught.value.column) == (2, 7)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the running Python reads these")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f[T](x: T) -> T: ...\n", "Python 3.12"),
        ("class Box[T]: ...\n", "Python 3.12"),
        ("type Name = str\n", "Python 3.12"),
        ("def f[T = int](x: T) -> T: ...\n", "Python 3.13"),
        ("x = t'{y}'\n", "Python 3.14"),
        ("try:\n    ...\nexcept ValueError, TypeError:\n    ...\n", "Python 3.14"),
        ("x = f'{\"\\n\".join(y)}'\n", "Python 3.12"),
        ("x = f'{y['a']}'\n", "Python 3.12"),
    ],
)
def test_names_the_python_it_takes(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse(text)


def test_does_not_guess() -> None:
    error = SyntaxError("invalid syntax", ("a.py", 1, 9, "x = 't' y\n"))
    assert explain(error, "x = 't' y\n", (3, 11)) == ("syntax error: invalid syntax", 1, 9)


DEEP = {
    "sequences": "match x:\n    case " + "[" * 20 + "]" * 20 + ":\n        pass\n",
    "groups": "match x:\n    case " + "(" * 20 + "y" + ")" * 20 + ":\n        pass\n",
    "mappings": "match x:\n    case " + "{1: " * 6 + "y" + "}" * 6 + ":\n        pass\n",
    "classes over lines": "match x:\n    case (\n" + "A(\n" * 20 + ")" * 21 + ":\n        pass\n",
    "a string that hides": "match x:\n    case [')', " + "[']', " * 20 + "]" * 21 + ":\n        pass\n",
    "calls": "f(" * 120 + ")" * 120 + "\n",
    "method chain": "q" + ".filter()" * 400 + "\n",
    "chain in a return": "def f():\n    return q" + "\\\n.filter()" * 400 + "\n",
    "decorator": "@f" + "(1)" * 400 + "\ndef g(): ...\n",
    "additions": "x = " + " + ".join("a" * 400) + "\n",
    "not": "x = " + "not " * 200 + "y\n",
    "ternaries": "x = " + "a if b else " * 150 + "c\n",
    "and": "x = " + " and ".join("a" * 400) + "\n",
    "dots of an import": "import a" + ".b" * 400 + "\n",
    "elif": "if a: pass\n" + "elif b: pass\n" * 400,
    "in a handler": "try:\n    pass\nexcept a" + ".b" * 400 + ":\n    pass\n",
    "in a match subject": "match q" + ".f()" * 400 + ":\n    case _:\n        pass\n",
    "in a guard": "match x:\n    case _ if q" + ".f()" * 400 + ":\n        pass\n",
    "beyond Python's own parser": "x = " + "-" * 100_000 + "1\n",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_refuses_what_nests_too_deep(text: str) -> None:
    with pytest.raises(Unreadable, match=r"nests|chains|elif"):
        parse(text)


HARMLESS = {
    "patterns": "match x:\n    case {1: [A(b=(c | d)), *_]} if f((((((((((1)))))))))):\n        pass\n",
    "a name": "y = (\ncase((((((((((((x))))))))))))\n)\n",
    "parentheses": "x = " + "(" * 150 + "1" + ")" * 150 + "\n",
    "chain": "q" + ".filter(a == 1)" * 100 + "\n",
    "long list": "x = [" + "f(1), " * 5_000 + "]\n",
    "elif": "if a: pass\n" + "elif b: pass\n" * 200,
    "many statements": "x = f(g(h(1)))\n" * 2_000,
    "big literal": "x = {" + "'a': {'b': [1, (2, 3)]},\n" * 2_000 + "}\n",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_takes_what_is_only_long(text: str) -> None:
    parse(text)


def test_a_high_recursion_limit_is_no_danger() -> None:
    """Python 3.11 would overflow the C stack here."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(50_000)
    try:
        with pytest.raises(Unreadable, match="too deeply"):
            parse("x = a" + ".b" * 60_000 + "\n")
        assert sys.getrecursionlimit() == 50_000
    finally:
        sys.setrecursionlimit(before)


def test_hostile_size_takes_linear_time() -> None:
    started = time.process_time()
    parse("x = 1" + " " * 2_000_000 + "\n")
    parse("case(x)\n" * 20_000)
    assert time.process_time() - started < 5
