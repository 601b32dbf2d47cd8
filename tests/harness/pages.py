"""Read a rule page: its title, headings, and the examples in its fences.

A fence says ` ```python `, and may add words about how its example is to be treated:

| info        | the example                                                              |
|-------------|--------------------------------------------------------------------------|
| `since-2.0` | uses what SQLAlchemy 1.4 has not, and is not run there                   |
| `until-2.0` | shows what SQLAlchemy 2.1 does otherwise, and is not run there           |
| `unproved`  | is linted and not run; the page's `## Proof` says why                    |
| `postgresql` | runs on a PostgreSQL server instead of an SQLite file                   |
| `fixed`     | is what the fix makes of the example before it                           |

The text of an example begins with as many empty lines as stand above it on the page: every line number that
the linter, a traceback or a marker gives is a line of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RULES = Path(__file__).parents[2] / "rules"
FENCE_WORDS = frozenset({"since-2.0", "until-2.0", "unproved", "postgresql", "fixed"})

_SEEN_AS = "Seen as:"
_TITLE = re.compile(r"# (?P<name>[a-z0-9-]+) \((?P<code>ORM\d{3})\)")


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced Python block: the section it stands in, the line of its fence, the fence's words, its text."""

    page: str
    section: str
    line: int
    words: frozenset[str]
    text: str

    def __str__(self) -> str:
        """The page and the line, for a test's name."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Page:
    """A rule page. `headings` are those of the second level, in order; `sentence` is what follows the title.

    symptoms: how the misuse shows, to whom does not know it yet: what a line `Seen as: …; …` lists.
    """

    path: Path
    name: str
    code: str
    sentence: str
    headings: tuple[str, ...]
    examples: tuple[Example, ...]
    lines: int
    symptoms: tuple[str, ...] = ()


def pages() -> list[Page]:
    """Return all rule pages, ordered by code."""
    return sorted((read(path) for path in RULES.glob("*.md") if path.name != "README.md"), key=lambda page: page.code)


def examples() -> list[Example]:
    """Return the examples of all pages, in order."""
    return [example for page in pages() for example in page.examples]


def read(path: Path) -> Page:
    """Parse the page at `path`; raise `ValueError` where its title or a fence is not in the house's form."""
    lines = path.read_text(encoding="utf-8").splitlines()
    title = _TITLE.fullmatch(lines[0])
    if title is None:
        raise ValueError(f"{path.name}:1: the title must read `# rule-name (ORM000)`")
    headings: list[str] = []
    found: list[Example] = []
    sentence = next((line for line in lines[1:] if line.strip()), "")
    fence: tuple[int, frozenset[str]] | None = None
    for number, line in enumerate(lines, start=1):
        if fence is not None and line.strip() == "```":
            body = "\n" * fence[0] + "\n".join(lines[fence[0] : number - 1]) + "\n"
            found.append(Example(title["name"], headings[-1] if headings else "", fence[0], fence[1], body))
            fence = None
        elif fence is None and line.startswith("```"):
            fence = number, _fence_words(path, number, line)
        elif fence is None and line.startswith("## "):
            headings.append(line[3:].strip())
    if fence is not None:
        raise ValueError(f"{path.name}:{fence[0]}: the fence is never closed")
    return Page(
        path, title["name"], title["code"], sentence, tuple(headings), tuple(found), len(lines), _symptoms(lines)
    )


def _symptoms(lines: list[str]) -> tuple[str, ...]:
    """What the paragraph lists that begins with `Seen as:`."""
    start = next((number for number, line in enumerate(lines) if line.startswith(_SEEN_AS)), len(lines))
    end = next((number for number, line in enumerate(lines) if number > start and not line.strip()), len(lines))
    listed = " ".join(lines[start:end]).removeprefix(_SEEN_AS).strip().removesuffix(".")
    return tuple(item.strip() for item in listed.split(";") if item.strip())


def _fence_words(path: Path, number: int, line: str) -> frozenset[str]:
    language, *words = line.removeprefix("```").split()
    if language != "python" or not FENCE_WORDS.issuperset(words):
        raise ValueError(f"{path.name}:{number}: a fence is ```python and any of {', '.join(sorted(FENCE_WORDS))}")
    return frozenset(words)
