"""The frame of one function under inspection: its state, its loops, its exits, and where its events go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import libcst as cst

from sqla_lint.flow.attempts import Attempt, Handled
from sqla_lint.flow.events import Called, ColumnRead, Committed, Event, Loop, RelationshipRead, Repeating
from sqla_lint.flow.fates import Fates, holds_engine
from sqla_lint.flow.making import Making
from sqla_lint.flow.outcome import Outcome
from sqla_lint.flow.overlapping import Shared
from sqla_lint.flow.places import Numbers, Place, Slice, nodes
from sqla_lint.flow.questions import Ask, CallsAsked, EventAsked, FunctionInfo, Summary
from sqla_lint.flow.state import BEGUN, GONE, HOLDING, IDLE, NEW, State, gather
from sqla_lint.flow.transacted import Held
from sqla_lint.flow.values import UNKNOWN, LocalFunction, Object, Session, Statement, Symbol, Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """The evaluated arguments of a call, with their nodes; `spread` where `*` or `**` hides some."""

    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    nodes: tuple[cst.BaseExpression, ...] = ()
    keyword_nodes: dict[str, cst.BaseExpression] = field(default_factory=dict)
    spread: bool = False

    def first(self) -> Value:
        """The first positional argument, or unknown."""
        return self.positional[0] if self.positional else UNKNOWN

    def get(self, index: int, keyword: str) -> Value | None:
        """The argument at a position or under a keyword."""
        if index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(keyword)

    def all(self) -> Iterator[Value]:
        """Every argument."""
        yield from self.positional
        yield from self.keywords.values()


@dataclass(slots=True)
class Exits:
    """States in which a block is left other than by its end."""

    returned: list[State] = field(default_factory=list)
    raised: list[State] = field(default_factory=list)
    broken: list[State] = field(default_factory=list)
    continued: list[State] = field(default_factory=list)


@dataclass(slots=True)
class Handler:
    """A `try` around the current point. swallows: its handlers go on after a failure. handling: this is a handler.

    failed: it is one that runs only where something went wrong. attempt, caught: what is noted of the `try`, or of it.
    """

    swallows: bool
    loops: int
    handling: bool = False
    failed: bool = False
    attempt: Attempt | None = None
    caught: Handled | None = None


class TooComplex(Exception):
    """A function has more nested loops or branches than can be followed."""


class Frame:
    """One function being walked. The visitor subclass adds what evaluates and executes nodes."""

    def __init__(self, info: FunctionInfo, slice_: Slice, ask: Ask, sink: Callable[[Event], None]) -> None:
        self.info = info
        self.slice = slice_
        self.ask = ask
        self.sink = sink
        self.numbers = Numbers(info.id)
        self.emitting = False
        self.state = State()
        self.exits = Exits()
        self.loops: list[Loop] = []
        self.handlers: list[Handler] = []
        self.handled, self.blocks = dict[int, Handled](), list[str]()
        self.guards: list[cst.BaseExpression | None] = []
        self.deferred: list[tuple[int, int, Event]] = []
        self.outcome = Outcome()
        self.opened: dict[str, Session] = {}
        self.opened_as: dict[str, str] = {}
        self.fates = Fates()
        self.loop_records: dict[int, Loop] = {}
        self.local_functions: dict[str, cst.FunctionDef | cst.Lambda] = {}
        self.inherited: dict[str, str] = {}  # of those, the functions that define what this one only captures
        self.captured_keys: frozenset[str] = frozenset()
        self.current: cst.CSTNode = slice_.module
        self.stopped = False
        self.bare: cst.BaseExpression | None = None
        self.globals: set[str] = set()
        self.steps = 0
        self.calling: frozenset[str] = frozenset()
        self.asked = ask(CallsAsked())
        self.awaiting: cst.BaseExpression | None = None
        self.entering: tuple[cst.BaseExpression | None, str] = (None, "")
        self.in_criteria = False
        self.called: tuple[cst.BaseExpression | None, Value] = (None, UNKNOWN)
        self.revision: object = None
        pairs = ask(EventAsked("WrittenTwice")) or ask(EventAsked("ReadFlushes"))
        self.making = Making(pairs or ask(EventAsked("HalfBuilt")))
        self.held = Held(pairs or ask(EventAsked("BegunTwice")) or ask(EventAsked("Waited")), pairs)

    # What the visitor provides.

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """The value of an expression, its events emitted on the way."""
        raise NotImplementedError

    def read(self, value: Value, name: str, node: cst.CSTNode) -> Value:
        """The value of `value.name`."""
        raise NotImplementedError

    def call(self, callee: Value, arguments: Arguments, node: cst.CSTNode) -> Value:
        """What calling `callee` gives."""
        raise NotImplementedError

    def elements(self, value: Value, node: cst.CSTNode, loop: int) -> Value:
        """What iterating over `value` gives in each turn of `loop` (0: no loop of this function)."""
        raise NotImplementedError

    def await_(self, value: Value) -> Value:
        """What awaiting `value` gives."""
        raise NotImplementedError

    def assign(self, target: cst.BaseExpression, value: Value) -> None:
        """Bind a target to a value."""
        raise NotImplementedError

    def block(self, statements: Sequence[cst.CSTNode], states: list[State]) -> list[State]:
        """Execute statements on every path; the states at their end."""
        raise NotImplementedError

    def summarise_local(self, name: str, arguments: Arguments) -> tuple[FunctionInfo, Summary, dict[str, Value]] | None:
        """What a function defined in this one does when it is called here, and what its names hold then."""
        raise NotImplementedError

    # Places.

    def place(self, node: cst.CSTNode) -> Place:
        """The place of a node of this function."""
        return Place(self.slice, node)

    def number(self, node: cst.CSTNode) -> int:
        """What tells a node from all others, the same in every process."""
        return self.numbers.of(node)

    def site(self, node: cst.CSTNode) -> str:
        """The key of a session that is opened at a node."""
        return f"site:{self.numbers.of(node)}"

    def text(self, node: cst.CSTNode, limit: int = 60) -> str:
        """The source of a node, shortened."""
        text = self.slice.text(node)
        return text if len(text) <= limit else text[: limit - 1] + "…"

    def callee(self, node: cst.BaseExpression) -> str:
        """The name of what is called, arguments on the way left out: `Order(…).save`."""
        match node:
            case cst.Attribute(value=base, attr=cst.Name(value=name)):
                return f"{self.callee(base)}.{name}"
            case cst.Call(func=function, args=arguments):
                return f"{self.callee(function)}({'…' if arguments else ''})"
        return self.text(node, 30)

    def told(self, node: cst.CSTNode) -> str:
        """The source of a node while events are emitted; nobody asks for it before."""
        return self.text(node) if self.emitting else ""

    def batch(self, node: cst.BaseExpression) -> Loop | None:
        """The loop whose variable `node` is: iterated over or handed over whole, it is a batch."""
        if isinstance(node, cst.Name):
            return next((loop for loop in reversed(self.loops) if loop.target == node.value), None)
        return None

    def works_on_batch(self) -> None:
        """Something is written in this turn: where the loop goes through a batch, the loop outside goes by batches."""
        for loop in self.loops:
            if loop.batch_of is not None:
                loop.batch_of.chunks = True

    def note_io(self, what: str) -> None:
        """The function, and the loops around this point, talk to the outside world."""
        self.outcome.io = self.outcome.io or what
        for loop in self.loops:
            loop.io = loop.io or what

    def isolate(self) -> None:
        """A rollback in a handler inside a loop: its items stand on their own."""
        for handler in self.handlers:
            if handler.handling and handler.swallows and handler.loops:
                self.loops[handler.loops - 1].isolates = True

    def after_failure(self, loop: Loop | None) -> bool:
        """Whether this point is reached only where a turn of `loop` has failed; without a loop, where the call has."""
        depth = 0 if loop is None else self.loops.index(loop) + 1
        return any(handler.failed and handler.loops >= depth for handler in self.handlers)

    def gets_connection(self, nodes: tuple[cst.BaseExpression, ...]) -> bool:
        """Whether a session is opened on a given connection: whoever opened that one returns it."""
        texts = [self.text(item).lower() for item in nodes]
        return any("conn" in text or "get_bind" in text or text == "bind" for text in texts)

    # Events.

    def emit(self, event: Event) -> None:
        """Hand an event to the checks, unless the state is still being stabilised."""
        if self.emitting:
            self.sink(event)

    def emit_in(self, loop: Loop, node: cst.CSTNode, event: Event) -> None:
        """Hand over an event once its loop is done, with the answer to: can another turn follow it."""
        self.mark(node)
        if self.emitting:
            self.deferred.append((loop.id, self.number(node), event))

    def mark(self, node: cst.CSTNode) -> None:
        """The current turn of every loop around this point has come by here."""
        number = self.number(node)
        self.state.marks |= {(around.id, number) for around in self.loops}

    def release(self, loop: Loop) -> None:
        """Emit what waited for the end of `loop`."""
        mine = [item for item in self.deferred if item[0] == loop.id]
        self.deferred = [item for item in self.deferred if item[0] != loop.id]
        for _, node, event in mine:
            if isinstance(event, Committed):
                self._release_commit(loop, node, event)
            elif isinstance(event, RelationshipRead | ColumnRead):
                self.sink(event if node in loop.repeated else replace(event, loop=None))
            elif isinstance(event, Called | Repeating):
                self.sink(replace(event, repeats=node in loop.repeated))
            elif isinstance(event, Shared) and node in loop.repeated:
                self.sink(event)

    def _release_commit(self, loop: Loop, node: int, event: Committed) -> None:
        """A commit that ends its loop may still be repeated by the next loop outside, unless this one tries again."""
        outer = self.around(event.session.key) if event.session is not None else None
        if node in loop.repeated or outer is None or loop.retries or loop.polls:
            self.sink(replace(event, repeats=node in loop.repeated))
        else:
            self.deferred.append((outer.id, node, replace(event, loop=outer)))

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Walk without emitting."""
        emitting, self.emitting = self.emitting, False
        try:
            yield
        finally:
            self.emitting = emitting

    # Lives of sessions.

    def open(self, session: Session) -> None:
        """A session was constructed here."""
        self.state.lives[session.key] = frozenset({NEW})
        self.state.begin(session.key)
        self.opened[session.key] = session
        for loop in self.loops:
            loop.opened.add(session.key)

    def entered(self, value: Value) -> None:
        """A block over a session is entered: the loops around it do not repeat what happens to that session."""
        for session in sessions_in(value):
            self.fates.enter(self, session)
            if session.key.startswith("site:"):
                for loop in self.loops:
                    loop.opened.add(session.key)

    def set_life(self, session: Session, life: str) -> None:
        """From here on the session is in this state, but for those that someone else closes."""
        known = self.state.lives.get(session.key)
        if known is None:
            return
        if life == GONE:
            self.state.lives[session.key] = frozenset({GONE})
        elif known == frozenset({GONE}):
            return
        elif not (life == IDLE and known == frozenset({NEW})):
            self.state.lives[session.key] = frozenset({life})

    def sends(self, session: Session) -> None:
        """The session runs SQL: it holds a connection, and the call may fail."""
        self.fates.use(self, session)
        self.set_life(session, BEGUN)
        self.may_raise()

    def may_raise(self) -> None:
        """The current point may be left by an exception."""
        if any(life & HOLDING for life in self.state.lives.values()) or self.handlers:
            self.exits.raised.append(self.state.copy())
            if len(self.exits.raised) > _MANY:
                self.exits.raised = gather(self.exits.raised)

    def step(self) -> None:
        """Count a statement; nested loops multiply them. Raises TooComplex."""
        self.steps += 1
        if self.steps > _MOST_STEPS + _STEPS_PER_LINE * self.slice.lines:
            raise TooComplex(f"`{self.info.name}` branches and loops too much to be followed")

    def stop(self) -> None:
        """The current point is not passed: what follows on this path is not reached."""
        self.exits.raised.append(self.state.copy())
        self.stopped = True

    def escape(self, value: Value) -> None:
        """A value is handed to someone who may keep it; a function takes along what it captures."""
        if isinstance(value, Symbol) and len(value.path) == 1:
            self.outcome.escapes.add(value.path[0])
        self.fates.keeps_engine = self.fates.keeps_engine or holds_engine(value)
        if isinstance(value, LocalFunction):
            for captured in self.captured_by(value.name):
                self.escape(captured)
        for session in sessions_in(value):
            self.state.begun.pop(session.key, None)
            self.held.kept.add(session.key)
            if session.key in self.state.lives:
                self.set_life(session, GONE)
            elif session.key.startswith("param:") and not isinstance(value, Statement):
                self.outcome.escapes.add(session.key.removeprefix("param:"))

    def around(self, key: str) -> Loop | None:
        """The innermost loop around the current point that does not itself open the session `key`."""
        for loop in reversed(self.loops):
            return None if key in loop.opened else loop
        return None

    def captured_by(self, function: str) -> list[Value]:
        """The sessions of this function that a nested function or lambda mentions."""
        node = self.local_functions.get(function)
        if node is None or not (self.state.lives or self.info.parameters):
            return []
        names = {found.value for found in nodes(node) if isinstance(found, cst.Name)}
        held = (self.state.names.get(name) for name in names)
        return [value for value in held if isinstance(value, Session)]

    def in_loop(self, loop_id: int) -> Loop | None:
        """The active loop of that id."""
        return next((loop for loop in self.loops if loop.id == loop_id), None)


_MANY = 12
_MOST_STEPS = 20_000
_STEPS_PER_LINE = 50


# The fields of values that may hold further values, in the order in which they are searched, and those of each type.
_HOLDING = ("values", "items", "element", "entered", "result", "session", "value", "bound", "receiver")
_HELD_BY: dict[type[Value], tuple[str, ...]] = {}


def sessions_in(value: Value, depth: int = 0) -> Sequence[Session]:
    """The sessions that a value is or holds."""
    if isinstance(value, Session):
        return (value,)
    kind = type(value)
    if kind is Object:
        return [session for _, item in value.fields for session in sessions_in(item, depth + 1)]  # type: ignore
    if kind not in _HELD_BY:
        _HELD_BY[kind] = tuple(name for name in _HOLDING if hasattr(value, name))
    found: list[Session] = []
    for name in _HELD_BY[kind] if depth < 4 else ():
        inner = getattr(value, name)
        for part in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(part, Value):
                found += sessions_in(part, depth + 1)
    return found


def path_of(node: cst.BaseExpression) -> str:
    """`a.b.c` of a chain of names, else an empty string."""
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if type(node) is not cst.Name:
        return ""
    parts.append(node.value)
    return ".".join(reversed(parts))
