"""Values of columns that are changed in place, which the session does not notice."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from sqla_lint.flow.columns import Column
from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.merged import following
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import Collection, ColumnValue, Constant, Instance, Mapping, Value, alternatives
from sqla_lint.flow.work_events import ChangedInPlace
from sqla_lint.knowledge.columns import CHANGING, FLAGGING, IN_PLACE
from sqla_lint.knowledge.sessions import WRITING

# Methods that give what a container holds.
_LOOKING = frozenset({"get", "setdefault"})


def note_method(frame: Frame, node: cst.Call) -> None:
    """Tell that a method changes the value of a column."""
    match node.func:
        case cst.Attribute(value=owner, attr=cst.Name(value=name)) if name in CHANGING:
            if name != "setdefault" or node is frame.bare:  # else what it gives is read, or changed in its turn
                note_changed(frame, owner, node)


def note_target(frame: Frame, target: cst.BaseExpression, node: cst.CSTNode) -> None:
    """Tell that an item of the value of a column is set or deleted."""
    if isinstance(target, cst.Subscript):
        note_changed(frame, target.value, node)


def note_augmented(frame: Frame, node: cst.AugAssign, given: Value) -> None:
    """Tell that `order.data |= {…}` or `order.tags += […]` changes the value of a column, which is then set again."""
    if isinstance(given, Collection | Mapping) and isinstance(node.target, cst.Attribute | cst.Name):
        note_changed(frame, node.target, node)


def note_changed(frame: Frame, owner: cst.BaseExpression, node: cst.CSTNode) -> None:
    """Tell that what `owner` gives is changed in place, where that is the value of a column or lies within it."""
    if not frame.emitting or not frame.ask(EventAsked("ChangedInPlace")):
        return
    root = _root(owner)
    copied = _copied(frame, root) if owner is not root else None
    with frame.silent():
        found = _column_of(frame, copied or root)
    if found is None:
        return
    text, row, column = found
    if column.type not in IN_PLACE or row.new or row.detached or column.name in row.free:
        return
    if row.producer is None or row.producer.root:
        return  # whoever handed it in may tell, or has not added it yet
    same = _same_object(frame, text, column.name) | {frame.text(root)}
    if copied is not None and (column.tracked or not _is_given_back(frame, root, column.name)):
        return
    if copied is not None and not _lies_deep(frame, same):
        return  # the copy has something of its own, so that the two differ
    if column.tracked and not (column.shallow and owner is not root and _lies_deep(frame, same)):
        return
    if not _is_told(frame, column.name, same) and _matters(frame, node, text, frame.text(root)):
        frame.emit(ChangedInPlace(frame.place(node), None, row, text, column, frame.text(root)))


def _copied(frame: Frame, root: cst.BaseExpression) -> cst.Attribute | None:
    """The attribute that a local name is a shallow copy of: what lies within it is within both."""
    if not isinstance(root, cst.Name):
        return None
    found = [
        node.value
        for node in frame.slice.nodes
        if isinstance(node, cst.Assign) and any(_is(item.target, root.value) for item in node.targets)
    ]
    match found:
        case [cst.Call(func=cst.Name(value="dict" | "list"), args=[cst.Arg(keyword=None, star="", value=held)])]:
            pass
        case [cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value="copy")), args=[])]:
            pass
        case [cst.Call(func=cst.Attribute(value=cst.Name(value="copy"), attr=cst.Name(value="copy")), args=[first])]:
            held = first.value
        case [cst.Dict(elements=[cst.StarredDictElement(value=held)])]:
            pass
        case _:
            return None
    return held if isinstance(held, cst.Attribute) else None


def _is(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _is_given_back(frame: Frame, root: cst.BaseExpression, column: str) -> bool:
    """Whether the copy is assigned to the attribute that it was made of."""
    return any(
        isinstance(node, cst.Assign)
        and path_of(node.value) == path_of(root)
        and any(_names(item.target, column) for item in node.targets)
        for node in frame.slice.nodes
    )


def _lies_deep(frame: Frame, same: frozenset[str]) -> bool:
    """Whether the container itself is left as it is in the whole function: changing that has all of it written."""
    for node in frame.slice.nodes:
        match node:
            case cst.AssignTarget(target=cst.Subscript(value=held)) | cst.Del(target=cst.Subscript(value=held)):
                at_top = path_of(held) in same
            case cst.AugAssign(target=cst.Subscript(value=held)):
                at_top = path_of(held) in same
            case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value=name))) if name in CHANGING:
                at_top = path_of(held) in same
            case _:
                continue
        if at_top:
            return False
    return True


def _root(node: cst.BaseExpression) -> cst.BaseExpression:
    """What an item is taken of: `order.data` of `order.data["a"].get("b")`."""
    while True:
        match node:
            case cst.Subscript(value=inner):
                node = inner
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name))) if name in _LOOKING:
                node = inner
            case _:
                return node


def _column_of(frame: Frame, root: cst.BaseExpression) -> tuple[str, Instance, Column] | None:
    """The text of a row, the row, and its column whose value an expression is."""
    match root:
        case cst.Attribute(value=owner, attr=cst.Name(value=name)):
            row = _row(frame.evaluate(owner))
            text = frame.text(owner)
        case cst.Name():
            held = frame.state.names.get(root.value)
            if not isinstance(held, ColumnValue) or not held.identity:
                return None
            text, row = _row_of(frame, held.identity)
            name = held.column
        case _:
            return None
    info = frame.ask(MappingOf(row.cls)) if row is not None else None
    column = info.columns.get(name) if info is not None else None
    return (text, row, column) if row is not None and column is not None else None


def _row(value: Value) -> Instance | None:
    real = [item for item in alternatives(value) if item != Constant(None)]
    return real[0] if len(real) == 1 and isinstance(real[0], Instance) else None


def _row_of(frame: Frame, identity: int) -> tuple[str, Instance | None]:
    for name, value in frame.state.names.items():
        row = _row(value)
        if row is not None and row.identity == identity:
            return name, row
    return "", None


def _same_object(frame: Frame, row: str, column: str) -> frozenset[str]:
    """What of the function's lines gives the value of the column, and not a copy: the attribute, and names for it."""
    attribute = f"{row}.{column}"
    bound: dict[str, bool] = {attribute: True}
    for node in frame.slice.nodes:
        match node:
            case cst.Assign(targets=[cst.AssignTarget(cst.Name(value=name))], value=value):
                if isinstance(value, cst.BooleanOperation):
                    value = value.left
                bound[name] = bound.get(name, True) and path_of(value) == attribute
    return frozenset(name for name, same in bound.items() if same)


