"""Shows what the visitor knows at a point: walks the functions of a case and compares with its markers.

| marker                                       | says                                                                  |
|----------------------------------------------|-----------------------------------------------------------------------|
| `reveal(x)  # revealed: Session(…)`          | what `x` is here, as `rendering` spells it; what several paths know is|
|                                              | separated by ` / `, sorted; `never` where no path comes by            |
| `life(session)  # alive: begun`              | the lives that a session opened here can have at this point           |
| `session = Session()  # left: closed`        | the lives in which it is left when the function ends normally, and    |
|                                              | after ` / ` those on exceptional exits, where there are any           |
| `def f(…):  # summary: commits(session)`     | what callers that hand over sessions or rows learn of it, in any order|
| `print(x.id)  # reads: id expired detached`  | which columns and relationships are read here without being at hand,  |
|                                              | and why; `nothing` where all are                                      |
| `def f(…):  # summary(commit=True): …`       | the same, called with that flag                                       |
| `session.commit()  # event: ValueDropped(…)` | what the checks are told there, as `telling` spells it; several are   |
|                                              | separated by ` / `, sorted. In a case with one, all must be marked    |

Every call of `reveal` and `life` needs its marker and every marker its line; a summary and a `left` may be left out.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import libcst as cst

from sqla_lint.flow.events import ColumnRead, Event, RelationshipRead, ScopeLeft
from sqla_lint.flow.questions import SummaryOf
from sqla_lint.flow.values import Constant, Session, Value
from sqla_lint.flow.visitor import Visitor
from sqla_lint.project.suspects import MODULE_BODY
from sqla_lint.survey.facts import Facts
from tests.flow.cases import FLOW_KINDS, Case, CaseError, Mark, parts
from tests.flow.rendering import Renderer
from tests.flow.telling import telling


@dataclass(slots=True)
class Notes:
    """What was seen while one root was walked: lines with what was revealed there, and sessions left."""

    renderer: Renderer
    shown: dict[tuple[int, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    left: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    events: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    read: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __call__(self, event: Event) -> None:
        """Take the place of the checks."""
        if isinstance(event, ScopeLeft):
            exits = (lives(event.normal), lives(event.exceptional))
            self.left[event.place.span.line].add(" / ".join(item for item in exits if item))
        elif isinstance(event, ColumnRead):
            self._read(event, event.column, event.why)
        elif isinstance(event, RelationshipRead) and (event.emits_sql or event.detached):
            self._read(event, event.relationship, "per row" if event.loop is not None else "")
        elif told := telling(event):
            self.events[event.place.span.line].add(told)

    def _read(self, event: ColumnRead | RelationshipRead, name: str, why: str) -> None:
        told = [name, why, "detached" if event.detached else "", "async" if event.asynchronous else ""]
        self.read[event.place.span.line].add(" ".join(item for item in told if item))


class Revealing(Visitor):
    """The real visitor, which notes what it knows where `reveal` and `life` are called; neither has any effect."""

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """Evaluate a node; of the two, only the argument."""
        match node:
            case cst.Call(func=cst.Name(value="reveal" | "life" as word), args=[cst.Arg(value=inner)]):
                value = super().evaluate(inner)
                # Walks that only sum a function up have another sink.
                if self.emitting and isinstance(self.sink, Notes):
                    line = self.place(node).span.line
                    self.sink.shown[line, word].add(self._shown(word, value, self.sink))
                return value
        return super().evaluate(node)

    def _shown(self, word: str, value: Value, notes: Notes) -> str:
        if word == "reveal":
            return notes.renderer.value(value)
        key = value.key if isinstance(value, Session) else ""
        return lives(self.state.lives.get(key, frozenset())) or "not opened here"


def lives(life: frozenset[str]) -> str:
    """The states of a life, in order."""
    return "|".join(sorted(life))


def renderer(case: Case) -> Renderer:
    """The renderer for the classes of a case."""
    every = [item.rpartition(".")[2] for facts in case.files.values() for item in facts.classes]
    return Renderer(Counter(every))


def roots(case: Case) -> list[tuple[str, str]]:
    """The (path, function) pairs of a case that are walked: its functions and the bodies of its modules."""
    found: list[tuple[str, str]] = []
    for path in case.texts:
        facts = case.files[path]
        found += [(path, name) for name, fact in facts.functions.items() if fact.nested_in not in facts.functions]
        found.append((path, MODULE_BODY))
    return found


def disagreements(case: Case, path: str, qualname: str) -> list[str]:
    """Say, line by line, where the visitor's knowledge in one root and the markers of its lines differ."""
    facts = case.files[path]
    notes = Notes(renderer(case))
    with patch("sqla_lint.flow.visitor.Visitor", Revealing):
        case.project.inspect(facts, qualname, notes)
    lines = _lines(case, path, qualname)
    marked = [mark for mark in case.marks(FLOW_KINDS) if mark.line in lines]
    said: list[str] = []
    for line, word in _calls(case, path, lines):
        kind = {"reveal": "revealed", "life": "alive"}[word]
        wanted = [mark.text for mark in marked if mark.kind == kind and mark.line == line]
        found = " / ".join(sorted(notes.shown[line, word])) or "never"
        if wanted != [found]:
            said.append(f"line {line}: {word} shows {found}, the marker says {' '.join(wanted) or 'nothing'}")
    said += _unplaced(case, path, lines, marked)
    for mark in marked:
        if mark.kind == "left" and notes.left.get(mark.line, set()) != {mark.text}:
            said.append(f"line {mark.line}: the session is left {notes.left.get(mark.line)}, not {mark.text}")
        elif mark.kind == "reads" and (notes.read.get(mark.line) or {"nothing"}) != parts(mark.text):
            said.append(
                f"line {mark.line}: {', '.join(sorted(notes.read.get(mark.line, ())))} is read, not {mark.text}"
            )
        elif mark.kind == "summary":
            said += _summary(case, facts, mark, notes.renderer)
    return said + (_events(notes, lines, marked) if "# event:" in case.text else [])


