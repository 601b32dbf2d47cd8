"""Turns of a loop: what ends one, and what only some of them do."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import Effect, FunctionInfo
from sqla_lint.knowledge.calls import CHUNK_WORDS

_GIVING = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.NamedExpr)


def ends_turn(body: cst.BaseSuite, node: cst.CSTNode) -> bool:
    """Whether a call is the last thing that a body does, on the path that it stands on; in a `try` nothing is."""
    last = body.body[-1] if body.body else None
    match last:
        case cst.SimpleStatementLine(body=[*_, cst.Expr(value=value)]) | cst.Expr(value=value):
            return node in (value, value.expression if isinstance(value, cst.Await) else None)
        case cst.If(body=inner, orelse=orelse):
            return ends_turn(inner, node) or _ends_else(orelse, node)
        case cst.With(body=inner):
            return ends_turn(inner, node)
    return False


def _ends_else(orelse: cst.If | cst.Else | None, node: cst.CSTNode) -> bool:
    match orelse:
        case cst.Else(body=inner):
            return ends_turn(inner, node)
        case cst.If(body=inner, orelse=other):
            return ends_turn(inner, node) or _ends_else(other, node)
    return False


def is_counted(frame: Frame) -> bool:
    """Whether this point is under a condition on a counter or a size: the sign of a batch."""
    return any(_counts(frame, guard) for guard in _guards_of_turn(frame))


def is_first(frame: Frame, loop: cst.CSTNode | None, node: cst.CSTNode) -> bool:
    """Whether a point is under a test of a name that is set there for all turns to come: `if first is None:`."""
    names = {_tested(guard) for guard in _guards_of_turn(frame)} - {""}
    return bool(names) and loop is not None and any(_keeps(loop, name, node) for name in names)


def _tested(test: cst.CSTNode) -> str:
    """The name that a test finds empty."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.Name(value=name)):
            return name
        case cst.Comparison(
            left=cst.Name(value=name), comparisons=[cst.ComparisonTarget(cst.Is(), cst.Name(value="None"))]
        ):
            return name
    return ""


def _keeps(loop: cst.CSTNode, name: str, node: cst.CSTNode) -> bool:
    """Whether a loop gives a name a value only where it has found it empty, around the node as well."""
    guarded = [found for item in nodes(loop) if isinstance(item, cst.If) and _tested(item.test) == name
               for found in nodes(item.body)]  # fmt: skip
    given = [item for item in nodes(loop) if isinstance(item, _GIVING)]
    given = [
        item for item in given if any(isinstance(one, cst.Name) and one.value == name for one in nodes(item.target))
    ]
    inside = set(map(id, guarded))
    return bool(given) and id(node) in inside and all(id(item) in inside for item in given)


def as_kept(frame: Frame, info: FunctionInfo, effect: Effect, node: cst.CSTNode) -> Effect:
    """An effect of a callee; of one that keeps what it gave, and is always called alike, there is but one."""
    if not info.wraps.startswith("cached") or effect.once or not isinstance(node, cst.Call):
        return effect
    names = (item.value for item in nodes(node) if isinstance(item, cst.Name))
    return replace(effect, once=not any(name in frame.state.names for name in names))


def _guards_of_turn(frame: Frame) -> list[cst.BaseExpression]:
    """The conditions around this point, inside the innermost loop."""
    found: list[cst.BaseExpression] = []
    for guard in reversed(frame.guards):
        if guard is None:
            break
        found.append(guard)
    return found


def _counts(frame: Frame, test: cst.BaseExpression) -> bool:
    """A condition on a counter or a size: the sign of a batch."""
    text = frame.text(test, 200)
    if "%" in text or "len(" in text or any(word in text.lower() for word in (*CHUNK_WORDS, "count", "size")):
        return True
    target = frame.loops[-1].target if frame.loops else ""
    match test:
        case cst.Comparison(
            left=cst.Name(value=name), comparisons=[cst.ComparisonTarget(cst.Equal(), cst.SimpleString())]
        ) if target and name == target:
            return True  # one item of them all
        case cst.Comparison(comparisons=[cst.ComparisonTarget(comparator=cst.Integer(value=digits))]):
            return len(digits) > 1 or digits > "1"
    return False