def _is_told(frame: Frame, column: str, same: frozenset[str]) -> bool:
    """Whether anything in the function tells the session that the column has changed, or writes it by other means."""
    for node in frame.slice.nodes:
        match node:
            case cst.Assign(targets=targets, value=value):
                if any(_names(item.target, column) for item in targets) and path_of(value) not in same:
                    return True
            case cst.AnnAssign(target=target) if _names(target, column):
                return True
            case cst.Call(func=function, args=arguments):
                if _tells(path_of(function).rpartition(".")[2], arguments, column):
                    return True
    return False


def _matters(frame: Frame, change: cst.CSTNode, row: str, changed: str) -> bool:
    """Whether the change was meant to be written: a commit or a flush follows, or nothing reads it any more."""
    read = False
    for around in frame.slice.nodes:
        if isinstance(around, cst.With) and any(_begins(item.item) for item in around.items):
            return True
    for statement in following(frame.slice.module.body, change):
        for node in nodes(statement):
            if isinstance(node, cst.Call) and path_of(node.func).rpartition(".")[2] in WRITING:
                return True
            read = read or isinstance(node, cst.Name | cst.Attribute) and frame.text(node) in (row, changed)
    return not read


def _begins(node: cst.BaseExpression) -> bool:
    """Whether a block commits as it ends."""
    return isinstance(node, cst.Call) and path_of(node.func).rpartition(".")[2] in ("begin", "begin_nested")


def _names(target: cst.CSTNode, column: str) -> bool:
    """Whether a target is the attribute of that name, alone or in a pattern."""
    match target:
        case cst.Attribute(attr=cst.Name(value=name)):
            return name == column
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return any(_names(item.value, column) for item in elements)
    return False


def _tells(function: str, arguments: Sequence[cst.Arg], column: str) -> bool:
    """Whether a call may write the column: it is no constructor, and its name is passed on."""
    if any(item.keyword is not None and item.keyword.value == column for item in arguments):
        return not function[:1].isupper()
    if function not in FLAGGING:
        return False
    match [item.value for item in arguments]:
        case [_, cst.SimpleString(evaluated_value=name), *_]:
            return name == column
    return True
