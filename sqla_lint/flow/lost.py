"""New objects that are given a parent which a session holds, and that nobody adds to a session.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.events import NeverAdded
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import AttributeMeans, ClassInfo, EventAsked, MappingOf, SummaryOf
from sqla_lint.flow.unwritten import ANYTHING
from sqla_lint.flow.values import FunctionValue, Instance, Value
from sqla_lint.knowledge.sessions import TAKES_IN


def note_made(frame: Frame, made: Instance, arguments: Arguments, node: cst.CSTNode) -> None:
    """Tell that a new object has nothing but its parent to come into the session by."""
    if not arguments.keywords or not frame.emitting or not frame.ask(EventAsked("NeverAdded")):
        return
    info = frame.ask(MappingOf(made.cls))
    parents = {name: value for name, value in arguments.keywords.items() if info and name in info.relationships}
    held = next((name for name, value in parents.items() if info and _is_held(frame, info, name, value)), "")
    if not held or _adds_itself(frame, made.cls):
        return
    name = _bound_to(frame, node)
    if name is None or name and _is_used(frame, name):
        return
    texts = {frame.text(arguments.keyword_nodes[parent]) for parent in parents}
    if not _takes_in(frame, node, texts, anything=bool(name)):
        frame.emit(NeverAdded(frame.place(node), None, made, held, frame.text(arguments.keyword_nodes[held]), name))


def note_given(
    frame: Frame, made: Instance, name: str, value: Value, target: cst.Attribute, source: cst.BaseExpression
) -> None:
    """The same where the parent is assigned: `line.order = order`; its first parent is the one that is told."""
    if not made.new or not made.unwritten or not isinstance(target.value, cst.Name):
        return
    if not frame.emitting or not frame.ask(EventAsked("NeverAdded")):
        return
    info, held = frame.ask(MappingOf(made.cls)), target.value.value
    if info is None or name not in info.relationships or not made.free.isdisjoint(info.relationships):
        return
    waits = any(work.instance.identity == made.identity for works in frame.state.work.values() for work in works)
    if waits or not _is_held(frame, info, name, value) or _adds_itself(frame, made.cls):
        return
    if not _is_used(frame, held) and not _takes_in(frame, target, set(), anything=True):
        frame.emit(NeverAdded(frame.place(target), None, made, name, frame.text(source), held))


def _is_held(frame: Frame, info: ClassInfo, name: str, value: Value) -> bool:
    """Whether what a relationship leads to is surely in a session, and has one that leads back."""
    if not info.relationships[name].reverse or not isinstance(value, Instance) or value.detached is not None:
        return False
    if not value.new:
        return value.session != ""
    works = [work for pending in frame.state.work.values() for work in pending]
    return any(work.kind == "add" and work.instance.identity == value.identity for work in works)


def _adds_itself(frame: Frame, cls: str) -> bool:
    """Whether its constructor may add it, or hand it to what does."""
    found = frame.ask(AttributeMeans(cls, "__init__"))
    if not isinstance(found, FunctionValue):
        return False
    summary, info = frame.ask(SummaryOf(found.id, closely=True)), frame.ask(MappingOf(cls))
    given = {ANYTHING, *info.relationships} if info is not None else {ANYTHING}
    return bool(summary.effects) or not summary.known or not given.isdisjoint(summary.sets)


def _bound_to(frame: Frame, node: cst.CSTNode) -> str | None:
    """The name that an object is bound to, "" where it is a statement of its own; None where it goes elsewhere."""
    match next(frame.slice.around(node), None):
        case cst.Expr():
            return ""
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
        case cst.AnnAssign(target=cst.Name(value=name)):
            return name
    return None


def _is_used(frame: Frame, name: str) -> bool:
    """Whether more is done with a name than to read and set attributes of what it holds."""
    plain, called = 0, set[cst.CSTNode]()
    every = 0
    for node in frame.slice.nodes:
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value=value)) as function) if value == name:
                called.add(function)
            case cst.Attribute(value=cst.Name(value=value)) if value == name and node not in called:
                plain += 1
            case cst.AssignTarget(target=cst.Name(value=value)) | cst.AnnAssign(target=cst.Name(value=value)):
                plain += value == name
            case cst.Arg(keyword=cst.Name(value=value)) | cst.Attribute(attr=cst.Name(value=value)):
                plain += value == name
        every += isinstance(node, cst.Name) and node.value == name
    return name in frame.globals or every != plain


def _takes_in(frame: Frame, node: cst.CSTNode, parents: set[str], anything: bool) -> bool:
    """Whether a later call takes in one of its parents, which may take it along; in a loop all come later.

    anything: or whether any call takes in whatever it is.
    """
    after = anything or bool(frame.loops)
    for found in frame.slice.nodes:
        after = after or found is node
        match found:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=method)), args=args) if after and method in TAKES_IN:
                texts = {frame.text(item) for argument in args for item in nodes(argument)}
                if anything or not parents.isdisjoint(texts):
                    return True
    return False