def _events(notes: Notes, lines: frozenset[int], marked: list[Mark]) -> list[str]:
    told = {line: " / ".join(sorted(found)) for line, found in notes.events.items() if line in lines}
    wanted = {mark.line: mark.text for mark in marked if mark.kind == "event"}
    return [
        f"line {line}: the checks are told {told.get(line, 'nothing')}, not {wanted.get(line, 'nothing')}"
        for line in sorted({**told, **wanted})
        if told.get(line) != wanted.get(line)
    ]


def _lines(case: Case, path: str, qualname: str) -> frozenset[int]:
    """The lines of a root; those of a module are what its functions leave."""
    facts = case.files[path]
    spans = {name: range(fact.line, fact.end_line + 1) for name, fact in facts.functions.items()}
    if qualname != MODULE_BODY:
        return frozenset(spans[qualname])
    text = case.texts[path]
    first = next(number for number, line in enumerate(text.splitlines(), 1) if line.strip())
    own = range(first, text.count("\n") + 1)
    return frozenset(own) - {line for span in spans.values() for line in span}


def _calls(case: Case, path: str, lines: frozenset[int]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(case.texts[path])):
        match node:
            case ast.Call(func=ast.Name(id="reveal" | "life" as word)) if node.lineno in lines:
                yield node.lineno, word


def _unplaced(case: Case, path: str, lines: frozenset[int], marked: list[Mark]) -> Iterator[str]:
    words = {"revealed": "reveal", "alive": "life"}
    calls = set(_calls(case, path, lines))
    for mark in marked:
        if mark.kind in words and (mark.line, words[mark.kind]) not in calls:
            yield f"line {mark.line}: there is no {words[mark.kind]} here for `{mark.kind}`"


def _summary(case: Case, facts: Facts, mark: Mark, told: Renderer) -> Iterator[str]:
    qualname = next((name for name, fact in facts.functions.items() if _header(case, facts, name) == mark.line), None)
    if qualname is None:
        raise CaseError(f"line {mark.line}: a summary stands on the line of a `def`")
    fact = facts.functions[qualname]
    given = dict(item.strip().split("=") for item in mark.flags.split(",") if item)
    flags = tuple((item.name, Constant(ast.literal_eval(given[item.name]))) for item in fact.parameters
                      if item.name in given)  # fmt: skip
    if len(flags) != len(given):
        raise CaseError(f"line {mark.line}: {qualname} has not all of the parameters {mark.flags}")
    summary = case.project.ask(SummaryOf(f"{facts.module}:{qualname}", "", flags, closely=True))
    found = frozenset(told.summary(summary)) or frozenset({"nothing"})
    if found != parts(mark.text):
        yield f"line {mark.line}: the summary is {', '.join(sorted(found))}; the marker says {mark.text}"


def _header(case: Case, facts: Facts, qualname: str) -> int:
    """The line of the `def` itself, below the decorators."""
    fact = facts.functions[qualname]
    for node in ast.walk(ast.parse(case.texts[facts.path])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno == fact.end_line:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if first == fact.line and node.name == fact.name.partition("@")[0]:
                return node.lineno
    return 0


def revealed(text: str) -> list[str]:
    """Return what is shown at each `reveal` of a text, in order of lines; for tests of the harness itself."""
    case = Case("text", text)
    notes = Notes(renderer(case))
    with patch("sqla_lint.flow.visitor.Visitor", Revealing):
        for path, qualname in roots(case):
            case.project.inspect(case.files[path], qualname, notes)
    return [" / ".join(sorted(found)) for _, found in sorted(notes.shown.items())]
