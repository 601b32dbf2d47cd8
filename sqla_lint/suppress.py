"""Suppression by comment: `# noqa`, `# noqa: ORM201`, `# noqa: commit-in-loop`.

In goes a file's text, out come its comments and the lines they stand for; hostile comments cost linear time.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqla_lint.diagnostic import Diagnostic

_WORD = "noqa"
_CODE = re.compile(r"(?:[A-Z]{1,9}[0-9]{1,9}|ORM)(?![\w-])", re.IGNORECASE)
_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)++(?![\w-])", re.IGNORECASE)
_SKIP = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class Comments:
    """The `noqa` comments of one file.

    `by_line` holds the codes and names each comment lists, none meaning all of them; `reach` says for a line which
    other lines may hold a comment for it: the last line of a statement, and all lines of a string of several.
    """

    by_line: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    reach: Mapping[int, tuple[range, ...]] = field(default_factory=dict)


def comments(text: str) -> Comments:
    """Return the comments that suppress diagnostics in a file with this text."""
    if not _may_suppress(text):
        return Comments()
    by_line: dict[int, tuple[str, ...]] = {}
    reach: dict[int, tuple[range, ...]] = {}
    first = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            start, end = token.start[0], token.end[0]
            if token.type == tokenize.COMMENT and (codes := parse(token.string)) is not None:
                by_line[start] = codes
            elif token.type == tokenize.NEWLINE:
                if start > first > 0:
                    reach[first] = (*reach.get(first, ()), range(start, start + 1))
                first = 0
            elif token.type not in _SKIP:
                first = first or start
                if end > start and token.type != tokenize.OP:
                    for line in range(start, end + 1):
                        reach[line] = (*reach.get(line, ()), range(start, end + 1))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # Python's own parser took the file: what was found so far stands
    return Comments(by_line, reach)


def _may_suppress(text: str) -> bool:
    """Whether a line seems to hold a comment that means one of our rules: most are for other linters."""
    lowered = text.lower()
    at = lowered.find(_WORD)
    while at >= 0:
        end = lowered.find("\n", at)
        line = lowered[lowered.rfind("\n", 0, at) + 1 : end if end >= 0 else None]
        codes = parse(line)
        if codes is not None and (not codes or any(_is_ours(code) for code in codes)):
            return True
        at = lowered.find(_WORD, end) if end >= 0 else -1
    return False


def _is_ours(listed: str) -> bool:
    """Whether a code or name in a comment can be one of ours."""
    return "-" in listed or listed.startswith("orm")


def parse(comment: str) -> tuple[str, ...] | None:
    """Return the codes and names that a comment suppresses: none for all of them, None when it is no such comment."""
    lowered = comment.lower()
    seen, at = 0, lowered.find(_WORD)
    while at >= 0:
        after = at + len(_WORD)
        hash_end = at
        while hash_end > seen and lowered[hash_end - 1] in " \t":  # never back over what was looked at before
            hash_end -= 1
        following = lowered[after : after + 1]
        if hash_end > seen and lowered[hash_end - 1] == "#" and not following.isalnum() and following not in ("_", "-"):
            return _listed(comment, after)
        seen, at = after, lowered.find(_WORD, after)
    return None


def _listed(comment: str, start: int) -> tuple[str, ...]:
    """Return what is listed after `noqa`: codes and names after a colon, up to the first word that is neither."""
    if comment[start : start + 1] != ":":
        return ()
    listed: list[str] = []
    position = start + 1
    while True:
        while position < len(comment) and comment[position] in " \t,":
            position += 1
        found = _NAME.match(comment, position) or _CODE.match(comment, position)
        if not found:
            return tuple(listed)
        listed.append(found[0].lower())
        position = found.end()


def suppressed(diagnostic: Diagnostic, found: Comments) -> bool:
    """Tell whether a comment of its file suppresses the diagnostic."""
    if not found.by_line:
        return False
    line = diagnostic.span.line
    lines = {line: None}
    for stretch in found.reach.get(line, ()):
        lines |= dict.fromkeys(stretch)
    return any(_covers(found.by_line[number], diagnostic) for number in lines if number in found.by_line)


def _covers(codes: tuple[str, ...], diagnostic: Diagnostic) -> bool:
    """Tell whether a list of codes and names means this diagnostic; an empty one means every one."""
    if not codes:
        return True
    code, name = diagnostic.code.lower(), diagnostic.rule
    return any(name == listed or code.startswith(listed) for listed in codes)
