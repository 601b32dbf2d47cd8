"""What a condition asks the truth of: coroutines, and what is always true, such as a Query."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.dropped import note_used
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.outcomes import TruthAsked
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.telling import called
from sqla_lint.flow.values import Instance, OneOf, Result, Statement, Value
from sqla_lint.knowledge.reflection import TRUTH
from sqla_lint.knowledge.statements import GIVING_TRUE


def note_truth(frame: Frame, value: Value, node: cst.BaseExpression) -> None:
    """Tell of a condition whose truth is no question, or is asked of a coroutine."""
    note_used(frame, value, "truth", node)
    if isinstance(value, Instance | OneOf):
        called(frame, value, TRUTH, node)
    if not frame.emitting or not frame.ask(EventAsked("TruthAsked")):
        return
    match node:
        case cst.BooleanOperation(right=right) if not isinstance(right, cst.BooleanOperation):
            node = right  # its left side was asked for as it was evaluated
            with frame.silent():
                value = frame.evaluate(right)
        case cst.NamedExpr(value=inner):
            node = inner
    if isinstance(value, Statement | Result) and _made_here(frame, node):
        frame.emit(TruthAsked(frame.place(node), None, value, frame.text(node)))


def _made_here(frame: Frame, node: cst.CSTNode) -> bool:
    """Whether what is tested is a call that gives a statement or a result, or a name that is bound to one here."""
    if isinstance(node, cst.Name):
        return any(_is_binding(found, node.value) for found in frame.slice.nodes)
    return _gives_true(node)


def _is_binding(node: cst.CSTNode, name: str) -> bool:
    bound: list[cst.BaseExpression]
    match node:
        case cst.Assign(value=value, targets=targets):
            bound = [item.target for item in targets]
        case (
            cst.AnnAssign(value=cst.BaseExpression() as value, target=target)
            | cst.NamedExpr(value=value, target=target)
        ):
            bound = [target]
        case _:
            return False
    return _gives_true(value) and any(isinstance(item, cst.Name) and item.value == name for item in bound)


def _gives_true(node: cst.CSTNode) -> bool:
    match node:
        case cst.Await(expression=inner):
            return _gives_true(inner)
        case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))):
            return name in GIVING_TRUE
    return False
