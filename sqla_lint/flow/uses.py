"""What comes of the rows that a call loads, as the code around shows: their number, the first, or whether any are.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.outcomes import RowsKept, RowsUsed
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Result, Statement, Value
from sqla_lint.knowledge.statements import LISTING, LOADING_ALL

Parents = dict[cst.CSTNode, cst.CSTNode]


@dataclass(frozen=True, slots=True)
class _Use:
    """One use: "count", "any" (tested), "some" (their number compared with none) or "first"; and its expression."""

    how: str
    node: cst.CSTNode


def note_rows(frame: Frame, receiver: Value, name: str, node: cst.Call) -> None:
    """Tell what comes of the rows, or of their number, that a method of a Query or of a Result gives, or a `list()`."""
    listed = name in LISTING
    if not frame.emitting or name not in LOADING_ALL and not listed:
        return
    whittled, kept = frame.ask(EventAsked("RowsUsed")), frame.ask(EventAsked("RowsKept")) and not listed
    if not whittled and not kept:
        return
    statement = receiver.of if isinstance(receiver, Result) else receiver
    streamed = isinstance(receiver, Result) and receiver.streamed
    if not isinstance(statement, Statement) or streamed or (name == "count") > isinstance(receiver, Statement):
        return
    if listed and statement is receiver and statement.kind != "query":
        return  # it has no rows, and raises
    found = _uses(frame, node)
    kinds = {item.how for item in found or ()}
    if kept and name != "count" and (not found or kinds >= {"count", "first"}):
        frame.emit(RowsKept(frame.place(node), None, statement, f"{_spelt(frame, node.func)}()"))
    if not whittled or not found or name == "count" and not kinds <= {"any", "some"}:
        return
    how = "count" if "count" in kinds else "first" if "first" in kinds else "exists"
    if kinds >= {"count", "first"}:
        return  # that there is no other matters
    first = next(item for item in found if item.how == how or how == "exists")
    bound = not any(inner is node for inner in nodes(first.node))
    text = f"{_spelt(frame, node.func)}({_spelt(frame, node.args[0].value) if listed else ''})"
    frame.emit(
        RowsUsed(frame.place(node), None, how, name, statement, text, frame.place(first.node) if bound else None)
    )


def _uses(frame: Frame, node: cst.Call) -> list[_Use] | None:
    """Every use of what a call gives; None where one of them is none of those known here."""
    parents = frame.slice.parents
    whole: cst.CSTNode = node
    while isinstance(parents.get(whole), cst.Await):
        whole = parents[whole]
    match parents.get(whole):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            found = None
        case cst.AnnAssign(target=cst.Name(value=name)):
            found = None
        case cst.NamedExpr(target=cst.Name(value=name)) as walrus:
            found = _use(parents, walrus)
            if found is None:
                return None
        case _:
            found = _use(parents, whole)
            return [found] if found is not None else None
    if frame.info.module_body or name in frame.globals:
        return None
    others = _of_name(frame, parents, name)
    return None if others is None else [*((found,) if found is not None else ()), *others]


def _of_name(frame: Frame, parents: Parents, name: str) -> list[_Use] | None:
    """The uses of a name that is bound once."""
    found: list[_Use] = []
    bindings = 0
    for node in frame.slice.nodes:
        if not isinstance(node, cst.Name) or node.value not in (name, "locals"):
            continue
        parent = parents.get(node)
        if isinstance(parent, cst.Attribute) and parent.attr is node:
            continue
        if isinstance(parent, cst.Arg) and parent.keyword is node:
            continue
        if isinstance(parent, cst.AssignTarget | cst.AnnAssign | cst.NamedExpr) and parent.target is node:
            bindings += 1
            continue
        use = _use(parents, node)
        if use is None:
            return None
        found.append(use)
    return found if bindings == 1 else None


def _use(parents: Parents, node: cst.CSTNode) -> _Use | None:
    """What an expression that holds the rows, or counts them, is used for."""
    parent = parents.get(node)
    if _is_tested(parents, node):
        return _Use("any", node)
    match parent:
        case cst.Arg():
            return _given(parents, parents[parent])
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="0")))]):
            taken = parents.get(parent)
            return None if isinstance(taken, cst.AssignTarget | cst.Del) else _Use("first", parent)
        case cst.ComparisonTarget() | cst.Comparison():
            whole = parent if isinstance(parent, cst.Comparison) else parents[parent]
            if isinstance(whole, cst.Comparison) and _compares_with_none(whole):
                return _Use("some", whole)
    return None


def _given(parents: Parents, call: cst.CSTNode) -> _Use | None:
    """What `len(rows)` and `bool(rows)` are used for."""
    match call:
        case cst.Call(func=cst.Name(value="bool"), args=[_]):
            return _Use("any", call)
        case cst.Call(func=cst.Name(value="len"), args=[_]):
            use = _use(parents, call)
            return use if use is not None and use.how in ("any", "some") else _Use("count", call)
        case cst.Call(func=cst.Name(value="iter"), args=[_]) if isinstance(given := parents.get(call), cst.Arg):
            taker = parents[given]
            if isinstance(taker, cst.Call) and isinstance(taker.func, cst.Name) and taker.func.value == "next":
                return _Use("first", taker)
    return None


def _compares_with_none(node: cst.Comparison) -> bool:
    """`count > 0`, `count == 0`, `count >= 1`: whether there are any; also `rows == []`."""
    match node:
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator, cst.Integer(value="0"))]):
            return isinstance(operator, cst.GreaterThan | cst.Equal | cst.NotEqual | cst.LessThanEqual)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator, cst.Integer(value="1"))]):
            return isinstance(operator, cst.GreaterThanEqual | cst.LessThan)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator, cst.List(elements=[]))]):
            return isinstance(operator, cst.Equal | cst.NotEqual)
        case cst.Comparison(left=cst.Integer(value="0"), comparisons=[cst.ComparisonTarget(operator)]):
            return isinstance(operator, cst.LessThan | cst.Equal | cst.NotEqual)
    return False


def _is_tested(parents: Parents, node: cst.CSTNode) -> bool:
    """Whether only the truth of an expression matters."""
    parent = parents.get(node)
    match parent:
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test) | cst.Assert(test=test):
            return test is node
        case cst.CompIf(test=test):
            return test is node
        case cst.UnaryOperation(operator=cst.Not()):
            return True
        case cst.BooleanOperation():
            return _is_tested(parents, parent)
    return False


def _spelt(frame: Frame, node: cst.BaseExpression) -> str:
    """The name of what is called; of something awaited on the way only what that is."""
    match node:
        case cst.Attribute(value=base, attr=cst.Name(value=name)):
            return f"{_spelt(frame, base)}.{name}"
        case cst.Await(expression=inner):
            return f"(await {_spelt(frame, inner)})"
        case cst.Call(func=function, args=arguments):
            return f"{_spelt(frame, function)}({'…' if arguments else ''})"
    return frame.text(node, 30)
