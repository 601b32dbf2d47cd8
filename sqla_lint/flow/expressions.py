"""Evaluating expressions, in the order in which Python does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import libcst as cst

from sqla_lint.flow.arguments import evaluate_arguments
from sqla_lint.flow.branches import assume, decide
from sqla_lint.flow.comprehensions import comprehension, each_row
from sqla_lint.flow.containers import EMPTY_DICT, merged, mutate, operator, with_item
from sqla_lint.flow.dropped import note_awaited, note_used
from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.lattice import join, one_of
from sqla_lint.flow.lending import keeps, lend
from sqla_lint.flow.mistaken import note_compared, note_operands
from sqla_lint.flow.nested import around
from sqla_lint.flow.noted import is_column, makes_sql, note_call, note_tested
from sqla_lint.flow.places import below
from sqla_lint.flow.questions import NameMeans
from sqla_lint.flow.rendering import render
from sqla_lint.flow.state import State, join_states
from sqla_lint.flow.subscripts import subscript
from sqla_lint.flow.telling import compare, interpolate, log_or_format, tell
from sqla_lint.flow.transactions import note_yield
from sqla_lint.flow.truths import note_truth
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    Collection,
    Constant,
    Criterion,
    Instance,
    LocalFunction,
    Mapping,
    OneOf,
    Result,
    Session,
    Statement,
    TupleValue,
    Value,
    alternatives,
)
from sqla_lint.knowledge.reflection import COMPARED, SHOWING

Evaluator = Callable[[Frame, Any], Value]


def name(frame: Frame, node: cst.Name) -> Value:
    """A name: of this function, else of its module."""
    if node.value in _CONSTANTS:
        return _CONSTANTS[node.value]
    known = frame.state.names.get(node.value)
    if known is not None:
        return known
    found = frame.ask(NameMeans(frame.info.module, node.value))
    return found if found != UNKNOWN or _WITHIN not in frame.info.id else around(frame, node.value)


_WITHIN = ".<locals>."
_CONSTANTS = {"None": Constant(None), "True": Constant(True), "False": Constant(False)}


def attribute(frame: Frame, node: cst.Attribute) -> Value:
    """`value.name`; what was assigned to that very path on this path of execution comes first."""
    path = path_of(node)
    if path and path in frame.state.names:
        return frame.state.names[path]
    return frame.read(frame.evaluate(node.value), node.attr.value, node)


def call(frame: Frame, node: cst.Call) -> Value:
    """A call: the function, then the arguments, then what it does."""
    awaiting = frame.awaiting
    callee = frame.evaluate(node.func)
    outer, frame.in_criteria = frame.in_criteria, makes_sql(callee)
    arguments = evaluate_arguments(frame, node)
    frame.in_criteria, frame.awaiting = outer, awaiting
    frame.current = node
    if frame.asked:
        note_call(frame, callee, arguments, node)
    if frame.awaiting is node:
        note_awaited(frame, callee, node)
    result = frame.call(callee, arguments, node)
    frame.called = (node, callee)
    result = render(frame, callee, arguments, node) or result
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in SHOWING:
        log_or_format(frame, arguments, node)
    mutate(frame, node, arguments)
    return result


def literal(frame: Frame, node: cst.Integer | cst.Float | cst.SimpleString) -> Value:
    """A literal constant."""
    return _constant(node.value)


@lru_cache(maxsize=4096)
def _constant(text: str) -> Value:
    """What a literal stands for; the same few are written again and again."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return UNKNOWN
    return Constant(value) if isinstance(value, str | int | float) else UNKNOWN


def display(frame: Frame, node: cst.List | cst.Tuple | cst.Set) -> Value:
    """A list, tuple or set display."""
    items = [_spread(frame, item) for item in node.elements]
    if isinstance(node, cst.Tuple) and not any(isinstance(item, cst.StarredElement) for item in node.elements):
        return TupleValue(tuple(items))
    if not items:
        return Collection(UNKNOWN, literal=True, limit=0)
    element = items[0]
    for item in items[1:]:
        element = join(element, item)
    starred = any(isinstance(item, cst.StarredElement) for item in node.elements)
    short = () if starred or len(items) > 8 else tuple(items)
    return Collection(element, literal=True, limit=None if starred else len(items), items=short)


