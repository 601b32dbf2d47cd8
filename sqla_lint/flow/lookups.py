"""Queries whose criteria differ from turn to turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.helping import bindings, keep_lookup, names_in, names_made
from sqla_lint.flow.narrowed import KEY, Compared, Narrowed
from sqla_lint.flow.places import Place, nodes
from sqla_lint.flow.query_events import QueryRepeated
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Instance, MappedAttribute, Statement
from sqla_lint.knowledge.statements import NARROWING

_READING = frozenset({"query", "select", "core"})


def narrowed(frame: Frame, statement: Statement, name: str, arguments: Arguments) -> Narrowed:
    """How a statement comes about by one more of its methods."""
    known = statement.narrowed
    if not frame.ask(EventAsked("QueryRepeated")):
        return known
    criteria = name in NARROWING
    owner = _entity(statement) if criteria else ""
    found = [Compared(names_in(node), owner, key if owner else "") for key, node in arguments.keyword_nodes.items()]
    for node in arguments.nodes:
        found += _compared(frame, node) if criteria else (Compared(names_in(node)),)
    return known.by(name, found)


def _entity(statement: Statement) -> str:
    """The class that comes first of what is asked for."""
    first = statement.entities[0] if statement.entities else None
    return first.cls if isinstance(first, Instance) else ""


def _compared(frame: Frame, node: cst.BaseExpression) -> Iterator[Compared]:
    """The criteria that hold together in one."""
    match node:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.Equal(), right)]):
            for one, other in ((left, right), (right, left)):
                if column := _column(frame, one):
                    yield Compared(names_in(other), column.owner, column.path[-1])
                    return
            yield Compared(names_in(node))
        case cst.Call(func=cst.Name(value="and_"), args=args):
            for item in args:
                yield from _compared(frame, item.value)
        case cst.BinaryOperation(left=left, operator=cst.BitAnd(), right=right):
            yield from _compared(frame, left)
            yield from _compared(frame, right)
        case _:
            yield Compared(names_in(node))


def _column(frame: Frame, node: cst.BaseExpression) -> MappedAttribute | None:
    """The attribute of a class that a side of a comparison is."""
    if not isinstance(node, cst.Attribute):
        return None
    with frame.silent():
        found = frame.evaluate(node)
    return found if isinstance(found, MappedAttribute) else None


def note_repeated(frame: Frame, statement: Statement, via: Place | None = None) -> None:
    """A statement will be sent: tell of it where its criteria depend on what a loop around this point goes through.

    via: where a callee sends it.
    """
    compared = statement.narrowed.compared
    if not compared or not frame.ask(EventAsked("QueryRepeated")):
        return
    if statement.kind not in _READING or statement.owner is not None:
        return
    if not frame.loops:
        keep_lookup(frame, statement)
        return
    node = frame.current
    for depth in range(len(frame.loops) - 1, -1, -1):
        loop = frame.loops[depth]
        if loop.node is None:
            continue
        varying, kept = _varying(loop.node, node)
        depending = tuple(item for item in compared if not varying.isdisjoint(item.names))
        if depending:
            event = QueryRepeated(
                frame.place(node),
                via,
                statement=statement,
                depending=depending,
                loop=loop,
                apart=statement.session is not None and statement.session.key in loop.opened,
                awaits=any(not kept.isdisjoint(item.names) for item in compared) or _awaits(frame, statement),
                after_failure=any(handler.handling and handler.loops > depth for handler in frame.handlers),
                searches=_searches(loop.node, node) or _for_one(frame, depth),
            )
            frame.emit_in(loop, node, event)
            return


def _awaits(frame: Frame, statement: Statement) -> bool:
    """Whether objects of a class that it asks for wait to be deleted, by the flush that it brings about."""
    asked = {item.cls for item in statement.entities if isinstance(item, Instance)}
    works = frame.state.pending(statement.session.key) if statement.session is not None else ()
    return any(work.kind == "delete" and work.instance.cls in asked for work in works)


def _for_one(frame: Frame, depth: int) -> bool:
    """Whether a condition inside a loop lets one of its items come here: `if name == "build":`."""
    start = [index for index, guard in enumerate(frame.guards) if guard is None][depth]
    names = names_in(_target(frame.loops[depth]))
    return any(_is_constant(one, names) for guard in frame.guards[start:] if guard is not None for one in _all(guard))


def _all(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """What all has to hold for a test to hold."""
    match test:
        case cst.BooleanOperation(left=left, operator=cst.And(), right=right):
            yield from _all(left)
            yield from _all(right)
        case _:
            yield test


def _is_constant(test: cst.BaseExpression, names: frozenset[str]) -> bool:
    """Whether a test says that one of some names is a certain constant."""
    match test:
        case cst.Comparison(
            left=cst.Name(value=name),
            comparisons=[cst.ComparisonTarget(cst.Equal(), cst.SimpleString() | cst.Integer())],
        ):
            return name in names
    return False


def _target(loop: Loop) -> cst.CSTNode:
    assert loop.node is not None
    return loop.node.target


def _searches(loop: cst.CSTNode, query: cst.CSTNode) -> bool:
    """Whether what a query gives ends the loop, so that most items may never be asked for."""
    found: set[str] = set()
    for inner in nodes(loop):
        match inner:
            case cst.Assign(targets=targets, value=value) if _holds(value, query, found):
                for target in targets:
                    found |= names_in(target.target)
            case cst.If(test=test, body=cst.IndentedBlock(body=[*_, cst.SimpleStatementLine(body=[*_, last])])):
                if isinstance(last, cst.Return | cst.Break) and _is_found(test, query, found):
                    return True
    return False


def _holds(value: cst.BaseExpression, query: cst.CSTNode, found: set[str]) -> bool:
    return not found.isdisjoint(names_in(value)) or any(inner is query for inner in nodes(value))


def _is_found(test: cst.BaseExpression, query: cst.CSTNode, found: set[str]) -> bool:
    """Whether a test holds where the query has given something."""
    match test:
        case cst.UnaryOperation(operator=cst.Not()):
            return False
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.Is())]):
            return False
    return _holds(test, query, found)


def _varying(loop: cst.For | cst.CompFor, query: cst.CSTNode) -> tuple[frozenset[str], frozenset[str]]:
    """The names that hold something else in each turn: those got of the items before a query, and those kept after it.

    What the query gives, or what comes after it, is kept for the next turn where nothing has bound the name before.
    """
    order = {inner: number for number, inner in enumerate(nodes(loop))}
    varying, bound, kept = names_in(loop.target), names_in(loop.target), frozenset[str]()
    for inner, targets, value in bindings(loop):
        names = names_made(targets)
        if order[inner] > order.get(query, len(order)) or any(part is query for part in nodes(value)):
            kept |= names - bound
            continue
        bound |= names
        if not varying.isdisjoint(names_in(value)):
            varying |= names
    return varying, kept


def differs(loop: Loop, call: cst.CSTNode) -> bool:
    """Whether a call speaks of what differs from turn to turn, or of an object that is given some of it."""
    if loop.node is None:
        return True
    varying, names = _varying(loop.node, call)[0], names_in(call)
    given = (
        names_in(target)
        for _, targets, value in bindings(loop.node)
        for target in targets
        if isinstance(target, cst.Attribute | cst.Subscript) and not varying.isdisjoint(names_in(value))
    )
    return not varying.isdisjoint(names) or any(not names.isdisjoint(item) for item in given)


def note_got(frame: Frame, statement: Statement, name: str, arguments: Arguments) -> None:
    """A row is got by its key, unless the session surely holds it."""
    cls = _entity(statement)
    if cls and cls not in frame.state.loaded and arguments.nodes:
        key = Compared(names_in(arguments.nodes[0]), cls, KEY)
        note_repeated(frame, replace(statement, narrowed=statement.narrowed.by(name, (key,))))


def sent_by(statement: Statement, name: str) -> Statement:
    """The statement as a method sends it: what updates or deletes rows is no query."""
    if name in ("update", "delete"):
        return replace(statement, kind=name)
    return replace(statement, narrowed=statement.narrowed.by(name, ()))
