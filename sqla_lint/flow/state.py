"""The abstract state of one path: names, lives of sessions, pending work. Copied at branches, joined after them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from sqla_lint.flow.lattice import bounded, join
from sqla_lint.flow.places import Place
from sqla_lint.flow.values import Constant, Instance, Text, Value

# The states a session's life goes through. "new": no SQL yet; "begun": holds a connection; "idle": its transaction
# ended; "closed"; "gone": someone else closes it from here on. "lent": yielded, in the hands of whoever works with it.
NEW, BEGUN, IDLE, CLOSED, GONE, LENT = "new", "begun", "idle", "closed", "gone", "lent"
Life = frozenset[str]
HOLDING = frozenset({BEGUN, LENT})
# Stands among what a path has done: a session was closed, and nothing was asked of it since.
ENDED = "ended"
# The name by which the state knows what is returned, while blocks are left on the way.
RETURNED = "<returned>"

_NAMES = re.compile(r"[^\W\d]\w*")
_MOST_WORK = 24
# The keys of an application's registry, as `Model.query` and as other code reach it.
_SHARED = ("registry", "global:")


@dataclass(frozen=True, slots=True)
class Work:
    """An object put into the unit of work and not flushed yet.

    kind: "add", "delete", or "update" where an attribute is set that is part of a unique key.
    """

    kind: str
    instance: Instance
    place: Place = field(compare=False)
    via: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Began:
    """What has begun a transaction, as written, and where. sent: a statement in it, so that it keeps a connection."""

    by: str = field(compare=False)
    place: Place = field(compare=False)
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that a session has changed in its transaction, or only `locked`; sent: the database knows of it.

    instance: the row, or what a statement says of it.
    """

    session: str
    instance: Instance
    place: Place = field(compare=False)
    sent: bool = False
    locked: bool = False
    began: Began | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Flag:
    """What a name says that two paths have set to True and to False: the names that hold a row of each path's own.

    joined: what they hold for all that is known; true, false: what each path has left in them.
    """

    joined: dict[str, Value]
    true: dict[str, Value]
    false: dict[str, Value]


@dataclass(slots=True)
class State:
    """What holds at one point of one path.

    marks: (loop, node) of the events of each loop's current turn. loaded: classes whose rows the session
    holds, or one row of a class by the instance that refers to it.
    begun: the sessions that surely are in a transaction. ended: (session, call) of what has ended it in its own block.
    dirty: something may have changed that the next commit writes. done: (op, session) of what surely happened.
    deleted: (session, delete) of what was sent, and not rolled back since.
    failed: (handler, session) where a flush may have failed and nothing has rolled back since. waiting: rows are
    likely to have been added, deleted or changed since the last flush. changed: the rows that surely are. flags: what
    names that are True after one branch and False after the other say of the rest.
    """

    names: dict[str, Value] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    work: dict[str, tuple[Work, ...]] = field(default_factory=dict)
    assumed: dict[str, bool] = field(default_factory=dict)
    marks: frozenset[tuple[int, int]] = frozenset()
    loaded: frozenset[str] = frozenset()
    no_autoflush: frozenset[str] = frozenset()
    dirty: bool = True
    done: frozenset[tuple[str, str]] = frozenset()
    deleted: tuple[tuple[str, Work], ...] = ()
    failed: frozenset[tuple[int, str]] = frozenset()
    waiting: bool = False
    begun: dict[str, Began] = field(default_factory=dict)
    ended: frozenset[tuple[str, int]] = frozenset()
    changed: tuple[Changed, ...] = ()
    flags: dict[str, Flag] = field(default_factory=dict, compare=False)

    def copy(self) -> State:
        """An independent copy."""
        return State(
            dict(self.names),
            dict(self.lives),
            dict(self.work),
            dict(self.assumed),
            self.marks,
            self.loaded,
            self.no_autoflush,
            self.dirty,
            self.done,
            self.deleted,
            self.failed,
            self.waiting,
            dict(self.begun),
            self.ended,
            self.changed,
            dict(self.flags),
        )

    def bind(self, name: str, value: Value) -> None:
        """Give `name` a new value; what was known in terms of its old one is forgotten."""
        self.forget(name)
        self.names[name] = bounded(value)

    def forget(self, name: str) -> None:
        """Drop assumptions and key expressions that mention `name`."""
        self.flags.pop(name, None)
        head = name + "."
        for key in [key for key in self.names if key.startswith(head)]:
            del self.names[key]
        for test in [test for test in self.assumed if name in test and name in _NAMES.findall(test)]:
            del self.assumed[test]
        for key, works in self.work.items():
            if any(_mentions(value, name) for work in works for _, value in work.instance.values):
                self.work[key] = tuple(replace(work, instance=_without(work.instance, name)) for work in works)
        for key, value in self.names.items():
            if type(value) is Instance and any(_mentions(item, name) for _, item in value.values):
                self.names[key] = _without(value, name)

    def told_by(self, name: str, truth: bool) -> None:
        """A flag is tested: what its path has left in other names stands again, as far as they hold that still."""
        flag = self.flags.get(name)
        if flag is not None:
            own = flag.true if truth else flag.false
            self.names.update((key, own[key]) for key, value in flag.joined.items() if self.names.get(key) is value)

    def pending(self, session: str) -> tuple[Work, ...]:
        """The work not yet flushed of a session."""
        return self.work.get(session, ())

    def put(self, session: str, work: Work) -> None:
        """Add to the unit of work of a session."""
        known = self.pending(session)
        if work not in known and len(known) < _MOST_WORK:
            self.work[session] = (*known, work)

    def begin(self, session: str) -> None:
        """A session is opened: nothing waits in it, and nothing has failed."""
        self.work.pop(session, None)
        self.done -= {(ENDED, session)}
        self.failed = frozenset(item for item in self.failed if item[1] != session)

    def withdraw(self, session: str, identities: set[int]) -> None:
        """Some objects are taken out of a session before it has written them."""
        self.work[session] = tuple(work for work in self.pending(session) if work.instance.identity not in identities)

    def flush(self, session: str) -> None:
        """The work of a session is written."""
        works = self.work.pop(session, ())
        if session.startswith(_SHARED):  # names of one and the same session
            works += tuple(work for key in [*self.work] if key.startswith(_SHARED) for work in self.work.pop(key))
        sent = tuple((session, work) for work in works if work.kind == "delete")
        self.deleted = tuple(dict.fromkeys((*self.deleted, *sent)))

    def age(self, before: State) -> None:
        """A turn of a loop is over: what it put into the unit of work belongs to another item from here on."""
        self.deleted = tuple(item for item in self.deleted if item in before.deleted)
        for key, works in self.work.items():
            known = before.pending(key)
            self.work[key] = tuple(
                work if work in known else replace(work, instance=replace(work.instance, identity=0, values=()))
                for work in works
            )


