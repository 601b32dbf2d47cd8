"""The visitor: walks one function with an abstract state, emits events, and sums up what the function does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow import attributes, blocks, calls, expressions, instances, nested, statements
from sqla_lint.flow.blocking import note_blocked
from sqla_lint.flow.dropped import note_used
from sqla_lint.flow.endings import UsedAgain
from sqla_lint.flow.engines import tell_engines
from sqla_lint.flow.events import Event, ScopeLeft
from sqla_lint.flow.failures import passed_over, tell_caught
from sqla_lint.flow.fielded import carries
from sqla_lint.flow.frame import Arguments, Exits, Frame, sessions_in
from sqla_lint.flow.given import bind, told
from sqla_lint.flow.guesses import DynamicNamed
from sqla_lint.flow.helping import asked_always
from sqla_lint.flow.keeping import tell_kept, tell_registries
from sqla_lint.flow.kept import kept_at_end, put_there
from sqla_lint.flow.lattice import join
from sqla_lint.flow.lending import lives_of, note_late, tell_lent, tell_returned
from sqla_lint.flow.loaded import as_left
from sqla_lint.flow.locking import tell_locked
from sqla_lint.flow.mistaken import note_arguments
from sqla_lint.flow.places import Slice, nodes
from sqla_lint.flow.queries import awaited, collection, rows_of
from sqla_lint.flow.questions import Ask, Effect, FunctionInfo, Given, Summary
from sqla_lint.flow.removed import note_removed
from sqla_lint.flow.sharing import note_shared, note_waited
from sqla_lint.flow.state import BEGUN, RETURNED, State, join_states
from sqla_lint.flow.substitution import Binding
from sqla_lint.flow.telling import called
from sqla_lint.flow.transactions import lost
from sqla_lint.flow.unflushed import note_unflushed
from sqla_lint.flow.unwritten import as_written
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    FunctionValue,
    Instance,
    LocalFunction,
    Mapping,
    Object,
    OneOf,
    Producer,
    Reflection,
    Result,
    Session,
    Statement,
    Symbol,
    TupleValue,
    Value,
    derived,
)
from sqla_lint.flow.walkers import turn_of
from sqla_lint.flow.wanting import want_class

# So far are calls of nested functions that call each other followed, and functions inside functions.
_MOST_CALLING = 2
_MOST_NESTED = 3


class Visitor(Frame):
    """One function, walked: `evaluate` and `block` dispatch on the type of the libcst node."""

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """The value of an expression."""
        handler = expressions.TABLE.get(type(node))
        return handler(self, node) if handler else expressions.parts(self, node)

    def block(self, body: Sequence[cst.CSTNode], states: list[State]) -> list[State]:
        """Execute statements on every path."""
        return statements.run_block(self, body, states)

    def assign(self, target: cst.BaseExpression, value: Value) -> None:
        """Bind a target."""
        statements.assign(self, target, value, None)

    def read(self, value: Value, name: str, node: cst.CSTNode) -> Value:
        """The value of an attribute."""
        return attributes.read(self, value, name, node)

    def call(self, callee: Value, arguments: Arguments, node: cst.CSTNode) -> Value:
        """What a call gives."""
        note_removed(self, callee, arguments, node)
        note_arguments(self, callee, arguments, node)
        return note_shared(self, callee, arguments, node, calls.call(self, callee, arguments, node))

    def await_(self, value: Value) -> Value:
        """What awaiting gives; a coroutine's result, or the value itself."""
        note_waited(self, value)
        return awaited(value)

    def summarise_local(self, name: str, arguments: Arguments) -> tuple[FunctionInfo, Summary, Binding] | None:
        """What a function defined in this one does when it is called here, with what it captures now."""
        node = self.local_functions.get(name)
        if not isinstance(node, cst.FunctionDef) or name in self.calling:
            return None
        if len(self.calling) > _MOST_CALLING:
            return None
        info = nested.local_signature(self, node)
        inner = self.inside(info, lambda event: None)
        inner.captured_keys = frozenset(self.state.lives) | self.captured_keys
        binding = bind(info, None, arguments)
        given = told(self, info, binding, arguments)
        ends = inner.run(blocks.body_of(node.body), entry_state(info, self.state, given))
        binding = {**self.state.names, **binding}
        nested.bind_outer(self, node, ends, binding, node)
        return info, _summary(inner, info, ends), binding

    def inside(self, info: FunctionInfo, sink: Callable[[Event], None]) -> Visitor:
        """The frame of a function defined in this one, or around it: it knows those that are defined there."""
        inner = Visitor(info, self.slice, self.ask, sink)
        inner.numbers = self.numbers
        inner.local_functions = dict(self.local_functions)
        inner.inherited = {name: self.inherited.get(name, self.info.id) for name in self.local_functions}
        inner.calling = self.calling | {info.name}
        inner.making.makes = self.making.makes
        return inner

    def sends(self, session: Session) -> None:
        """The session runs SQL."""
        note_blocked(self, session)
        super().sends(session)

    def elements(self, value: Value, node: cst.CSTNode, loop: int) -> Value:
        """What one turn of iterating over `value` gives; iterating over a Query executes it."""
        note_used(self, value, "iteration", node)
        if isinstance(value, Statement) and value.kind == "query":
            value = rows_of(self, value, node) if loop == 0 else collection(self, value, node)
        if isinstance(value, OneOf):
            found = [self.elements(item, node, loop) for item in value.values if not isinstance(item, Constant)]
            return reduce(join, found) if found else UNKNOWN
        if isinstance(value, Result):
            note_late(self, value, node)
            return instances.in_rows(instances.rooted(value.element, value.producer), loop)
        if isinstance(value, Mapping):
            return instances.in_rows(UNKNOWN if value.key == NEVER else value.key, loop)
        if isinstance(value, Reflection):
            return turn_of(value)
        if isinstance(value, Instance):
            given = called(self, value, ("__iter__",), node)
            return UNKNOWN if given is None or isinstance(given, Instance) else self.elements(given, node, loop)
        if isinstance(value, Object) and not value.row:
            return self._by_method(value, node, loop)
        if isinstance(value, Symbol) and self.ask(DynamicNamed(value.path[-1]))[0]:
            want_class(self, value)
        return instances.element_of(self, value, loop)

    def _by_method(self, value: Object, node: cst.CSTNode, loop: int) -> Value:
        """What one turn of iterating over an object gives that has a method for it."""
        method = self.read(value, "__iter__", node)
        given = self.call(method, Arguments(), node) if isinstance(method, FunctionValue) else UNKNOWN
        return UNKNOWN if isinstance(given, Object) else self.elements(given, node, loop)

    def run(self, body: Sequence[cst.CSTNode], state: State) -> list[State]:
        """Walk a function body from an initial state; the states in which it is left normally."""
        self.emitting = True
        self.exits = Exits()
        ends = self.block(body, [state])
        return [*ends, *self.exits.returned]


