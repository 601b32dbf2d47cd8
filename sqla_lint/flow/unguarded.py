"""New rows whose unique value was looked up before: another transaction may insert it between the two.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.decorating import CallersOf
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.speaking import SpeaksOf
from sqla_lint.flow.values import Instance, class_name
from sqla_lint.flow.work_events import InsertedUnguarded
from sqla_lint.knowledge.transactions import HANDLING

_WRITING = frozenset({"commit", "flush"})
_REPLACING = frozenset({"delete", "remove"})


def note_unguarded(frame: Frame, instance: Instance, place: Place) -> None:
    """Tell of a new row that is added after a look for its unique value, where nothing catches that it is there."""
    if not frame.emitting or not frame.ask(EventAsked("InsertedUnguarded")):
        return
    info = frame.ask(MappingOf(instance.cls))
    single = {name for key in info.unique if len(key) == 1 for name in key} if info is not None else set[str]()
    single -= info.primary if info is not None else frozenset[str]()
    if not single or not _is_on_its_own(frame):
        return
    name = class_name(instance.cls)
    for column, text in sorted(_given(frame, name)):
        if column in single and _is_looked_up(frame, name, column, text):
            frame.emit(InsertedUnguarded(place, None, instance.cls, column))
            return


def _is_on_its_own(frame: Frame) -> bool:
    """Whether the function writes what it adds, catches nothing, and neither its callers nor its framework may."""
    if any(part.startswith(("test", "conftest")) for part in frame.info.module.split(".")):
        return False  # nobody else is at work
    writes = False
    for node in frame.slice.nodes:
        if isinstance(node, cst.Try | cst.TryStar):
            return False
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
                if method in _REPLACING:
                    return False  # what it looked up makes room for the new one
                writes = writes or method in _WRITING
    if not writes or frame.info.entry or len(frame.info.decorators) > 1 or frame.ask(CallersOf(frame.info.id)):
        return False
    return not (frame.ask(SpeaksOf("IntegrityError")) and any(frame.ask(SpeaksOf(name)) for name in HANDLING))


def _given(frame: Frame, name: str) -> set[tuple[str, str]]:
    """The columns that calls of a class give by keyword, each with the value as written."""
    found = set[tuple[str, str]]()
    for node in frame.slice.nodes:
        match node:
            case cst.Call(func=cst.Name(value=called) | cst.Attribute(attr=cst.Name(value=called)), args=args):
                if called == name:
                    found |= {(item.keyword.value, frame.text(item.value)) for item in args if item.keyword is not None}
    return found


def _is_looked_up(frame: Frame, name: str, column: str, text: str) -> bool:
    """Whether the function compares the column with the value, in a criterion or by `filter_by()`."""
    for node in frame.slice.nodes:
        match node:
            case cst.Comparison(
                left=cst.Attribute(value=owner, attr=cst.Name(value=read)),
                comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=other)],
            ):
                if read == column and frame.text(owner).rpartition(".")[2] == name and frame.text(other) == text:
                    return True
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="filter_by")), args=args):
                named = (item for item in args if item.keyword is not None and item.keyword.value == column)
                if any(frame.text(item.value) == text for item in named):
                    return True
    return False
