"""What rules are told of a call once it is done: what it changes in place, and what a session is handed by it."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.bulk import note_update
from sqla_lint.flow.changed import note_method
from sqla_lint.flow.cutting import note_cut
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.turns import note_added, note_shortened
from sqla_lint.flow.values import Session

_TOLD = frozenset({"add", "execute", "scalar", "scalars"})


def note_done(frame: Frame, node: cst.Call, arguments: Arguments) -> None:
    """Tell what a call has done."""
    note_method(frame, node)
    note_shortened(frame, node)
    note_cut(frame, node)
    match node.func:
        case cst.Attribute(value=owner, attr=cst.Name(value=name)) if frame.emitting and name in _TOLD:
            with frame.silent():
                receiver = frame.evaluate(owner)
            if isinstance(receiver, Session) and name == "add":
                note_added(frame, node)
            elif isinstance(receiver, Session):
                note_update(frame, arguments.first(), node)
