"""Run the examples of a page against SQLAlchemy, and compare what happens with what the markers say.

How an example is run. It may import the shop (`from shop.models import Order`, `from shop.db import SessionLocal`),
whose SQLite file holds the same rows at the start of each example. Its module-level statements run one by one, an
exception ends only its own statement. Then every module-level function that the example itself does not mention is
called once, on fresh rows, with arguments by the names of its parameters: `session` (an open one, an AsyncSession
for an `async def`), `order`, `orders`, `customer`, `customers` and so on (rows loaded by that session), `code`,
`codes`, `names`, `order_id`, ... (see `proof_child.py`). Parameters with a default of another name keep it. Where the
example imports Alembic, its functions are called as a revision's `upgrade()` is, inside a migration of the shop. An
example marked `postgresql` runs on a real server with the same rows.

What is compared. A happening belongs to every line of the example that is on the stack, so a marker may stand at
the call or within the function called. An exception that leaves a statement or call must be announced by a
`raises:` on one of those lines, a warning by a `warns:`. As soon as an example counts statements (commits) at all,
every statement (commit) must be counted by some marker: what is unmarked must not happen.

A line here is a whole simple statement, or the header of a compound one, even where it is written over several.

The cyclic garbage collector is off while an example runs: what it would free by chance is not what a page shows.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness.markers import Kind, Marker, markers
from tests.harness.pages import Example
from tests.harness.server import Unavailable, address

NEWEST = "newest"
REQUIREMENTS = {"2.0": "sqlalchemy<2.1", "1.4": "sqlalchemy<2"}
GENERATIONS = (NEWEST, *REQUIREMENTS)
BESIDES = ("aiosqlite", "alembic", "greenlet")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Happening:
    """An exception or a warning: the names of its class and base classes, the example's lines on the stack."""

    classes: tuple[str, ...]
    lines: tuple[int, ...]
    text: str

    def __str__(self) -> str:
        """The place, the class and the first line of the message."""
        where = f"line {self.lines[0]}" if self.lines else "outside the example"
        return f"{where}: {self.classes[0]}: {(self.text.splitlines() or [''])[0]}"


@dataclass(frozen=True, slots=True)
class Observed:
    """What happened while an example ran. `missing` says what this generation lacks, when the example cannot run."""

    statements: tuple[tuple[int, ...], ...] = ()
    commits: tuple[tuple[int, ...], ...] = ()
    raised: tuple[Happening, ...] = ()
    warnings: tuple[Happening, ...] = ()
    missing: str | None = None


