"""An object that waits to be deleted, or was, and is given back to its session."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sqla_lint.flow.events import Readded
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.state import Work
from sqla_lint.flow.values import Instance, Session


def note_readded(frame: Frame, session: Session, instance: Instance, node: cst.CSTNode) -> None:
    """An object is added: a delete of the same one that waits for the flush is given up."""
    if instance.new:
        return  # it has no row any more, as `make_transient` says
    pending = frame.state.pending(session.key)
    for work, name in _deletes(frame, pending, instance, node):
        frame.state.work[session.key] = tuple(item for item in frame.state.pending(session.key) if item is not work)
        _emit(frame, Readded(frame.place(node), None, session, instance, name, "add", False, work.place))
    for work, name in _deletes(frame, _sent(frame, session), instance, node):
        _emit(frame, Readded(frame.place(node), None, session, instance, name, "add", True, work.place))


def note_merged_again(frame: Frame, session: Session, method: str, arguments: Arguments, node: cst.Call) -> None:
    """An object is merged that was deleted, by the flush that merging it begins with perhaps: it gets another row."""
    given = arguments.first()
    if method == "merge" and isinstance(given, Instance) and not given.new:
        for work, name in _deletes(frame, _sent(frame, session), given, node):
            _emit(frame, Readded(frame.place(node), None, session, given, name, "merge", True, work.place))


def _sent(frame: Frame, session: Session) -> tuple[Work, ...]:
    return tuple(work for key, work in frame.state.deleted if key == session.key)


def _deletes(
    frame: Frame, works: tuple[Work, ...], instance: Instance, node: cst.CSTNode
) -> Iterator[tuple[Work, str]]:
    """The deletes of an object, each with the name that is given to both calls."""
    for work in works:
        held = work.instance
        same = work.kind == "delete" and held.identity == instance.identity != 0 and held.rows == instance.rows
        if same and work.place.node is not None and work.place.node is not node:
            # Rows of one list are told apart by nothing but their names.
            names = set(_given(frame, work.place.node, instance))
            yield from ((work, name) for name in _given(frame, node, instance) if name in names)


def _emit(frame: Frame, event: Readded) -> None:
    if frame.emitting and frame.ask(EventAsked("Readded")):
        frame.emit(event)


def _given(frame: Frame, node: cst.CSTNode, instance: Instance) -> Iterator[str]:
    """The names by which a call is given an object, by itself or in a display."""
    todo = [item.value for item in node.args] if isinstance(node, cst.Call) else []
    for item in todo:
        match item:
            case cst.List(elements=elements) | cst.Tuple(elements=elements):
                todo += [element.value for element in elements]
            case cst.Name() | cst.Attribute():
                with frame.silent():
                    value = frame.evaluate(item)
                if isinstance(value, Instance) and value.identity == instance.identity:
                    yield frame.text(item)
