"""Statements as they are sent, told of with the methods that have shaped them.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.locking import ANEW
from sqla_lint.flow.outcomes import FromsJoined, StatementSent
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.steps import Step, after
from sqla_lint.flow.unread import note_unread
from sqla_lint.flow.values import Mapping, Statement


def note_sent(frame: Frame, statement: Statement, name: str, node: cst.CSTNode) -> None:
    """Tell of a statement of rows that is sent by a method of that name, if it was shaped in this very function."""
    if not frame.emitting or statement.kind not in _OF_ROWS:
        return
    note_unread(frame, statement, node)
    here = frame.place(node)
    if frame.ask(EventAsked("FromsJoined")) and any(
        step.name == "refers" and step.place is not None and step.place.slice is frame.slice for step in statement.steps
    ):
        frame.emit(FromsJoined(here, None, statement))
    if not frame.ask(EventAsked("StatementSent")):
        return
    if name == "paginate":
        statement = replace(statement, steps=after(statement.steps, Step("offset", place=here)))
    if any(step.place is not None and step.place.slice is frame.slice for step in statement.steps):
        frame.emit(StatementSent(here, None, statement, name))


_OF_ROWS = frozenset({"query", "select", "core"})


def note_executed(frame: Frame, arguments: Arguments, name: str, node: cst.Call) -> None:
    """Tell of a statement that a session executes, with the options that it is given on the way."""
    statement = arguments.first()
    if isinstance(statement, Statement):
        note_sent(frame, with_options(frame, statement, arguments, node), name, node)


def with_options(frame: Frame, statement: Statement, arguments: Arguments, node: cst.CSTNode) -> Statement:
    """A statement with the options that `execute()` is given for it."""
    options = arguments.keywords.get("execution_options")
    if options is None:
        return statement
    named = dict(options.entries) if isinstance(options, Mapping) else {}
    if "populate_existing" in named or not named:  # or they are not in sight
        statement = replace(statement, criteria=(*statement.criteria, ANEW))
    if "yield_per" in named:
        statement = replace(statement, steps=after(statement.steps, Step("yield_per", place=frame.place(node))))
    return statement
