"""Eager loads of which nothing comes: the whole life of the rows lies in one function, and no line of it reads them.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.query_events import EagerUnread
from sqla_lint.flow.questions import ClassInfo, EventAsked, MappingOf
from sqla_lint.flow.values import Instance, MappedAttribute, Statement
from sqla_lint.knowledge.loaders import EAGER, LOADING
from sqla_lint.knowledge.statements import QUERY_MANY, QUERY_ONE, RESULT_MANY, RESULT_ONE, RESULT_SAME, RESULT_SCALAR

Parents = Mapping[cst.CSTNode, cst.CSTNode]
# Methods on the way from a statement that is sent to its rows, and those that give one of them.
_ON_THE_WAY = RESULT_SAME | RESULT_MANY | QUERY_MANY | {"scalars"}
_ONE = RESULT_ONE | RESULT_SCALAR | QUERY_ONE


def note_unread(frame: Frame, statement: Statement, node: cst.CSTNode) -> None:
    """A statement is sent: tell of the relationship that one of its options loads, if nobody can read it."""
    wanted = [name for name, strategy, _ in statement.load.branches if strategy in EAGER]
    if not wanted or not frame.emitting or not frame.ask(EventAsked("EagerUnread")):
        return
    asked = statement.entities[0] if statement.scalar and not statement.load.doubtful else None
    info = frame.ask(MappingOf(asked.cls)) if isinstance(asked, Instance) else None
    if info is None or frame.info.module_body or frame.slice.reads.opaque:
        return
    options = {name: call for name, call in _options(frame, info) if name in wanted}
    parents = frame.slice.parents
    one = isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _ONE
    if options and _is_read(frame, parents, node, one, info):
        read = _attributes(frame, parents)
        for name, call in options.items():
            if call is not None and name not in read:
                frame.emit(EagerUnread(frame.place(call), None, info.id, name, frame.place(node)))


def _options(frame: Frame, info: ClassInfo) -> Iterator[tuple[str, cst.Call | None]]:
    """The relationships that options of this function load at once, and the calls; none where there are two."""
    found: dict[str, cst.Call | None] = {}
    for node in frame.slice.nodes:
        match node:
            case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)), args=[only]):
                if name not in LOADING:
                    continue
                with frame.silent():
                    value = frame.evaluate(only.value)
                if isinstance(value, MappedAttribute) and value.owner in (info.id, *info.lineage):
                    found[value.path[0]] = None if value.path[0] in found else node
    yield from found.items()


def _attributes(frame: Frame, parents: Parents) -> set[str]:
    """The attributes that the function reads, but for those that it names to an option."""
    found = set[str]()
    for node in frame.slice.nodes:
        match node:
            case cst.Attribute(attr=cst.Name(value=name)) if not _is_named(parents, node):
                found.add(name)
            case cst.SimpleString():
                found.add(node.raw_value)
    return found


def _is_named(parents: Parents, node: cst.CSTNode) -> bool:
    """Whether an attribute is the argument of a loader option."""
    argument = parents.get(node)
    match parents.get(argument) if isinstance(argument, cst.Arg) else None:
        case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))):
            return name in LOADING
    return False


def _is_read(frame: Frame, parents: Parents, node: cst.CSTNode, one: bool, info: ClassInfo) -> bool:
    """Whether an expression that gives the rows, or `one` of them, is used for what they hold and nothing else."""
    match parents.get(node):
        case cst.Await() as whole:
            return _is_read(frame, parents, whole, one, info)
        case cst.Attribute(value=value, attr=cst.Name(value=name)) as whole if value is node:
            if one:
                return name in info.columns or name in info.relationships
            call = parents.get(whole)
            if name not in _ON_THE_WAY | _ONE or not isinstance(call, cst.Call) or call.func is not whole:
                return False
            return _is_read(frame, parents, call, name in _ONE, info)
        case cst.For(iter=rows, target=cst.Name(value=name)) | cst.CompFor(iter=rows, target=cst.Name(value=name)):
            return rows is node and not one and _all_read(frame, parents, name, True, info)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return _all_read(frame, parents, name, one, info)
        case cst.AnnAssign(target=cst.Name(value=name), value=given) if given is node:
            return _all_read(frame, parents, name, one, info)
        case cst.If(test=test) | cst.UnaryOperation(expression=test):
            return test is node
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.Is() | cst.IsNot())]):
            return left is node and one
        case cst.Arg() as argument:
            return not one and _is_len(parents.get(argument))
    return False


def _is_len(node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "len"


def _all_read(frame: Frame, parents: Parents, name: str, one: bool, info: ClassInfo) -> bool:
    """Whether a name that is bound once is used so, wherever it stands."""
    if name in frame.globals or name in frame.slice.reads.shared:
        return False
    bound = 0
    for node in frame.slice.nodes:
        if not isinstance(node, cst.Name) or node.value != name:
            continue
        parent = parents.get(node)
        match parent:
            case cst.AssignTarget() | cst.AnnAssign() | cst.For() | cst.CompFor() if parent.target is node:
                bound += 1
            case cst.Attribute() if parent.attr is node:
                pass
            case cst.Arg() if parent.keyword is node:
                pass
            case _ if not _is_read(frame, parents, node, one, info):
                return False
    return bound == 1