@dataclass(slots=True)
class Generation:
    """One SQLAlchemy in a process of its own, that forks for each example."""

    name: str
    version: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Bring the generation in if need be and start its process; raise `Unavailable` where that fails."""
        if not hasattr(os, "fork"):
            raise Unavailable("this system cannot fork")
        path = [str(ROOT)] if self.name == NEWEST else [str(_installed(self.name)), str(ROOT)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.proof_child"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version = self._answer().get("version", "")
        if not self.version:
            raise Unavailable(f"SQLAlchemy {self.name} does not start on this Python")

    def observe(self, text: str, file: str, server: str | None = None) -> Observed:
        """Run an example, on the PostgreSQL server at that address where one is given, and return what happened."""
        assert self.process is not None and self.process.stdin is not None
        request = {"text": text, "file": file} | ({"server": server} if server else {})
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        if "broken" in answer or not answer:
            raise RuntimeError(f"{file}: {answer.get('broken', 'the process of this generation is gone')}")
        return Observed(
            statements=tuple(map(tuple, answer.get("statements", ()))),
            commits=tuple(map(tuple, answer.get("commits", ()))),
            raised=_happenings(answer.get("raised", ())),
            warnings=_happenings(answer.get("warnings", ())),
            missing=answer.get("missing"),
        )

    def _answer(self) -> dict[str, Any]:
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {}
        return answer


@functools.cache
def generation(name: str) -> Generation | Unavailable:
    """Return the running generation called `name`, or why there is none; asked once, it is not tried again."""
    found = Generation(name)
    try:
        found.start()
    except Unavailable as reason:
        return reason
    return found


def _happenings(raw: Iterable[dict[str, Any]]) -> tuple[Happening, ...]:
    return tuple(Happening(tuple(one["classes"]), tuple(one["lines"]), one["text"]) for one in raw)


def _installed(name: str) -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sqla-lint-proofs"
    target = base / f"sqlalchemy-{name}-alembic-python-{sys.version_info[0]}.{sys.version_info[1]}"
    if target.is_dir():
        return target
    try:
        base.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=base))
    except OSError as error:
        raise Unavailable(f"no folder to keep SQLAlchemy {name} in: {error}") from error
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
    done = subprocess.run(
        [*command, "--timeout", "20", "--target", str(fresh), REQUIREMENTS[name], *BESIDES],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0 and (fresh / "sqlalchemy").is_dir():
        try:
            fresh.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    shutil.rmtree(fresh, ignore_errors=True)
    if not target.is_dir():
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(f"pip cannot bring SQLAlchemy {name}: {said}")
    return target


def prove(example: Example, on: Generation) -> Observed:
    """Run a page's example on a generation; raise `Unavailable` where it needs a server that there is not."""
    server = address() if "postgresql" in example.words else None
    if isinstance(server, Unavailable):
        raise server
    return on.observe(example.text, f"/example/{example.page}.py", server)


def contradictions(text: str, observed: Observed) -> list[str]:
    """Say where what happened differs from the markers in `text`; nothing when they agree."""
    spans = _spans(ast.parse(text))
    marked = markers(text)
    return [
        *_miscounted(
            "emits", "SQL statement", [one for one in marked if one.kind is Kind.EMITS], observed.statements, spans
        ),
        *_miscounted("commits", "commit", [one for one in marked if one.kind is Kind.COMMITS], observed.commits, spans),
        *_unannounced([one for one in marked if one.kind is Kind.RAISES], observed.raised, spans),
        *_unannounced([one for one in marked if one.kind is Kind.WARNS], observed.warnings, spans),
    ]


def _miscounted(
    verb: str, noun: str, marked: list[Marker], stacks: Iterable[tuple[int, ...]], spans: dict[int, int]
) -> list[str]:
    if not marked:
        return []
    said = []
    counts = {spans.get(marker.line, marker.line): 0 for marker in marked}
    for stack in stacks:
        places = {spans.get(line, line) for line in stack}
        for place in places & counts.keys():
            counts[place] += 1
        if stack and not places & counts.keys():
            said.append(f"line {stack[0]}: a {noun} that no marker counts")
    for marker in marked:
        happened = counts[spans.get(marker.line, marker.line)]
        if happened not in marker.counts:
            said.append(f"line {marker.line}: {verb} {happened}, not {' or '.join(map(str, marker.counts))}")
    return said


def _unannounced(marked: list[Marker], happenings: Iterable[Happening], spans: dict[int, int]) -> list[str]:
    said = []
    met: set[Marker] = set()
    for happening in happenings:
        places = {spans.get(line, line) for line in happening.lines}
        hits = {one for one in marked if one.name in happening.classes and spans.get(one.line, one.line) in places}
        met |= hits
        if not hits and (happening.lines or marked):
            said.append(str(happening))
    said += [f"line {one.line}: {one.kind.value} no {one.name}" for one in marked if one not in met]
    return said


def _spans(tree: ast.Module) -> dict[int, int]:
    """Map each line to the first line of the simple statement, or of the compound one's header, that it belongs to."""
    first: dict[int, int] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        start = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        if body:
            inner = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
            last = max(node.lineno, inner.lineno - 1)
        for line in range(start, last + 1):
            first[line] = start
    return first
