"""Explaining a syntax error: a newer Python, the old Python 2, a merge conflict, or simply a mistake.

In go the error, the text and the running version; out come one line and the place. The tables hold what the running
Python reports for syntax it does not know; where nothing in them fits, nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqla_lint.text import escape


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of code that only some Pythons read: patterns of its line, of the parser's message, of the very place.

    In `place` the line is searched with a NUL character put where the parser stopped.
    """

    since: tuple[int, int]
    what: str
    line: str = ""
    message: str = ""
    place: str = ""

    def fits(self, line: str, column: int, message: str) -> bool:
        """Tell whether the offending line and the parser's message are those of this form."""
        marked = f"{line[: column - 1]}\0{line[column - 1 :]}"
        searches = ((self.line, line), (self.message, message), (self.place, marked))
        return all(re.search(pattern, text) for pattern, text in searches)


# The most recent first: a type parameter with a default is also a type parameter.
_NEWER = (
    _Form((3, 15), "lazy imports", r"^\s*lazy\s+(import|from)\s"),
    _Form((3, 15), "unpacking in a comprehension", message=r"unpacking cannot be used in (dict )?comprehension"),
    _Form((3, 14), "`except` with several types and no parentheses", message=r"exception types must be parenthesized"),
    _Form((3, 14), "template strings", message=r"^invalid syntax", place=r"(?i)(?<!\w)(t|rt|tr)\0['\"]"),
    _Form((3, 13), "defaults of type parameters", r"^\s*((async\s+)?def|class|type)\s+\w+\s*\[[^\]]*\w\s*=(?!=)"),
    _Form((3, 12), "type parameters", r"^\s*((async\s+)?def|class)\s+\w+\s*\[", r"expected '\('|invalid syntax"),
    _Form((3, 12), "`type` statements", r"^\s*type\s+\w+\s*(\[|=)", r"invalid syntax"),
    _Form((3, 12), "f-strings with any expression inside", message=r"f-string expression part cannot include"),
)
# A quote inside an f-string ended it early: Python 3.12 reads on, but the line may also just be wrong.
_MAYBE_F_STRING = re.compile(r"^f-string: (unmatched|expecting)")
_OLD_EXCEPT = re.compile(r"^\s*except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:")
_PYTHON_2 = (
    _Form((2, 0), "print or exec statement", message=r"Missing parentheses in call to '(print|exec)'"),
    _Form((2, 0), "`raise` with a comma", r"^\s*raise\s+[\w.]+\s*,", r"invalid syntax"),
    _Form((2, 0), "octal number", message=r"leading zeros in decimal integer"),
    _Form((2, 0), "long integer", r"\b\d+[lL]\b", r"invalid decimal literal"),
    _Form((2, 0), "`ur` string", message=r"invalid syntax", place=r"(?i)(?<!\w)ur\0['\"]"),
    _Form((2, 0), "backquotes", message=r"invalid syntax", place="\0`"),
    _Form((2, 0), "`<>`", message=r"invalid syntax", place="\0<>"),
    _Form((2, 0), "tuple parameter", r"^\s*def\s", r"parameters cannot be parenthesized"),
)


def explain(error: SyntaxError, text: str, running: tuple[int, int]) -> tuple[str, int, int]:
    """Return why `text` does not parse, and the line and column where it shows."""
    number = max(error.lineno or 1, 1)
    line = _line(text, number)
    column = min(max(error.offset or 1, 1), len(line) + 1)
    return _reason(error.msg or "invalid syntax", line, column, running), number, column


def _reason(message: str, line: str, column: int, running: tuple[int, int]) -> str:
    """Return one line about a syntax error, naming the Python it takes where that can be known."""
    this = f"this is Python {running[0]}.{running[1]}"
    if re.match(r"(<{7}|={7}|>{7})(\s|$)", line):
        return "merge conflict marker"
    if running < (3, 14) and _OLD_EXCEPT.match(line) and "parenthesized" in message:
        return "`except A, b` is Python 2 syntax, or that of Python 3.14 where `b` is a type as well"
    for form in _PYTHON_2:
        if form.fits(line, column, message):
            return f"Python 2 syntax ({form.what})"
    for form in _NEWER:
        if running < form.since and form.fits(line, column, message):
            return f"syntax of Python {form.since[0]}.{form.since[1]} or newer ({form.what}), and {this}"
    if running < (3, 12) and _MAYBE_F_STRING.match(message):
        return f"syntax error: {escape(message)} (Python 3.12 allows more in f-strings, and {this})"
    return f"syntax error: {escape(message)}"


def _line(text: str, number: int) -> str:
    """Return the line of that number, shortened: what tells the forms apart stands at its beginning."""
    start = 0
    for _ in range(number - 1):
        start = text.find("\n", start) + 1
        if not start:
            return ""
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)][:2_000]