def entry_state(info: FunctionInfo, captured: State | None = None, given: Given = ()) -> State:
    """The state in which a function starts: its parameters, what it is called with, the names it captured."""
    state = State(dirty=False)
    known = dict(given)
    if captured is not None:
        state.names.update(captured.names)
        state.loaded = captured.loaded
    for parameter in info.parameters:
        value = known.get(parameter.name) or _parameter(parameter.name, parameter.value, parameter.kind)
        if isinstance(value, ClassValue) and parameter.name in known:
            value = replace(value, root=(parameter.name,))
        elif isinstance(value, Collection) and parameter.name in known:
            value = replace(value, producer=Producer(False, root=(parameter.name,)))
        elif isinstance(value, Instance | Object) and parameter.name in known:
            value = _parameter(parameter.name, value, parameter.kind)
        state.bind(parameter.name, value)
    return state


def _parameter(name: str, value: Value, kind: str) -> Value:
    """A parameter's value, rooted in its name so that what happens to it can be told to callers."""
    root = Producer(False, root=(name,))
    match value:
        case Session(owner="caller"):
            return replace(value, key=f"param:{name}")
        case Instance():
            return replace(value, producer=root, identity=derived(1, name))
        case Collection(element=Instance() as element):
            rows = derived(1, f"{name}{instances.EACH}")
            return replace(value, element=replace(element, producer=root, identity=rows), producer=root)
        case Collection(element=element) if element == UNKNOWN and kind == "plain":
            return replace(value, element=Symbol((name, instances.EACH)), producer=root)
        case Mapping(value=Instance() as held):
            held = replace(held, producer=Producer(False, root=(name, instances.VALUE)))
            return replace(value, value=held)
        case Mapping(value=Collection(element=Instance() as element) as rows):
            within = Producer(False, root=(name, instances.VALUE))
            return replace(value, value=replace(rows, element=replace(element, producer=within), producer=within))
        case Object():
            return replace(value, root=(name,))
        case Value() if value == UNKNOWN and kind != "kwargs":
            return Symbol((name,))
    return value


