"""Calls that write with a session: statements that change rows, objects that are new to it, what a Query changes."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.queries import note_effect
from sqla_lint.flow.second import note_statement
from sqla_lint.flow.values import Session, Statement
from sqla_lint.knowledge.statements import WRITING


def note_written(frame: Frame, session: Session, name: str, arguments: Arguments) -> None:
    """Keep that a method of a session writes, where it surely does, whatever objects it is given."""
    if name in ("connection", "expunge", "expunge_all", "run_sync"):
        # Who works on the connection may commit there, and what is taken out is not written.
        frame.held.kept.add(session.key)
    statement = arguments.first()
    if isinstance(statement, Statement):
        writes = statement.kind in WRITING or statement.kind == "text" and _changes(arguments.nodes[0])
    else:
        writes = name.startswith("bulk_") or name == "add_all"
    if isinstance(statement, Statement):
        note_statement(frame, session, statement)
    if writes:
        note_effect(frame, session, "write")


def _changes(node: cst.BaseExpression) -> bool:
    """Whether a text that is written where it is executed changes rows: `text("DELETE FROM …")`."""
    match node:
        case cst.Call(args=[cst.Arg(value=cst.SimpleString(evaluated_value=str(text))), *_]):
            return text.lower().split(maxsplit=1)[:1] in [[word] for word in sorted(WRITING)]
    return False
