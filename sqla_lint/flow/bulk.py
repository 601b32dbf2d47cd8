"""Rows at hand that an UPDATE of many rows leaves as they were: it was told not to touch the session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.merged import following
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import Collection, ColumnValue, Instance, Statement, Value, alternatives
from sqla_lint.flow.work_events import RowsOutOfDate
from sqla_lint.knowledge.sessions import ENDING, EXPIRING
from sqla_lint.knowledge.statements import SYNCHRONIZE

_RENEWING = EXPIRING | ENDING | {"refresh", "populate_existing"}
_KEY = "<pk>"


def note_query_update(frame: Frame, query: Statement, node: cst.Call) -> None:
    """`query.update({…}, synchronize_session=False)`."""
    if (
        frame.emitting
        and _is_off(node.args)
        and node.args[0].keyword is None
        and frame.ask(EventAsked("RowsOutOfDate"))
    ):
        _note(frame, query, frozenset(_keys(node.args[0].value)), node)


def note_update(frame: Frame, statement: Value, node: cst.Call) -> None:
    """`session.execute(update(…).values(…).execution_options(synchronize_session=False))`."""
    if not isinstance(statement, Statement) or statement.kind != "update" or not frame.emitting or not node.args:
        return
    if not frame.ask(EventAsked("RowsOutOfDate")):
        return
    off, names = _is_off(node.args), set[str]()
    for call in _chain(frame, node.args[0].value):
        off = off or _is_off(call.args)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "values":
            names |= {item.keyword.value for item in call.args if item.keyword is not None}
            names.update(name for item in call.args if item.keyword is None for name in _keys(item.value))
    if off:
        _note(frame, statement, frozenset(names), node)


def _chain(frame: Frame, node: cst.BaseExpression) -> Iterator[cst.Call]:
    """The calls of a chain, and of what the names are bound to that it begins with."""
    followed = set[str]()
    while True:
        if isinstance(node, cst.Call):
            yield node
            node = node.func.value if isinstance(node.func, cst.Attribute) else node.func
        elif isinstance(node, cst.Name) and node.value not in followed:
            followed.add(node.value)
            bound = _bound(frame, node.value)
            if len(bound) != 1:
                return
            node = bound[0]
        else:
            return


def _bound(frame: Frame, name: str) -> list[cst.BaseExpression]:
    """All that a name is bound to by assignments."""
    found = (item for item in frame.slice.nodes if isinstance(item, cst.Assign))
    return [item.value for item in found if any(_is_name(one.target, name) for one in item.targets)]


def _is_name(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _is_off(arguments: Sequence[cst.Arg]) -> bool:
    """Whether arguments say `synchronize_session=False`, by themselves or in a dict of options."""
    for item in arguments:
        match item:
            case cst.Arg(keyword=cst.Name(value=keyword), value=cst.Name(value="False")) if keyword == SYNCHRONIZE:
                return True
            case cst.Arg(keyword=cst.Name(value="execution_options"), value=cst.Dict(elements=elements)):
                for element in elements:
                    match element:
                        case cst.DictElement(
                            key=cst.SimpleString(evaluated_value=key), value=cst.Name(value="False")
                        ) if key == SYNCHRONIZE:
                            return True
    return False


def _keys(node: cst.BaseExpression) -> Iterator[str]:
    """The columns that a dict display names."""
    for element in node.elements if isinstance(node, cst.Dict) else ():
        match element:
            case cst.DictElement(key=cst.SimpleString(evaluated_value=str(name))):
                yield name
            case cst.DictElement(key=cst.Attribute(attr=cst.Name(value=name))):
                yield name


def _note(frame: Frame, statement: Statement, columns: frozenset[str], node: cst.Call) -> None:
    """Tell where a row at hand is read of whose columns the statement writes some."""
    entities = [item.cls for item in statement.entities if isinstance(item, Instance)]
    if len(entities) != 1 or not columns:
        return
    tracked = {
        name
        for name, value in frame.state.names.items()
        if any(_is_written(frame, row, entities[0], statement) for row in _rows(value))
    }
    for found in following(frame.slice.module.body, node) if tracked else ():
        for inner in nodes(found):
            read = _read(inner, tracked, columns)
            if read is not None:
                name, column = read
                place = frame.place(inner)
                frame.emit(RowsOutOfDate(place, None, entities[0], name, column, frame.place(node)))
                return
            if _renews(inner, tracked):
                return


def _rows(value: Value) -> Iterator[Instance]:
    """The rows that a name holds, itself or as a list."""
    for item in alternatives(value):
        inner = item.element if isinstance(item, Collection) else item
        if isinstance(inner, Instance):
            yield inner


def _is_written(frame: Frame, row: Instance, cls: str, statement: Statement) -> bool:
    """Whether a row at hand is among those that the statement surely means."""
    if row.cls != cls or row.new or row.detached or row.expired or row.producer is None:
        return False
    info = frame.ask(MappingOf(cls))
    primary = info.primary if info is not None else frozenset[str]()
    for column, value in statement.criteria:
        key = column in primary
        same = (column, value) in row.values or key and (_KEY, value) in row.values
        if not same and not (key and row.identity and value == ColumnValue(row.identity, column)):
            return False
    return bool(statement.criteria) or not statement.filtered


def _read(node: cst.CSTNode, tracked: set[str], columns: frozenset[str]) -> tuple[str, str] | None:
    match node:
        case cst.For(target=cst.Name(value=target), iter=cst.Name(value=name)) if name in tracked:
            tracked.add(target)
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=column)):
            return (name, column) if name in tracked and column in columns else None
    return None


def _renews(node: cst.CSTNode, tracked: set[str]) -> bool:
    """Whether a step may load the rows again, binds another to their name, or sets what was to be read."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method in _RENEWING
        case cst.AssignTarget(target=target) | cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
            root = target.value if isinstance(target, cst.Attribute) else target
            return isinstance(root, cst.Name) and root.value in tracked
    return False
