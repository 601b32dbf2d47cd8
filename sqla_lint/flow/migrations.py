"""What a revision of Alembic does to tables: the operations that it calls, and what stands before them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.operations import Batch, Drafted, Operated, Step
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import UNKNOWN, ClassValue, Constant, External, FunctionValue, Manager, Value
from sqla_lint.knowledge.columns import INTEGERS
from sqla_lint.knowledge.migrations import (
    BATCH,
    DIALECTS,
    FILLING,
    OP,
    OPERATIONS,
    OUT_OF_TRANSACTION,
    REVISING,
    TABLE_FIRST,
    TABLE_KEYWORDS,
)

_DIALECT = re.compile("|".join(DIALECTS), re.IGNORECASE)


def draft(arguments: Arguments) -> Drafted:
    """The column that `Column(...)` writes down inside a function."""
    name = arguments.first()
    keywords = arguments.keywords
    parts = {item.dotted.rpartition(".")[2] for item in arguments.positional if isinstance(item, External)}
    filled = keywords.get("server_default", Constant(None)) != Constant(None) or not parts.isdisjoint(FILLING)
    return Drafted(
        str(name.value) if isinstance(name, Constant) else "",
        required=keywords.get("nullable") == Constant(False) or keywords.get("primary_key") == Constant(True),
        filled=filled or arguments.spread or _numbered(keywords, parts),
        constrained=keywords.get("unique") == Constant(True) or "ForeignKey" in parts,
    )


def _numbered(keywords: Mapping[str, Value], parts: set[str]) -> bool:
    """Whether the database counts a column up: an integer that is the primary key, unless it says otherwise."""
    if keywords.get("primary_key") != Constant(True) or parts.isdisjoint(INTEGERS):
        return False
    return keywords.get("autoincrement") != Constant(False) and "ForeignKey" not in parts


def operate(frame: Frame, callee: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Call an operation of `op`, or of the batch that `callee` is."""
    frame.may_raise()
    frame.state.dirty = True
    for value in arguments.all():
        frame.escape(value)
    if name == BATCH.rpartition(".")[2]:
        return Manager(Batch(_constant(arguments.get(0, "table_name"))))
    if name in OPERATIONS and frame.emitting and _is_revision(frame) and frame.ask(EventAsked("Operated")):
        frame.emit(_event(frame, callee, name, arguments, node))
    return UNKNOWN


def _is_revision(frame: Frame) -> bool:
    """Whether Alembic calls the function: what a helper does depends on what its caller did before, or opened."""
    return frame.info.name.startswith(REVISING)


def _event(frame: Frame, callee: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Operated:
    batch = isinstance(callee, Batch)
    positional = arguments.positional if batch else arguments.positional[1:] if name in TABLE_FIRST else ()
    if not batch and name not in TABLE_FIRST:
        positional = (*arguments.positional[:1], *arguments.positional[2:])
    revision = _revision(frame)
    return Operated(
        frame.place(node),
        None,
        name,
        callee.table if isinstance(callee, Batch) else _table(name, arguments),
        next((item for item in arguments.all() if isinstance(item, Drafted)), None),
        tuple(positional),
        dict(arguments.keywords),
        arguments.spread,
        batch,
        tuple(revision.before(node)),
        revision.one_dialect,
        revision.out_of_transaction,
        frame.text(arguments.nodes[0], limit=2000) if arguments.nodes and name == "execute" else "",
        frame.info,
    )


def _table(name: str, arguments: Arguments) -> str:
    if name in TABLE_FIRST and arguments.positional:
        return _constant(arguments.positional[0])
    if len(arguments.positional) > 1 and name not in TABLE_FIRST:
        return _constant(arguments.positional[1])
    return next((_constant(arguments.keywords[word]) for word in TABLE_KEYWORDS if word in arguments.keywords), "")


def _constant(value: Value | None) -> str:
    return str(value.value) if isinstance(value, Constant) and value.value is not None else ""


def is_operation(callee: External) -> bool:
    """Whether a name of the library is an operation that is followed."""
    home, _, name = callee.dotted.rpartition(".")
    return callee.dotted == BATCH or home == OP and name in OPERATIONS


class _Revision:
    """The calls of a function, in the order they are written: migrations are straight."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._nodes = frame.slice.nodes

    @cached_property
    def _calls(self) -> list[tuple[cst.Call, Step]]:
        return [(node, self._step(node)) for node in self._nodes if isinstance(node, cst.Call)]

    def before(self, node: cst.CSTNode) -> Iterator[Step]:
        """The calls that are written before one, and those in its arguments are not."""
        for call, step in self._calls:
            if call is node:
                return
            yield step

    def _step(self, call: cst.Call) -> Step:
        function = call.func
        words = frozenset(
            str(item.evaluated_value)
            for item in nodes(call)
            if isinstance(item, cst.SimpleString | cst.ConcatenatedString)
        )
        empties = self._emptied(call)
        if isinstance(function, cst.Attribute):
            keywords = (item.keyword.value for item in nodes(call) if isinstance(item, cst.Arg) and item.keyword)
            return Step(function.attr.value, words, False, "server_default" in keywords, empties)
        helper = isinstance(self._frame.evaluate(function), FunctionValue) if isinstance(function, cst.Name) else False
        return Step(function.value if isinstance(function, cst.Name) else "", words, helper, empties=empties)

    def _emptied(self, call: cst.Call) -> str:
        """The table of the class in `query(Hero).delete()` or `delete(Hero)`."""
        match call:
            case (
                cst.Call(
                    func=cst.Attribute(
                        value=cst.Call(
                            func=cst.Attribute(attr=cst.Name("query")), args=[cst.Arg(value=cst.Name() as named)]
                        ),
                        attr=cst.Name("delete"),
                    )
                )
                | cst.Call(
                    func=cst.Name("delete") | cst.Attribute(attr=cst.Name("delete")),
                    args=[cst.Arg(value=cst.Name() as named)],
                )
            ):
                value = self._frame.evaluate(named)
                info = self._frame.ask(MappingOf(value.id)) if isinstance(value, ClassValue) else None
                return info.table if info is not None else ""
        return ""

    @cached_property
    def one_dialect(self) -> bool:
        """Whether some test of the function asks for the database, or a decorator of the project's may do so."""
        if self._frame.info.decorators:
            return True
        tests = (node.test for node in self._nodes if isinstance(node, cst.If | cst.IfExp))
        return any(_DIALECT.search(self._frame.text(test, limit=400)) for test in tests)

    @cached_property
    def out_of_transaction(self) -> bool:
        """Whether the function leaves Alembic's transaction somewhere."""
        code = self._frame.slice.module.code
        return any(word in code for word in OUT_OF_TRANSACTION)


def _revision(frame: Frame) -> _Revision:
    if frame.revision is None:
        frame.revision = _Revision(frame)
    assert isinstance(frame.revision, _Revision)
    return frame.revision
