"""Cases: a Python file in fixtures whose comments say what must hold, and which may hold several files.

A line `# file: app/models.py` begins another file of the case; `# file: src/app.py as app, src.app` gives the dotted
names that it can be imported by. What stands before the first such line is `main.py`. Each file is padded with empty
lines, so that its line numbers are those of the case.

A comment that begins like a marker (`word: …`) and is none is a `CaseError`: no typing mistake passes as prose.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqla_lint.flow.asked import NOTHING_ASKED, TOLD_ANYWAY, Asked, Operation
from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.reader import survey
from tests.flow.telling_work import WORK_EVENTS

FIXTURES = Path(__file__).parents[1] / "fixtures"

FLOW_KINDS = ("revealed", "alive", "left", "summary", "reads", "event")
# The events that no rule need ask for to be shown here.
EVENTS = frozenset(
    {
        "AwaitedPlain",
        "BegunTwice",
        "Caught",
        "CoroutineUsed",
        "EngineMade",
        "KeyRead",
        "LockedStale",
        "QueryRepeated",
        "ReadStale",
        "RegistryMade",
        "SessionKept",
        "Shared",
        "UsedAfterEnd",
        "ValueDropped",
        "Waited",
        "WritesLost",
        "WrittenTwice",
    }
)
EVENTS |= WORK_EVENTS
CLASS_KINDS = ("mapped", "not mapped", "relationship", "columns", "primary", "unique", "proxy", "table", "column",
               "details", "inherits", "versioned")  # fmt: skip

_OPERATION = re.compile(r"# operation: (?P<name>\w+)(?P<way> going up)?")
_ASKS = re.compile(r"# asks: (?P<events>[\w, ]+)")
_FILE = re.compile(r"# file: (?P<path>\S+\.py)(?: as (?P<names>[\w., ]+))?")
_LIKE_A_MARKER = re.compile(r"(?P<word>[a-z][a-z ]*)(?P<flags>\([\w=, ]+\))?:(?:\s+(?P<text>.*))?")


class CaseError(ValueError):
    """A case that is not in the form which its markers need."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A comment that says what must hold: its line, its first word, the flags in brackets, and the rest."""

    line: int
    kind: str
    flags: str
    text: str


def marks(text: str, kinds: Iterable[str]) -> tuple[Mark, ...]:
    """Return the markers of Python source in order; raise `CaseError` for one whose kind is not among `kinds`."""
    found: list[Mark] = []
    known = frozenset(kinds)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        comment = token.string.lstrip("#").strip()
        if token.type != tokenize.COMMENT or _FILE.fullmatch(token.string):
            continue
        if comment in known:
            found.append(Mark(token.start[0], comment, "", ""))
        elif match := _LIKE_A_MARKER.fullmatch(comment):
            if match["word"] not in known or not match["text"]:
                raise CaseError(f"line {token.start[0]}: `{token.string}` is no marker of {', '.join(sorted(known))}")
            flags = (match["flags"] or "").strip("()")
            found.append(Mark(token.start[0], match["word"], flags, match["text"].strip()))
    return tuple(found)


def parts(text: str) -> frozenset[str]:
    """Return what commas at the outermost level separate."""
    found, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "," and not depth:
            found.append(text[start:index])
            start = index + 1
    return frozenset(item.strip() for item in [*found, text[start:]] if item.strip())


class Case:
    """The files of one case, surveyed and linked. `given` are files that several cases share."""

    def __init__(self, name: str, text: str, given: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.text = text
        self.texts: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        self._given = dict(given or {})
        self._split(text)

    def _split(self, text: str) -> None:
        path, names, lines, start = "main.py", "", list[str](), 0
        for number, line in enumerate([*text.splitlines(), "# file: end.py"]):
            match = _FILE.fullmatch(line)
            if match is None:
                lines.append(line)
                continue
            if any(item.strip() for item in lines):
                if path in self.texts:
                    raise CaseError(f"{path} stands twice in {self.name}")
                self.texts[path] = "\n" * start + "\n".join(lines) + "\n"
                self._names[path] = [item.strip() for item in names.split(",")] if names else [module_of(path)]
            path, names, lines, start = match["path"], match["names"] or "", [], number + 1

    @cached_property
    def files(self) -> dict[str, Facts]:
        """The facts of each file, by path."""
        every = {**self._given, **self.texts}
        return {
            path: survey(ast.parse(text), path, self._names.get(path) or [module_of(path)], text)
            for path, text in every.items()
        }

    @cached_property
    def project(self) -> Project:
        """All files, linked."""
        asked = Asked(events=EVENTS) if "# event:" in self.text else NOTHING_ASKED
        if match := _ASKS.search(self.text):
            operations = frozenset((name, Operation(down=not way)) for name, way in _OPERATION.findall(self.text))
            asked = Asked(events=TOLD_ANYWAY | parts(match["events"]), operations=operations)
        return Project(self.files.values(), Slices({**self._given, **self.texts}), asked=asked)

    def marks(self, kinds: Iterable[str]) -> tuple[Mark, ...]:
        """The markers of the whole case that are of these kinds."""
        wanted = frozenset(kinds)
        return tuple(mark for mark in marks(self.text, (*FLOW_KINDS, *CLASS_KINDS)) if mark.kind in wanted)


def module_of(path: str) -> str:
    """Return the dotted name of a file by its path."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def cases(folder: str) -> list[Case]:
    """Return the cases of a folder of fixtures; files whose names begin with `_` are given to each of them."""
    paths = sorted((FIXTURES / folder).glob("*.py"))
    given = {path.name[1:]: path.read_text("utf-8") for path in paths if path.name.startswith("_")}
    return [Case(path.stem, path.read_text("utf-8"), given) for path in paths if not path.name.startswith("_")]