def walk(
    info: FunctionInfo,
    slice_: Slice,
    node: cst.FunctionDef | None,
    ask: Ask,
    sink: Callable[[Event], None],
    given: Given = (),
) -> Summary:
    """Walk a function (or, where `node` is None, the module body of the slice): events to `sink`, its summary back."""
    visitor = Visitor(info, slice_, ask, sink)
    body: Sequence[cst.CSTNode] = slice_.module.body if node is None else blocks.body_of(node.body)
    ends = visitor.run(body, entry_state(info, given=given))
    tell_kept(visitor, ends)
    tell_registries(visitor, ends)
    _leave_scope(visitor, ends)
    tell_caught(visitor)
    _nested(visitor, ends, sink, 0)
    return _summary(visitor, info, ends)


def _leave_scope(visitor: Visitor, ends: list[State]) -> None:
    """Tell the checks how each session that was opened here ends."""
    note_unflushed(visitor, ends)
    _lose(visitor)
    if visitor.info.entry:
        return  # the process ends with it
    for key, session in visitor.opened.items():
        if session.opened is None:
            continue
        normal, raised = (lives_of(key, states) for states in (ends, visitor.exits.raised))
        name = visitor.opened_as.get(key, "")
        lent, drawn = visitor.fates.lent.get(key), visitor.fates.drawn.get(key, "")
        if lent is not None and visitor.info.wraps != "contextmanager":
            raised -= {BEGUN}  # what a dependency does itself, before and after its user, is as good as sure
        again = key in visitor.fates.reused
        if again and BEGUN not in normal:
            del visitor.fates.reused[key]  # and its transaction ended
        visitor.sink(ScopeLeft(session.opened, None, session, name, normal, raised, lent, drawn, again))
    tell_lent(visitor, ends)
    tell_engines(visitor)
    tell_returned(visitor)
    tell_locked(visitor)
    for key, (session, place, closing) in visitor.fates.reused.items():
        if session.owner in ("function", "manager") and not session.guessed:
            visitor.sink(UsedAgain(place, None, session, visitor.opened_as.get(key, ""), closing))


def _lose(visitor: Visitor) -> None:
    """Tell the checks what is written with sessions of the function and never committed."""
    lent = [value.key for value in visitor.outcome.yields if isinstance(value, Session)]
    inside = visitor.local_functions.values() if visitor.opened else ()
    named = {found.value for node in inside for found in nodes(node) if type(found) is cst.Name}
    for key, session in visitor.opened.items():
        seen_inside = visitor.opened_as.get(key, "") in named
        if session.opened is not None and key not in lent and not seen_inside and not visitor.info.module_body:
            lost(visitor, session, session.opened)


