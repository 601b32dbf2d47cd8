"""Summaries of functions that call each other: the head of a cycle is summed up again until nothing changes.

A summary that met an open one is provisional: it holds for the present turn of the cycle and is never kept, so that
what is kept depends on the functions alone and not on who asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import islice

from sqla_lint.flow.lattice import join
from sqla_lint.flow.questions import Effect, Read, Summary, SummaryOf
from sqla_lint.flow.values import NEVER, UNKNOWN, Value

# A summary holds on to the trees of the functions it is about: what was not asked for longest is summed up again.
_MOST_KEPT = 3000
_MOST_TURNS = 5
_DEEPEST = 300
_NO_CYCLE = 1 << 30
# The first guess of what a function in a cycle does: nothing, and it gives no value to join with others.
_NOTHING_YET = Summary(known=True, returns=NEVER)


class Summaries:
    """Keeps summaries, and works them out with `sum_up`."""

    def __init__(self, sum_up: Callable[[SummaryOf], Summary]) -> None:
        self._sum_up = sum_up
        self._kept: dict[SummaryOf, Summary] = {}
        self._open: dict[SummaryOf, int] = {}
        self._guesses: dict[SummaryOf, Summary] = {}
        self._provisional: dict[SummaryOf, tuple[int, Summary]] = {}
        self._head = _NO_CYCLE

    def answer(self, question: SummaryOf) -> Summary:
        """The summary that answers a question; a provisional one while a cycle is open."""
        if question in self._kept:
            known = self._kept[question] = self._kept.pop(question)
            return known
        if question in self._open:
            self._head = min(self._head, self._open[question])
            return self._guesses.get(question, _NOTHING_YET)
        if question in self._provisional:
            head, summary = self._provisional[question]
            self._head = min(self._head, head)
            return summary
        if len(self._open) >= _DEEPEST:
            return Summary()
        return self._work_out(question)

    def shrink(self) -> None:
        """Let go of what was not asked for longest. For between two walks: within one the same ones are asked often."""
        for question in [*islice(self._kept, max(len(self._kept) - _MOST_KEPT, 0))]:
            del self._kept[question]

    def _work_out(self, question: SummaryOf) -> Summary:
        index, outer = len(self._open), self._head
        self._open[question] = index
        summary = Summary()
        for _ in range(_MOST_TURNS):
            self._head = _NO_CYCLE
            summary = self._sum_up(question)
            if self._head != index or summary == self._guesses.get(question):
                break  # no cycle, or another function is its head, or nothing changed
            self._guesses[question] = summary
            self._drop_provisional(index)
        del self._open[question]
        self._guesses.pop(question, None)
        if self._head < index:
            self._provisional[question] = (self._head, summary)
        else:
            summary = replace(summary, returns=UNKNOWN) if summary.returns == NEVER else summary
            self._kept[question] = summary
            self._drop_provisional(index)
            self._head = _NO_CYCLE
        self._head = min(self._head, outer)
        return summary

    def _drop_provisional(self, index: int) -> None:
        """What was worked out upon the last guess of the function at `index` holds no longer."""
        stale = [question for question, (head, _) in self._provisional.items() if head >= index]
        for question in stale:
            del self._provisional[question]


def join_summaries(summaries: list[Summary]) -> Summary:
    """What any of several functions may do, one of which is called; unknown where one of them is, or there are none."""
    if not summaries or not all(summary.known for summary in summaries):
        return Summary()
    first, *others = summaries
    for other in others:
        first = _join_two(first, other)
    return first


def _join_two(left: Summary, right: Summary) -> Summary:
    yields = [item for item in (left.yields, right.yields) if item is not None]
    return Summary(
        known=True,
        returns=join(left.returns, right.returns),
        yields=reduce(join, yields) if yields else None,
        effects=tuple(_join_effects(left, right)),
        reads=_join_reads(left.reads, right.reads),
        escapes=left.escapes | right.escapes,
        io=left.io or right.io,
        returns_normally=left.returns_normally or right.returns_normally,
        name=left.name,
        sets=left.sets | right.sets,
        wants=left.wants | right.wants,
        loads=left.loads & right.loads,
        fills=_join_fills(left, right),
    )


def _join_fills(left: Summary, right: Summary) -> tuple[tuple[str, Value], ...]:
    fills = dict(left.fills)
    for name, value in right.fills:
        fills[name] = join(fills.get(name, NEVER), value)
    return tuple(sorted(fills.items(), key=lambda item: item[0]))


def _join_reads(left: tuple[Read, ...], right: tuple[Read, ...]) -> tuple[Read, ...]:
    """The reads of both, one per path: of two, the one that needs no failure."""
    by_path: dict[tuple[str, ...], Read] = {}
    for read in (*right, *left):
        if not read.after_failure or by_path.get(read.path, read).after_failure:
            by_path[read.path] = read
    return tuple(by_path.values())


def _join_effects(left: Summary, right: Summary) -> Iterator[Effect]:
    """What only one of them does is neither sure nor usual."""
    for summary, other in ((left, right), (right, left)):
        known = {(effect.op, effect.session, effect.instance): effect for effect in other.effects}
        for effect in summary.effects:
            same = known.get((effect.op, effect.session, effect.instance))
            if same is None:
                yield replace(effect, must=False, usual=False)
            elif summary is left:
                yield replace(effect, must=effect.must and same.must, usual=effect.usual and same.usual)