def _spread(frame: Frame, item: cst.BaseElement) -> Value:
    value = frame.evaluate(item.value)
    return frame.elements(value, item.value, 0) if isinstance(item, cst.StarredElement) else value


def dict_display(frame: Frame, node: cst.Dict) -> Value:
    """A dict display."""
    made = EMPTY_DICT
    for item in node.elements:
        if isinstance(item, cst.DictElement):
            key = frame.evaluate(item.key)
            held = frame.evaluate(item.value)
            if not isinstance(held, Session) or not keeps(frame, node):
                frame.escape(held)
            made = with_item(made, key, held)
        else:
            spread = frame.evaluate(item.value)
            frame.escape(spread)
            made = merged(made, spread if isinstance(spread, Mapping) else Mapping(UNKNOWN, UNKNOWN))
    return made


def operation(frame: Frame, node: cst.BinaryOperation) -> Value:
    """`left + right` and its like."""
    left, right = frame.evaluate(node.left), frame.evaluate(node.right)
    note_operands(frame, ((left, node.left), (right, node.right)))
    if isinstance(node.operator, cst.Modulo):
        interpolate(frame, node.left, right, node)
    if is_column(left) or is_column(right):
        return Criterion("&")
    return operator(left, node.operator, right)


def unary(frame: Frame, node: cst.UnaryOperation) -> Value:
    """`not value`, `~value`, `-value`."""
    value = frame.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        note_truth(frame, value, node.expression)
    if not is_column(value):
        return UNKNOWN
    if isinstance(node.operator, cst.Not):
        note_tested(frame, node, "not", node.expression)
        return UNKNOWN
    return Criterion("~")


def comparison(frame: Frame, node: cst.Comparison) -> Value:
    """`left == right` and its like: SQL, where one side is a column."""
    sides = [frame.evaluate(node.left), *(frame.evaluate(item.comparator) for item in node.comparisons)]
    note_compared(frame, node, sides)
    _compare_rows(frame, node, sides)
    if not any(map(is_column, sides)):
        return UNKNOWN
    target = node.comparisons[0]
    written = _OPERATORS.get(type(target.operator), "")
    if len(node.comparisons) > 1:
        note_tested(frame, node, "chained", node.left, target.comparator)
        return UNKNOWN
    if not written:
        return Criterion("==")
    if is_column(sides[0]):
        note_tested(frame, node, written, node.left, target.comparator)
    return UNKNOWN


def _compare_rows(frame: Frame, node: cst.Comparison, sides: list[Value]) -> None:
    """What comparing rows reads, and looking for something among them."""
    for target, left, right in zip(node.comparisons, sides, sides[1:], strict=False):
        if isinstance(left, Instance | OneOf) or isinstance(right, Instance | OneOf):
            compare(frame, target.operator, left, right, node)
        if isinstance(target.operator, cst.In | cst.NotIn) and isinstance(right, Collection | Result | Statement):
            each_row(frame, COMPARED["=="], (right, target.comparator), node)


_OPERATORS: dict[type[cst.CSTNode], str] = {cst.In: "in", cst.NotIn: "not in", cst.Is: "is", cst.IsNot: "is not"}


def ternary(frame: Frame, node: cst.IfExp) -> Value:
    """`a if test else b`."""
    outer, frame.in_criteria = frame.in_criteria, False  # the test is Python's own
    note_truth(frame, frame.evaluate(node.test), node.test)
    frame.in_criteria = outer
    known = decide(frame, node.test)
    before, states = frame.state, list[State]()
    value: Value = NEVER
    for truth, side in ((True, node.body), (False, node.orelse)):
        if known is not (not truth):
            frame.state = before.copy()
            assume(frame, node.test, truth)
            value = join(value, frame.evaluate(side))
            frame.stopped = False
            states.append(frame.state)
    joined = join_states(states)
    assert joined is not None
    frame.state = joined
    return value


