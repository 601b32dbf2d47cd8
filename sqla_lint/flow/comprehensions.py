"""Comprehensions, and builtins that call a lambda once per item: loops inside an expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.branches import assume, settle_absent
from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Arguments, Frame, sessions_in
from sqla_lint.flow.instances import in_rows
from sqla_lint.flow.queries import rows_of
from sqla_lint.flow.questions import MayLoad
from sqla_lint.flow.state import join_states
from sqla_lint.flow.telling import called
from sqla_lint.flow.truths import note_truth
from sqla_lint.flow.values import UNKNOWN, Collection, Mapping, Result, Statement, TupleValue, Value
from sqla_lint.flow.working import Working
from sqla_lint.knowledge.reflection import HASHED

_WORDS = re.compile(r"\w+")


def turns_of(source: Value, node: cst.CSTNode) -> int | None:
    """The most turns that a loop over a value, written so, can make, None where nobody can tell."""
    match node:
        case cst.Subscript(
            slice=[cst.SubscriptElement(slice=cst.Slice(lower=None, upper=cst.Integer(value=most), step=None))]
        ) if most.isdecimal():
            return int(most)
    match source:
        case Collection(limit=limit) | Result(limit=limit):
            return limit
        case TupleValue(items=items):
            return len(items)
    return None


def over_each(
    frame: Frame, function: Value, source: tuple[Value, cst.BaseExpression], node: cst.CSTNode, starred: bool = False
) -> Value:
    """`sorted(rows, key=function)` calls the function once per row; what it gives."""

    def act(element: Value) -> Value:
        several = element.items if starred and isinstance(element, TupleValue) else (element,)
        return frame.call(function, Arguments(several, nodes=(source[1],) * len(several)), node)

    return for_each(frame, source, node, act)


def each_row(frame: Frame, names: Sequence[str], source: tuple[Value, cst.BaseExpression], node: cst.CSTNode) -> None:
    """Call one of these methods of every row, as `sorted(rows)` does, where such a method may load something."""
    if any(frame.ask(MayLoad(name)) for name in names):
        for_each(frame, source, node, lambda element: called(frame, element, names, node) or UNKNOWN)


def for_each(
    frame: Frame, source: tuple[Value, cst.BaseExpression], node: cst.CSTNode, act: Callable[[Value], Value]
) -> Value:
    """Do something with each element of what is given, in a loop of its own; what the last of it gives."""
    given, text = source
    value = rows_of(frame, given, text)
    loop = Loop(frame.number(node), "comprehension", frame.told(text), turns=turns_of(value, text))
    loop.place = frame.place(text)

    return in_rows(run_comprehension(frame, loop, lambda: act(frame.elements(value, text, loop.id))), 0)


def call_lambda(frame: Frame, node: cst.Lambda, arguments: Arguments) -> Value:
    """Call a lambda: its parameters are names of its own."""
    outer = frame.state.names
    frame.state.names = dict(outer)
    own: set[str] = set()
    given = list(arguments.positional)
    for item in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
        name = item.name.value
        value = given.pop(0) if given else arguments.keywords.get(name)
        if value is None:
            value = frame.evaluate(item.default) if item.default is not None else UNKNOWN
        frame.state.bind(name, value)
        own.add(name)
    value = frame.evaluate(node.body)
    inner = frame.state.names
    frame.state.names = {name: held if name in own else inner.get(name, held) for name, held in outer.items()}
    return value


def run_comprehension(frame: Frame, loop: Loop, body: Callable[[], Value]) -> Value:
    """Run the body of a comprehension as one turn of its loop; names bound inside stay inside."""
    outer = frame.state
    frame.state = outer.copy()
    if frame.emitting:
        frame.loop_records[loop.id] = loop
    frame.loops.append(loop)
    frame.guards.append(None)
    value = body()
    frame.guards.pop()
    frame.loops.pop()
    inner = frame.state
    loop.repeated |= {node for mark, node in inner.marks if mark == loop.id}
    joined = join_states([outer, inner])
    assert joined is not None
    # What it binds stays inside; what it has loaded of the lists outside does not.
    bound = set(_WORDS.findall(loop.target))
    joined.names = {
        name: inner.names.get(name, value) if frame.emitting and name not in bound else value
        for name, value in outer.names.items()
    } | {name: value for name, value in inner.names.items() if name not in outer.names and name not in bound}
    frame.state = joined
    if frame.emitting:
        frame.release(loop)
    return value


def comprehension(
    frame: Frame, node: cst.BaseSimpleComp | cst.DictComp, once: bool = False, goes_on: bool | None = None
) -> Value:
    """A list, set, dict comprehension or generator expression: sources first, then conditions, then the element.

    once: only the first element is asked for, as `next` does, so that no loop repeats what makes it. goes_on: what an
    element has to be for the next one to be asked for.
    """

    def element() -> Value:
        with frame.silent() if once else nullcontext():
            return each()

    def each() -> Value:
        if isinstance(node, cst.DictComp):
            key = frame.evaluate(node.key)
            called(frame, key, HASHED, node.key)
            return Mapping(key, frame.evaluate(node.value))
        value = frame.evaluate(node.elt)
        if isinstance(node, cst.SetComp):
            called(frame, value, HASHED, node.elt)
        if goes_on is not None:
            settle_absent(frame, node.elt, goes_on)
        return value

    value = _comp_for(frame, node.for_in, element)
    if isinstance(value, Mapping):
        return Mapping(in_rows(value.key, 0), in_rows(value.value, 0))
    return Collection(in_rows(value, 0), literal=True)


def _comp_for(frame: Frame, clause: cst.CompFor, element: Callable[[], Value]) -> Value:
    given = frame.evaluate(clause.iter)
    if isinstance(given, Result | Statement):
        frame.fates.sources[clause.iter] = given
    source = rows_of(frame, given, clause.iter)
    kind = "comprehension"
    loop = Loop(frame.number(clause), kind, frame.told(clause.iter), turns=turns_of(source, clause.iter))
    loop.place = frame.place(clause.iter)
    loop.node = clause
    loop.target = clause.target.value if isinstance(clause.target, cst.Name) else frame.told(clause.target)
    loop.batch_of = frame.batch(clause.iter)

    def body() -> Value:
        turn = frame.elements(source, clause.iter, loop.id)
        frame.assign(clause.target, turn)
        loop.opened |= {session.key for session in sessions_in(turn)}
        for condition in clause.ifs:
            note_truth(frame, frame.evaluate(condition.test), condition.test)
            assume(frame, condition.test, True)
        if clause.inner_for_in is not None:
            return _comp_for(frame, clause.inner_for_in, element)
        return element()

    return _unshared(run_comprehension(frame, loop, body), loop)


def _unshared(value: Value, loop: Loop) -> Value:
    """What the turns of a comprehension give: each uses the sessions of its own turn alone."""
    if isinstance(value, Working):
        return replace(value, uses=tuple(item for item in value.uses if item.key not in loop.opened))
    return value