def _nested(visitor: Visitor, ends: list[State], sink: Callable[[Event], None], depth: int) -> None:
    """Nested functions run after the enclosing body, with what they captured."""
    captured = join_states(ends) or State()
    own = [
        node
        for name, node in visitor.local_functions.items()
        if isinstance(node, cst.FunctionDef) and name not in visitor.inherited
    ]
    changed = frozenset[str]().union(*map(nested.outer_names, own))
    names = {name: value for name, value in captured.names.items() if name not in changed}
    captured = State(names=as_written(names), loaded=captured.loaded)
    for node in own if depth <= _MOST_NESTED else ():
        info = nested.local_signature(visitor, node)
        inner = visitor.inside(info, sink)
        inner.captured_keys = frozenset(visitor.opened) | visitor.captured_keys
        inner_ends = inner.run(blocks.body_of(node.body), entry_state(info, captured))
        _leave_scope(inner, inner_ends)
        tell_caught(inner)
        _nested(inner, inner_ends, sink, depth + 1)


def _summary(visitor: Visitor, info: FunctionInfo, ends: list[State]) -> Summary:
    outcome = visitor.outcome
    returns: Value | None = None
    for value in (_named(item, info) for item in outcome.returns):
        returns = value if returns is None else _join_returned(returns, value)
    left = [state.names[RETURNED] for state in ends if RETURNED in state.names]
    if returns is not None and left:
        returns = as_left(returns, left)
    yields: Value | None = None
    for value in outcome.yields:
        yields = value if yields is None else join(yields, value)
    return Summary(
        known=True,
        returns=returns if returns is not None else UNKNOWN,
        yields=yields,
        effects=tuple(_settled(effect, ends) for effect in outcome.effects.values()),
        reads=tuple(outcome.reads.values()),
        escapes=frozenset(outcome.escapes) | _returned_parameters(outcome.returns),
        io=outcome.io,
        returns_normally=bool(ends),
        name=info.name,
        keeps=(*kept_at_end(info, outcome.keeps, ends), *put_there(outcome.fills)),
        sets=frozenset(visitor.making.sets),
        uses=tuple(sorted(visitor.making.uses, key=lambda item: (item.parameter, item.column, item.target, item.use))),
        ended=_ended(visitor, yields, ends) if info.wraps == "contextmanager" else frozenset(),
        begun=frozenset.intersection(*(frozenset(state.begun) for state in ends)) if ends else frozenset(),
        passed=() if info.decorators else passed_over(visitor, ends),
        asks=asked_always(visitor),
        wants=frozenset(outcome.wants),
        loads=frozenset(outcome.loads),
        fills=tuple(item for item in sorted(outcome.fills.items()) if "." not in item[0] and carries(item[1])),
    )


def _ended(visitor: Visitor, yielded: Value | None, ends: list[State]) -> frozenset[str]:
    """What the function has surely done to the session that it yields, when it ends."""
    if not isinstance(yielded, Session) or not ends:
        return frozenset()
    done = frozenset.intersection(*(state.done for state in ends))
    lost = {"lost"} if yielded.key in visitor.opened and yielded.key not in visitor.held.kept else set()
    return frozenset({*lost, visitor.held.begins} - {""}).union(
        op for op in ("commit", "close") if (op, yielded.key) in done
    )


def _named(value: Value, info: FunctionInfo) -> Value:
    """What a caller can use of a returned value: a function defined here by its name in the project."""
    match value:
        case LocalFunction(name=name) if name.isidentifier():
            return FunctionValue(f"{info.id}.<locals>.{name}")
    return value


def _settled(effect: Effect, ends: list[State]) -> Effect:
    """An effect is sure where it happened on every way to a normal end."""
    must = all((effect.op, effect.session) in state.done for state in ends) if ends else effect.usual
    return replace(effect, must=must, usual=must or effect.usual)


def _join_returned(left: Value, right: Value) -> Value:
    """`return None` beside a value: what the caller can use is the value."""
    if left == Constant(None):
        return right
    if right == Constant(None):
        return left
    if isinstance(left, TupleValue) and isinstance(right, TupleValue) and len(left.items) != len(right.items):
        return UNKNOWN
    return join(left, right)


def _returned_parameters(values: list[Value]) -> frozenset[str]:
    return frozenset(
        session.key.removeprefix("param:")
        for value in values
        for session in sessions_in(value)
        if session.key.startswith("param:") and isinstance(value, TupleValue | Mapping)
    )