def _mentions(value: Value, name: str) -> bool:
    return isinstance(value, Text) and name in _NAMES.findall(value.text)


def _without(instance: Instance, name: str) -> Instance:
    return replace(instance, values=tuple(item for item in instance.values if not _mentions(item[1], name)))


def join_states(states: Sequence[State]) -> State | None:
    """The least state that covers all of `states`; None where there are none."""
    if len(states) == 1:
        return states[0].copy()
    return reduce(_join_two, states) if states else None


def _join_two(left: State, right: State) -> State:
    names = dict(left.names)
    switched: list[str] = []
    for name, value in right.names.items():
        known = names.get(name)
        if known is not value:  # paths have most of their names in common
            names[name] = value if known is None else join(known, value)
            if type(value) is Constant and type(known) is Constant and {value.value, known.value} == _BOTH:
                switched.append(name)
    lives = {
        key: left.lives.get(key, frozenset()) | right.lives.get(key, frozenset())
        for key in {**left.lives, **right.lives}
    }
    work = {
        key: tuple(dict.fromkeys([*left.pending(key), *right.pending(key)]))[:_MOST_WORK]
        for key in {**left.work, **right.work}
    }
    assumed = {test: truth for test, truth in left.assumed.items() if right.assumed.get(test) == truth}
    return State(
        names,
        lives,
        work,
        assumed,
        left.marks | right.marks,
        left.loaded | right.loaded,
        left.no_autoflush & right.no_autoflush,
        left.dirty or right.dirty,
        left.done & right.done,
        tuple(item for item in left.deleted if item in right.deleted),
        left.failed | right.failed,
        left.waiting or right.waiting,
        {key: right.begun[key] if began.sent else began for key, began in left.begun.items() if key in right.begun},
        left.ended | right.ended,
        tuple(item for item in left.changed if item in right.changed),
        {name: flag for name, flag in left.flags.items() if right.flags.get(name) is flag}
        | {name: _flag(name, names, left, right) for name in switched},
    )


_BOTH = {True, False}


def _flag(name: str, names: dict[str, Value], left: State, right: State) -> Flag:
    """What a name says that is True on one of two paths, and False on the other."""
    true, false = (left, right) if left.names[name] == Constant(True) else (right, left)
    mine = [
        key
        for key, value in right.names.items()
        if type(value) is Instance and key in left.names and left.names[key] != value
    ]
    return Flag(
        {key: names[key] for key in mine},
        {key: true.names[key] for key in mine},
        {key: false.names[key] for key in mine},
    )


def adds_only_names(before: State, after: State) -> bool:
    """Whether a turn of a loop has changed nothing of what it found at its head: at most it has bound other names."""
    if any(after.names.get(name) != value for name, value in before.names.items()):
        return False
    # A turn begins with no marks, and with nothing to write as far as it knows.
    return replace(after, names=before.names, marks=before.marks, dirty=before.dirty) == before


_MOST_PATHS = 4


def gather(states: Iterable[State]) -> list[State]:
    """Merge the states of paths that meet; a few whose sessions live differently, or have failed, stay apart."""
    groups: dict[tuple[object, ...], list[State]] = {}
    for state in states:
        groups.setdefault((*sorted(state.lives.items()), state.failed, state.ended), []).append(state)
    merged = [joined for group in groups.values() if (joined := join_states(group)) is not None]
    if len(merged) <= _MOST_PATHS:
        return merged
    joined = join_states(merged)
    return [joined] if joined is not None else []
