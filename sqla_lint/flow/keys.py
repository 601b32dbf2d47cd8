"""Reading the primary key of an object that has none yet, because no flush has written it.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.columns import Column
from sqla_lint.flow.events import KeyRead
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import Place, around, nodes
from sqla_lint.flow.questions import AttributeMeans, EventAsked, MappingOf, SummaryOf
from sqla_lint.flow.values import (
    ClassValue,
    FunctionValue,
    Instance,
    MappedAttribute,
    Method,
    Session,
    Statement,
)

_TESTED = (cst.BooleanOperation, cst.UnaryOperation, cst.If, cst.IfExp, cst.While, cst.Assert, cst.Lambda, cst.CompIf)
# What only looks at a value, and what gives it on in another form.
_LOOKING = frozenset({"bool", "hasattr", "isinstance", "type"})
_PASSING = frozenset({"str", "repr", "cast"})


def note_key(frame: Frame, value: Instance, column: Column, node: cst.CSTNode) -> None:
    """Tell that a key is read which the flush will give, where something is made of it."""
    if not value.unwritten or not frame.emitting or frame.info.is_generator or not frame.ask(EventAsked("KeyRead")):
        return
    if not column.primary_key or not column.generated or column.at_once or column.name in value.free:
        return
    use, target = _use(frame, node)
    if not use or _sets_its_key(frame, value, column):
        return
    if use == "column" and _are_related(frame, value.cls, target.rpartition(".")[0]):
        return  # the flush fills it in by the relationship
    text = frame.text(node)
    read = KeyRead(frame.place(node), None, value, column.name, text, use, target)
    for key, works in frame.state.work.items():
        for work in works:
            if work.kind == "add" and work.instance.identity == value.identity:
                read = replace(read, session=Session(key), added=work.place, receiver=_receiver(work.place))
    frame.emit(read)


def _receiver(place: Place) -> str:
    """The session as it is written where something is added to it."""
    match place.node:
        case cst.Call(func=cst.Attribute(value=session, attr=cst.Name(value="add" | "add_all"))) if place.slice:
            return place.slice.text(session)
    return ""


def _sets_its_key(frame: Frame, value: Instance, column: Column) -> bool:
    """Whether the constructor of its class may give the key."""
    found = frame.ask(AttributeMeans(value.cls, "__init__"))
    return isinstance(found, FunctionValue) and column.name in frame.ask(SummaryOf(found.id, closely=True)).sets


def _are_related(frame: Frame, one: str, other: str) -> bool:
    """Whether the function mentions a relationship between two classes, by which it may put their objects together."""
    names: set[str] = set()
    for here, there in ((one, other), (other, one)):
        info, target = frame.ask(MappingOf(here)), frame.ask(MappingOf(there))
        family = {there, *target.lineage} if target is not None else {there}
        names |= {item.name for item in info.relationships.values() if item.target in family} if info else set()
    return any(
        isinstance(node, cst.Attribute)
        and node.attr.value in names
        or isinstance(node, cst.Arg)
        and node.keyword is not None
        and node.keyword.value in names
        for node in nodes(frame.slice.module)
    )


def _use(frame: Frame, node: cst.CSTNode) -> tuple[str, str]:
    """What is made of the value of an expression, as `KeyRead` tells it; the kind is empty where nothing is."""
    child = node
    for parent in around(frame.slice.module, node):
        match parent:
            case cst.Call(func=function, args=args):
                argument = next((item for item in args if item is child), None)
                found = _given(frame, function, argument)
                if found is not None:
                    return found
            case cst.Comparison():
                return ("criterion", "") if _is_criterion(frame, parent) else ("", "")
            case cst.FormattedStringExpression() | cst.Raise():
                return "text", ""
            case cst.BinaryOperation(operator=cst.Modulo(), right=right) if right is child:
                return "text", ""
            case cst.Return():
                return "returned", ""
            case cst.Assign(targets=[cst.AssignTarget(target=target), *_]) | cst.AnnAssign(target=target):
                return _assigned(frame, target) if parent.value is child else ("", "")
            case cst.Subscript() | cst.Expr() | cst.BaseStatement() | cst.Attribute():
                return "", ""
            case _ if isinstance(parent, _TESTED):
                return "", ""
        child = parent
    return "", ""


def _given(frame: Frame, function: cst.BaseExpression, argument: cst.Arg | None) -> tuple[str, str] | None:
    """What a call makes of an argument; None where it gives it back in another form."""
    if argument is None:
        return "", ""
    if isinstance(function, cst.Name) and function.value in _LOOKING | _PASSING:
        return None if function.value in _PASSING else ("", "")
    with frame.silent():
        callee = frame.evaluate(function)
    keyword = argument.keyword.value if argument.keyword is not None else ""
    match callee:
        case ClassValue(id=cls):
            info = frame.ask(MappingOf(cls))
            if info is not None and info.mapped:
                return ("column", f"{cls}.{keyword}") if keyword in info.columns else ("", "")
        case Method(receiver=Session() | Statement()) | MappedAttribute():
            return "criterion", ""
        case Method(receiver=MappedAttribute()):
            return "criterion", ""
    return "passed", frame.callee(function)


def _is_criterion(frame: Frame, node: cst.Comparison) -> bool:
    with frame.silent():
        sides = [frame.evaluate(item) for item in (node.left, *(part.comparator for part in node.comparisons))]
    return any(isinstance(item, MappedAttribute) for item in sides)


def _assigned(frame: Frame, target: cst.BaseExpression) -> tuple[str, str]:
    match target:
        case cst.Attribute(value=owner, attr=cst.Name(value=name)):
            with frame.silent():
                holder = frame.evaluate(owner)
            info = frame.ask(MappingOf(holder.cls)) if isinstance(holder, Instance) else None
            if info is not None and name in info.columns:
                return "column", f"{info.id}.{name}"
    return "kept", frame.text(target)