def boolean(frame: Frame, node: cst.BooleanOperation) -> Value:
    """`a or b`, `a and b`: the right side runs sometimes."""
    left = frame.evaluate(node.left)
    note_truth(frame, left, node.left)
    conjunction = isinstance(node.operator, cst.And)
    if is_column(left):
        note_tested(frame, node, "and" if conjunction else "or", node.left, node.right)
    if decide(frame, node.left) is (not conjunction):
        return left
    before = frame.state.copy()
    assume(frame, node.left, conjunction)
    right = frame.evaluate(node.right)
    frame.stopped = False
    joined = join_states([before, frame.state])
    assert joined is not None
    frame.state = joined
    if conjunction:
        return right if not isinstance(right, Constant) else UNKNOWN
    real = tuple(item for item in alternatives(left) if not (isinstance(item, Constant) and not item.value))
    if not real:
        return right
    # `rows or []`: the empty stand-in adds nothing to iterate over.
    if right in (TupleValue(()), EMPTY_DICT) or isinstance(right, Collection) and right.limit == 0:
        return one_of(real)
    return _either(one_of(real), right)


def _either(left: Value, right: Value) -> Value:
    if isinstance(left, Session) and isinstance(right, Session):
        return OneOf((left, right))
    return join(left, right)


def await_(frame: Frame, node: cst.Await) -> Value:
    """`await value`."""
    frame.awaiting = node.expression
    return frame.await_(frame.evaluate(node.expression))


def walrus(frame: Frame, node: cst.NamedExpr) -> Value:
    """`name := value`."""
    value = frame.evaluate(node.value)
    frame.assign(node.target, value)
    return value


def function(frame: Frame, node: cst.Lambda) -> Value:
    """A lambda: who calls it is unknown."""
    name = f"lambda {frame.number(node)}"
    frame.local_functions[name] = node
    return LocalFunction(name)


def yield_(frame: Frame, node: cst.Yield) -> Value:
    """`yield value`, `yield from values`: the value is in the consumer's hands meanwhile."""
    value: Value = UNKNOWN
    match node.value:
        case cst.From(item=item):
            value = frame.elements(frame.evaluate(item), item, 0)
        case cst.BaseExpression() as item:
            value = frame.evaluate(item)
    if frame.emitting:
        note_yield(frame, value)
    if isinstance(value, Session) and frame.info.wraps != "fixture":
        lend(frame, value, node)
    else:
        frame.escape(value)
        frame.may_raise()
    return UNKNOWN


def parts(frame: Frame, node: cst.CSTNode) -> Value:
    """Anything else: its parts are evaluated, its value is unknown."""
    for child in below(node):
        if isinstance(child, cst.BaseExpression):
            value = frame.evaluate(child)
            if isinstance(node, cst.FormattedStringExpression):
                note_used(frame, value, "text", child)
                tell(frame, value, child, node.conversion or "")
        else:
            parts(frame, child)
    return UNKNOWN


TABLE: dict[type[cst.CSTNode], Evaluator] = {
    cst.Name: name,
    cst.Attribute: attribute,
    cst.Call: call,
    cst.Await: await_,
    cst.Subscript: subscript,
    cst.ListComp: comprehension,
    cst.SetComp: comprehension,
    cst.GeneratorExp: comprehension,
    cst.DictComp: comprehension,
    cst.Integer: literal,
    cst.Float: literal,
    cst.SimpleString: literal,
    cst.List: display,
    cst.Tuple: display,
    cst.Set: display,
    cst.Dict: dict_display,
    cst.BinaryOperation: operation,
    cst.UnaryOperation: unary,
    cst.Comparison: comparison,
    cst.IfExp: ternary,
    cst.BooleanOperation: boolean,
    cst.NamedExpr: walrus,
    cst.Lambda: function,
    cst.Yield: yield_,
}
