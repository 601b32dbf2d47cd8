"""Reading the primary key of an object that has none yet, because no flush has written it.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.columns import Column
from sqla_lint.flow.events import KeyRead
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.given import bind
from sqla_lint.flow.making import KeyUse
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import AttributeMeans, EventAsked, MappingOf, SignatureOf, Summary, SummaryOf
from sqla_lint.flow.values import (
    ClassValue,
    FunctionValue,
    Instance,
    MappedAttribute,
    Method,
    Session,
    Statement,
    Value,
    class_name,
)
from sqla_lint.knowledge.calls import LOGGING

_TESTED = (cst.BooleanOperation, cst.UnaryOperation, cst.If, cst.IfExp, cst.While, cst.Assert, cst.Lambda, cst.CompIf)
# What only looks at a value, and what gives it on in another form.
_LOOKING = frozenset({"bool", "hasattr", "isinstance", "type"})
_PASSING = frozenset({"str", "repr", "cast"})


def note_key(frame: Frame, value: Instance, column: Column, node: cst.CSTNode) -> None:
    """Tell that a key is read which the flush will give, where something is made of it.

    Of an argument it is kept for the callers, who know whether it was flushed.
    """
    given = _parameter(frame, value)
    if not (given or value.unwritten) or not frame.emitting or frame.info.is_generator:
        return
    if not _is_given_by_flush(column) or column.name in value.free or not frame.ask(EventAsked("KeyRead")):
        return
    use, target = _use(frame, node)
    if (
        not use
        or _is_known(frame, node)
        or _is_logged(frame, node)
        or use == "column"
        and _are_related(frame, value.cls, target)
    ):
        return
    if not given:
        _emit(frame, KeyRead(frame.place(node), None, value, column.name, frame.text(node), use, target), column)
    elif use == "column":  # what is looked up by no key is rightly not found
        frame.making.uses.add(KeyUse(given, column.name, use, target, frame.place(node)))


def note_key_of(frame: Frame, parameter: str, name: str, node: cst.CSTNode) -> None:
    """Keep that an attribute of a parameter becomes the value of a column: callers know whether it is a key."""
    if not frame.emitting or frame.making.wrote or frame.info.is_generator or not frame.ask(EventAsked("KeyRead")):
        return
    use, target = _use(frame, node)
    if use == "column" and not _is_known(frame, node) and not _goes_along(frame, target):
        frame.making.uses.add(KeyUse(parameter, name, use, target, frame.place(node)))


def _goes_along(frame: Frame, target: str) -> bool:
    """Whether the function mentions the relationship that fills in a column."""
    owner, _, column = target.rpartition(".")
    info = frame.ask(MappingOf(owner))
    names = {item.name for item in info.relationships.values() if column in item.keys} if info is not None else set()
    return _mentions(frame, names)


def note_uses(frame: Frame, summary: Summary, binding: dict[str, Value], node: cst.CSTNode) -> None:
    """Tell what a callee makes of the keys of what it is given here."""
    for item in summary.uses:
        value = binding.get(item.parameter)
        if not isinstance(value, Instance) or not value.unwritten or not frame.emitting or item.column in value.free:
            continue
        info = frame.ask(MappingOf(value.cls))
        column = info.columns.get(item.column) if info is not None else None
        if column is None or not _is_given_by_flush(column) or not frame.ask(EventAsked("KeyRead")):
            continue
        if item.use != "column" or not _are_related(frame, value.cls, item.target):
            name = next((name for name, held in frame.state.names.items() if held == value), class_name(value.cls))
            read = KeyRead(frame.place(node), item.place, value, item.column, f"{name}.{item.column}")
            _emit(frame, replace(read, use=item.use, target=item.target), column)


def note_constructed(frame: Frame, made: Instance, arguments: Arguments, node: cst.CSTNode) -> None:
    """Tell what the constructor of a new object makes of the keys of those that it is given."""
    if not any(isinstance(item, Instance) and item.unwritten for item in arguments.all()):
        return
    if not frame.emitting or not frame.ask(EventAsked("KeyRead")):
        return
    found = frame.ask(AttributeMeans(made.cls, "__init__"))
    info = frame.ask(SignatureOf(found.id)) if isinstance(found, FunctionValue) else None
    if info is not None:
        note_uses(frame, frame.ask(SummaryOf(info.id, closely=True)), bind(info, made, arguments), node)


def _parameter(frame: Frame, value: Instance) -> str:
    """The parameter that a row is, as long as nothing was flushed since the call; empty where it is none."""
    root = value.producer.root if value.producer is not None else ()
    return root[0] if len(root) == 1 and not value.new and not value.rows and not frame.making.wrote else ""


def _is_given_by_flush(column: Column) -> bool:
    return column.primary_key and bool(column.generated) and not column.at_once


def _is_known(frame: Frame, node: cst.CSTNode) -> bool:
    """Whether a test has shown that there is a key."""
    text, assumed = frame.text(node), frame.state.assumed
    return assumed.get(text) is True or assumed.get(f"{text} is None") is False


def _emit(frame: Frame, read: KeyRead, column: Column) -> None:
    """Tell it with where the object waits for the flush."""
    if _sets_its_key(frame, read.instance, column):
        return
    for key, works in frame.state.work.items():
        for work in works:
            if work.kind == "add" and work.instance.identity == read.instance.identity:
                read = replace(read, session=Session(key), added=work.place, receiver=_receiver(work.place))
    if read.added is not None or _leads_on(frame, read):
        frame.emit(read)


def _leads_on(frame: Frame, read: KeyRead) -> bool:
    """Whether either of two objects ever goes anywhere from here: rows that only a test looks at are in no session."""
    if read.use != "column" or read.via is not None or read.place.node is None:
        return True
    names = {name for name, held in frame.state.names.items() if _is_same(held, read.instance)}
    for parent in frame.slice.around(read.place.node):
        match parent:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                names.add(name)
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name(value=name)))]):
                holder = frame.state.names.get(name)
                names.add(name if isinstance(holder, Instance) and holder.new else "")
            case cst.Return() | cst.Assign() | cst.FunctionDef() | cst.Expr():
                names.add("")
            case _:
                continue
        break
    read_of = {id(node.value) for node in frame.slice.nodes if isinstance(node, cst.Attribute)}
    bound = {id(node.target) for node in frame.slice.nodes if isinstance(node, cst.AssignTarget)}
    return "" in names or any(
        isinstance(node, cst.Name) and node.value in names and id(node) not in read_of | bound
        for node in frame.slice.nodes
    )


def _is_same(held: Value, instance: Instance) -> bool:
    return isinstance(held, Instance) and held.identity == instance.identity != 0


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


def _are_related(frame: Frame, one: str, target: str) -> bool:
    """Whether the function mentions a relationship between a class and that of a column, which the flush goes by."""
    other = target.rpartition(".")[0]
    names: set[str] = set()
    for here, there in ((one, other), (other, one)):
        info, led_to = frame.ask(MappingOf(here)), frame.ask(MappingOf(there))
        family = {there, *led_to.lineage} if led_to is not None else {there}
        names |= {item.name for item in info.relationships.values() if item.target in family} if info else set()
    return _mentions(frame, names)


def _mentions(frame: Frame, names: set[str]) -> bool:
    """Whether the function reads or sets an attribute of one of these names, or gives it by keyword."""
    return any(
        isinstance(node, cst.Attribute)
        and node.attr.value in names
        or isinstance(node, cst.Arg)
        and node.keyword is not None
        and node.keyword.value in names
        for node in frame.slice.nodes
    )


def _is_logged(frame: Frame, node: cst.CSTNode) -> bool:
    """Whether a key is only told to a logger, which takes None as well."""
    for parent in frame.slice.around(node):
        match parent:
            case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=method))) if method in LOGGING:
                return "log" in frame.text(receiver).lower()
            case cst.BaseStatement() | cst.BaseSmallStatement():
                return False
    return False


def _use(frame: Frame, node: cst.CSTNode) -> tuple[str, str]:
    """What is made of the value of an expression, as `KeyRead` tells it; the kind is empty where nothing is."""
    child = node
    for parent in frame.slice.around(node):
        match parent:
            case cst.Call(func=function, args=args):
                argument = next((item for item in args if item is child), None)
                found = _given(frame, function, argument)
                if found is not None:
                    return found
            case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.NotEqual())]):
                return "", ""  # all but itself
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
