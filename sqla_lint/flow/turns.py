"""What every turn of a loop does to the collection that it goes through, and to an object made before it."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sqla_lint.flow.events import Loop
from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, MappingOf, Relationship
from sqla_lint.flow.values import Constant, Instance, Value, alternatives
from sqla_lint.flow.work_events import AddedAgain, CollectionShrinks

_TAKING = frozenset({"remove", "pop"})
_QUERIES = frozenset({"dynamic", "write_only"})


def note_shortened(frame: Frame, node: cst.Call) -> None:
    """Tell that `order.lines.remove(line)` stands in a loop over `order.lines`."""
    match node.func:
        case cst.Attribute(value=cst.Attribute(value=owner, attr=cst.Name(value=name)) as lines, attr=method):
            if method.value not in _TAKING or not _is_asked(frame, "CollectionShrinks"):
                return
            loop = _going_through(frame, path_of(lines))
            target = _collection(frame, owner, name) if loop is not None else ""
            if loop is not None and target and not _picks_one(frame, loop, target):
                found = CollectionShrinks(frame.place(node), None, False, frame.text(lines), method.value, loop)
                frame.emit_in(loop, node, found)


def note_relinked(frame: Frame, row: Instance, name: str, target: cst.Attribute, source: cst.BaseExpression) -> None:
    """Tell that `line.order = other` stands in a loop over `order.lines`: the other side lets go of the line."""
    if not frame.loops or not isinstance(target.value, cst.Name) or not _is_asked(frame, "CollectionShrinks"):
        return
    info = frame.ask(MappingOf(row.cls))
    relationship = info.relationships.get(name) if info is not None else None
    if relationship is None or relationship.collection or not relationship.reverse or relationship.viewonly:
        return
    for loop in frame.loops:
        owner, _, lines = loop.source.rpartition(".")
        if path_of(source) == owner:
            continue  # it has that parent already
        through = loop.id == row.rows and loop.target == target.value.value and lines == relationship.reverse
        if (
            through
            and row.path
            and row.path[-1].endswith(f".{lines}")
            and owner
            and not _picks_one(frame, loop, row.cls)
        ):
            frame.emit_in(loop, target, CollectionShrinks(frame.place(target), None, False, loop.source, name, loop))


def _is_asked(frame: Frame, event: str) -> bool:
    return frame.emitting and bool(frame.loops) and frame.ask(EventAsked(event))


def _going_through(frame: Frame, path: str) -> Loop | None:
    """The loop around this point that goes through what stands at a path, itself and not a copy."""
    return next((loop for loop in reversed(frame.loops) if path and loop.source == path), None)


def _collection(frame: Frame, owner: cst.BaseExpression, name: str) -> str:
    """The class of the rows of an attribute that is a relationship to many at hand; empty where it is none."""
    with frame.silent():
        rows = [item for item in alternatives(frame.evaluate(owner)) if item != Constant(None)]
    found = [_relationship(frame, item, name) for item in rows]
    targets = {item.target for item in found if item is not None and item.collection and item.lazy not in _QUERIES}
    return targets.pop() if len(targets) == 1 and None not in found else ""


def _relationship(frame: Frame, row: Value, name: str) -> Relationship | None:
    info = frame.ask(MappingOf(row.cls)) if isinstance(row, Instance) else None
    return info.relationships.get(name) if info is not None else None


def _picks_one(frame: Frame, loop: Loop, cls: str) -> bool:
    """Whether a test lets a single row of the loop pass: it compares the row itself, or what no two rows have."""
    info = frame.ask(MappingOf(cls))
    columns = info.columns.values() if info is not None else ()
    ones = {loop.target, *(f"{loop.target}.{item.name}" for item in columns if item.primary_key or item.unique)}
    tests = (item for guard in frame.guards if guard is not None for item in nodes(guard))
    return any(isinstance(item, cst.Comparison) and _is_one(item, ones) for item in tests)


def _is_one(test: cst.Comparison, ones: set[str]) -> bool:
    if len(test.comparisons) != 1 or not isinstance(test.comparisons[0].operator, cst.Equal | cst.Is):
        return False
    return any(path_of(side) in ones for side in (test.left, test.comparisons[0].comparator))


# One object for all turns.

_BINDING = (cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.For, cst.With, cst.Del)
_ENDING = (cst.Break, cst.Return, cst.Yield)


def note_added(frame: Frame, node: cst.Call) -> None:
    """Tell that an object that was made before the loop is given other values and added in every turn."""
    if len(node.args) != 1 or not _is_asked(frame, "AddedAgain") or frame.guards[-1] is not None:
        return
    given, body = node.args[0].value, _body_around(frame, node)
    if body is None or not isinstance(given, cst.Name) or frame.loops[-1].retries:
        return
    loop, name = frame.loops[-1], given.value
    made = _made_before(frame, body, name)
    attribute = _given_in_turn(body, name)
    if made is not None and attribute and not _is_let_go(body, name, node):
        place = frame.place(made[0])
        frame.emit_in(loop, node, AddedAgain(frame.place(node), None, False, made[1], name, attribute, loop, place))


def _body_around(frame: Frame, node: cst.CSTNode) -> cst.For | None:
    """The innermost `for` whose body holds a node."""
    for around in frame.slice.around(node):
        if isinstance(around, cst.For) and around.body is node:
            return around
        node = around
    return None


def _made_before(frame: Frame, loop: cst.For, name: str) -> tuple[cst.Call, Instance] | None:
    """The call before a loop that makes an object, by which alone a name is bound, and the object."""
    made = None
    for node in frame.slice.nodes:
        if isinstance(node, _BINDING) and name in _bound(node):
            value = node.value if isinstance(node, cst.Assign) else None
            inside = any(item is node for item in nodes(loop))
            if made is not None or inside or not isinstance(value, cst.Call):
                return None
            made = value
    if made is None:
        return None
    with frame.silent():
        row = frame.evaluate(made)
    return (made, row) if isinstance(row, Instance) and row.new else None


def _bound(node: cst.CSTNode) -> Iterator[str]:
    """The names that a statement binds."""
    targets: list[cst.CSTNode] = []
    match node:
        case cst.Assign(targets=assigned):
            targets = [item.target for item in assigned]
        case cst.AnnAssign(target=target) | cst.NamedExpr(target=target) | cst.For(target=target):
            targets = [target]
        case cst.Del(target=target):
            targets = [target]
        case cst.With(items=items):
            targets = [item.asname.name for item in items if item.asname is not None]
    for bound in targets:
        if not isinstance(bound, cst.Attribute | cst.Subscript):
            yield from (item.value for item in nodes(bound) if isinstance(item, cst.Name))


def _given_in_turn(loop: cst.For, name: str) -> str:
    """An attribute of the object that gets something of each turn; empty where it gathers what all of them give."""
    changing = {item for node in nodes(loop) if isinstance(node, _BINDING) for item in _bound(node)}
    found = ""
    for node in nodes(loop.body):
        match node:
            case cst.AugAssign(target=cst.Attribute(value=cst.Name(value=of))) if of == name:
                return ""
            case cst.Assign(
                targets=[cst.AssignTarget(cst.Attribute(value=cst.Name(value=of), attr=attribute))], value=value
            ) if of == name:
                names = {item.value for item in nodes(value) if isinstance(item, cst.Name)}
                if name in names:
                    return ""
                found = found or (attribute.value if not changing.isdisjoint(names) else "")
    return found


def _is_let_go(loop: cst.For, name: str, added: cst.Call) -> bool:
    """Whether a turn may end the loop, or hand the object to something that lets the session forget it."""
    for node in nodes(loop.body):
        if isinstance(node, _ENDING):
            return True
        if isinstance(node, cst.Call) and node is not added:
            if any(isinstance(item.value, cst.Name) and item.value.value == name for item in node.args):
                return True
            if path_of(node.func).rpartition(".")[2] in ("expunge_all", "rollback"):
                return True
    return False
