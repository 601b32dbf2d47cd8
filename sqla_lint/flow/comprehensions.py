"""Comprehensions, and builtins that call a lambda once per item: loops inside an expression."""

from __future__ import annotations

import re
from collections.abc import Callable

import libcst as cst

from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.instances import in_rows
from sqla_lint.flow.queries import collection, execute, read_dynamic
from sqla_lint.flow.state import join_states
from sqla_lint.flow.values import Collection, LocalFunction, Mapping, Statement, Value

_WORDS = re.compile(r"\w+")


def lambda_over(frame: Frame, node: cst.Call, item: cst.Arg, iterates: bool) -> Value | None:
    """`sorted(rows, key=lambda row: row.x)` runs the lambda once per row."""
    if not iterates or not isinstance(item.value, cst.Lambda) or not item.value.params.params:
        return None
    source = next((other.value for other in node.args if other.value is not item.value and other.keyword is None), None)
    if source is None:
        return None
    with frame.silent():
        value = frame.evaluate(source)
    loop = Loop(id(item.value), "comprehension", frame.told(source))
    run_comprehension(frame, loop, lambda: _lambda_body(frame, item.value, value, loop))
    return LocalFunction("lambda")


def _lambda_body(frame: Frame, node: cst.BaseExpression, value: Value, loop: Loop) -> Value:
    assert isinstance(node, cst.Lambda)
    frame.state.bind(node.params.params[0].name.value, frame.elements(value, node, loop.id))
    return frame.evaluate(node.body)


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
    }
    frame.state = joined
    if frame.emitting:
        frame.release(loop)
    return value


def comprehension(frame: Frame, node: cst.BaseSimpleComp | cst.DictComp) -> Value:
    """A list, set, dict comprehension or generator expression: sources first, then conditions, then the element."""

    def element() -> Value:
        if isinstance(node, cst.DictComp):
            return Mapping(frame.evaluate(node.key), frame.evaluate(node.value))
        return frame.evaluate(node.elt)

    value = _comp_for(frame, node.for_in, element)
    if isinstance(value, Mapping):
        return Mapping(in_rows(value.key, 0), in_rows(value.value, 0))
    return Collection(in_rows(value, 0), literal=True)


def _comp_for(frame: Frame, clause: cst.CompFor, element: Callable[[], Value]) -> Value:
    source = frame.evaluate(clause.iter)
    if isinstance(source, Statement):
        execute(frame, source.session, source)
        read_dynamic(frame, source, clause.iter)
        source = collection(frame, source, clause.iter)
    kind = "comprehension"
    loop = Loop(id(clause), kind, frame.told(clause.iter), turns=getattr(source, "limit", None))
    loop.place = frame.place(clause.iter)
    loop.target = clause.target.value if isinstance(clause.target, cst.Name) else frame.told(clause.target)
    loop.batch_of = frame.batch(clause.iter)

    def body() -> Value:
        frame.assign(clause.target, frame.elements(source, clause.iter, loop.id))
        for condition in clause.ifs:
            frame.evaluate(condition.test)
        if clause.inner_for_in is not None:
            return _comp_for(frame, clause.inner_for_in, element)
        return element()

    return run_comprehension(frame, loop, body)
