"""What answers were worked out from: the questions asked on the way, down to those that facts and source answer.

A record of what some work has asked, each question with a digest of its answer, says when the work need not be done
again: whenever every question gets the same answer. "There is no such thing" is an answer too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from sqla_lint.cache import digest
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import InjectedBy, KeepsRowOf, KeptIn, Question, SummaryOf

# The answers to these come of walking functions: they are told by what the walks have asked. So are the answers to
# whatever asks one of them.
_WALKED = (SummaryOf, InjectedBy, KeptIn, KeepsRowOf)
_SET = "set"

AnyQuestion = Question[Any]


class Records:
    """Which questions were asked while others were answered. Inside they are numbers, which are quick to compare."""

    def __init__(self) -> None:
        self._numbers: dict[AnyQuestion, int] = {}
        self._questions: list[AnyQuestion] = []
        self._open: list[set[int]] = []
        self._behind: dict[int, frozenset[int]] = {}

    def note(self, question: AnyQuestion) -> None:
        """Something that is under way has asked a question."""
        if self._open:
            self._open[-1].add(self._number(question))

    def begin(self) -> None:
        """From here on questions belong to what begins now."""
        self._open.append(set())

    def end(self, question: AnyQuestion | None = None) -> frozenset[int]:
        """What began last is done; return the numbers of what it asked. `question`: what it answers."""
        asked = frozenset(self._open.pop())
        if question is not None and (isinstance(question, _WALKED) or any(map(self._comes_of_walks, asked))):
            number = self._number(question)
            if asked or number not in self._behind:
                self._behind[number] = asked
        return asked

    def _comes_of_walks(self, number: int) -> bool:
        return number in self._behind or isinstance(self._questions[number], _WALKED)

    def grounds(self, asked: Iterable[int]) -> list[int]:
        """The questions behind some questions, those that facts and source answer."""
        found: set[int] = set()
        todo = list(asked)
        while todo:
            number = todo.pop()
            if number not in found:
                found.add(number)
                todo += self._behind.get(number, ())
        return sorted(number for number in found if number not in self._behind)

    def question(self, number: int) -> AnyQuestion:
        """The question of that number."""
        return self._questions[number]

    def _number(self, question: AnyQuestion) -> int:
        number = self._numbers.get(question)
        if number is None:
            number = self._numbers[question] = len(self._questions)
            self._questions.append(question)
        return number


def digest_of(answer: object) -> str:
    """Return a digest of an answer, the same for equal answers in every process."""
    return digest(_spelled(answer))


def _spelled(value: Any) -> str:
    """A text that is equal for equal values alone; of a place only what is known without its tree."""
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int:
        return repr(value)
    names = getattr(kind, "__dataclass_fields__", None)
    if names is not None:
        return f"{kind.__name__}({','.join(_spelled(getattr(value, name)) for name in names)})"
    match value:
        case tuple() | list():
            return f"({','.join(map(_spelled, value))})"
        case frozenset() | set():
            return f"{{{','.join(sorted(map(_spelled, value)))}}}"
        case Mapping():
            return f"[{','.join(f'{_spelled(key)}:{_spelled(held)}' for key, held in value.items())}]"
        case Place():
            return f"{value.outside}{value.span}" if value.node is None else "somewhere"
    return f"{kind.__name__} {value!r}"


def written(question: AnyQuestion) -> str:
    """Return a question as text."""
    return json.dumps([type(question).__name__, *(_plain(getattr(question, item.name)) for item in fields(question))])


def read_back(text: str, kinds: Mapping[str, type[AnyQuestion]]) -> AnyQuestion:
    """Return the question that was written, of one of these kinds. Raises ValueError, TypeError or LookupError."""
    kind, *given = json.loads(text)
    made: AnyQuestion = kinds[kind](*map(_valued, given))
    return made


def _plain(value: Any) -> Any:
    return {_SET: sorted(value)} if isinstance(value, frozenset) else value


def _valued(value: Any) -> Any:
    match value:
        case list():
            return tuple(map(_valued, value))
        case {"set": items}:
            return frozenset(items)
    return value


Entry = tuple[int, str, str]  # what names a question with its answer, the question, a digest of the answer


class Ledger:
    """Names the pairs of a question and its answer by numbers that every process knows, and tells each once."""

    def __init__(self, records: Records, ask: Callable[[AnyQuestion], object]) -> None:
        self._records = records
        self._ask = ask
        self._named: dict[int, int] = {}

    def enter(self, asked: Iterable[int]) -> tuple[tuple[int, ...], tuple[Entry, ...]]:
        """The names of some recorded questions with their answers, and those that are told for the first time."""
        names, told = [], []
        for number in asked:
            name = self._named.get(number)
            if name is None:
                question = self._records.question(number)
                text, answer = written(question), digest_of(self._ask(question))
                name = self._named[number] = int(digest(text, answer)[:13], base=16)
                told.append((name, text, answer))
            names.append(name)
        return tuple(names), tuple(told)
