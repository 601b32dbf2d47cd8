"""Making schemas of rows: response models, `model_validate()` and the like read the fields they share with rows."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.instances import EACH
from sqla_lint.flow.questions import Read, ResponseReads, SchemaReads
from sqla_lint.flow.reads import apply_read
from sqla_lint.flow.values import UNKNOWN, Value

GIVEN = "given"


def respond(frame: Frame, value: Value, node: cst.BaseExpression) -> None:
    """A route returns a value: its response model reads that."""
    if frame.emitting and value != UNKNOWN:
        _apply(frame, frame.ask(ResponseReads(frame.info.id)), value, node, node)


def construct(frame: Frame, cls: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """`OrderList(orders=rows)`: models inside the field's annotation read the rows."""
    for name, value in arguments.keywords.items():
        if value != UNKNOWN:
            _apply(frame, frame.ask(SchemaReads(cls, name)), value, arguments.keyword_nodes[name], node)


def validate(frame: Frame, cls: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """`OrderOut.model_validate(order)`."""
    if arguments.positional:
        _apply(frame, frame.ask(SchemaReads(cls)), arguments.positional[0], arguments.nodes[0], node)


def _apply(frame: Frame, reads: tuple[Read, ...], value: Value, given: cst.BaseExpression, node: cst.CSTNode) -> None:
    text = frame.text(given, 30) if frame.emitting else ""
    for read in reads:
        last = max((index for index, step in enumerate(read.path) if step == EACH), default=0)
        names = [text, *(step for step in read.path[1:last] if step != EACH)]
        apply_read(frame, replace(read, loop_text=".".join(names)), {GIVEN: value}, node)
