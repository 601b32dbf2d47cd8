"""What the criteria of a statement refer to: classes that have to be joined, and what ties them together."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.places import Place, below
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.steps import Step
from sqla_lint.flow.values import ClassValue, MappedAttribute
from sqla_lint.knowledge.statements import COMPARING

_HIDDEN = ""  # stands for a class that is not in sight
_SOMETHING = "?"  # stands before what may be an alias, and then ties what is compared with it
_CONJUNCTIONS = frozenset({"and_"})
# Calls whose arguments refer to what they themselves do; those below make a statement of their own.
_PLAIN = frozenset({"and_", "or_", "not_", "between", "cast", "coalesce", "lower", "upper", "date", "asc", "desc",
                    "label", "collate"}) | COMPARING  # fmt: skip
_OWN = frozenset({"any", "has", "exists", "select", "scalar_subquery", "as_scalar", "subquery"})


def references(frame: Frame, arguments: Arguments, place: Place) -> Iterator[Step]:
    """The steps that the criteria of a `filter` or `where` take."""
    if not frame.ask(EventAsked("FromsJoined")) and not frame.ask(EventAsked("PassedBy")):
        return
    if arguments.spread:
        yield Step("hidden", place=place)
    for node in arguments.nodes:
        for part in _parts(node):
            classes = dict.fromkeys(_classes(frame, part))
            if _HIDDEN in classes or not classes and not isinstance(part, cst.Comparison):
                yield Step("hidden", place=place)
            for cls in classes:
                if cls and not cls.startswith(_SOMETHING):
                    yield Step("refers", cls, place=place)
            first, *others = classes or {_HIDDEN: None}
            for other in others:
                yield Step("links", first.removeprefix(_SOMETHING), other.removeprefix(_SOMETHING), place=place)


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The criteria that all have to hold."""
    match node:
        case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))) if name in _CONJUNCTIONS:
            for item in node.args:
                yield from _parts(item.value)
        case cst.BinaryOperation(left=left, operator=cst.BitAnd(), right=right):
            yield from _parts(left)
            yield from _parts(right)
        case _:
            yield node


def _classes(frame: Frame, node: cst.CSTNode, compared: bool = False) -> Iterator[str]:
    """The classes whose columns stand in a criterion, "" where there may be others; what is compared may be a value."""
    match node:
        case cst.Attribute() | cst.Name():
            with frame.silent():
                value = frame.evaluate(node)
            if isinstance(value, MappedAttribute):
                yield value.owner
            elif isinstance(node, cst.Attribute):
                yield _HIDDEN if _has_table(node) else f"{_SOMETHING}{_owner(frame, node.value)}"
        case cst.Call():
            yield from _of_call(frame, node, compared)
        case _:
            compared = compared or isinstance(node, cst.Comparison)
            for child in below(node):
                yield from _classes(frame, child, compared)


def _owner(frame: Frame, node: cst.BaseExpression) -> str:
    """What an unknown attribute is read of: of a class it may be a column that a base out of sight declares."""
    with frame.silent():
        value = frame.evaluate(node)
    return value.id if isinstance(value, ClassValue) else frame.text(node)


def _of_call(frame: Frame, node: cst.Call, compared: bool) -> Iterator[str]:
    """The classes in a call: it makes a criterion or a column of them, a statement of its own, or nobody knows what."""
    function = node.func
    name = function.attr.value if isinstance(function, cst.Attribute) else getattr(function, "value", "")
    if name in _OWN:
        return
    inner = [found for item in node.args for found in _classes(frame, item.value, compared or name in COMPARING)]
    if name in _PLAIN:
        if isinstance(function, cst.Attribute):
            yield from _classes(frame, function.value, compared)
        yield from inner
    elif not compared or any(not found.startswith(_SOMETHING) for found in inner):
        yield _HIDDEN


def _has_table(node: cst.Attribute) -> bool:
    """`table.c.name`, `subquery.c.name`."""
    inner = node.value
    return isinstance(inner, cst.Attribute) and inner.attr.value in ("c", "columns")
