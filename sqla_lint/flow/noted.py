"""Calls that rules ask for, `with` blocks, and Python's own operators upon columns: noted where they are evaluated.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.events import Called, ColumnTested, Iterated, Loop, Passed, RowRead
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.outcomes import RowReturned
from sqla_lint.flow.pacing import ends_turn, is_counted
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import EventAsked, MappingOf, SignatureOf
from sqla_lint.flow.transacted import Entered
from sqla_lint.flow.values import (
    ClassValue,
    Collection,
    Constant,
    Coroutine,
    Criterion,
    External,
    FunctionValue,
    Instance,
    Manager,
    MappedAttribute,
    Mapping,
    Method,
    OneOf,
    Option,
    Producer,
    Result,
    Session,
    SessionFactory,
    Statement,
    TupleValue,
    Value,
    alternatives,
)
from sqla_lint.knowledge.coroutines import core_class
from sqla_lint.knowledge.sessions import connection_or_engine
from sqla_lint.knowledge.statements import TAKING_CRITERIA

_KINDS: tuple[tuple[type[Value], str], ...] = (
    (Session, "session"),
    (SessionFactory, "factory"),
    (Result, "result"),
    (Option, "option"),
    (Manager, "manager"),
    (MappedAttribute, "attribute"),
    (Collection, "collection"),
    (Mapping, "mapping"),
)
_FORMS: dict[type[cst.CSTNode], str] = {
    cst.Call: "call",
    cst.List: "display",
    cst.Dict: "display",
    cst.Set: "display",
    cst.Tuple: "display",
    cst.Lambda: "lambda",
    cst.Name: "name",
    cst.Attribute: "name",
    cst.Comparison: "comparison",
    cst.BooleanOperation: "boolean",
    cst.UnaryOperation: "boolean",
    cst.Integer: "literal",
    cst.Float: "literal",
    cst.SimpleString: "literal",
    cst.ConcatenatedString: "literal",
    cst.FormattedString: "literal",
}


def note_call(frame: Frame, callee: Value, arguments: Arguments, node: cst.Call) -> None:
    """Tell of a call, if a rule asks for calls of its kind and name, or for what is given to any as `options=[…]`."""
    if "options" in arguments.keywords and ("any", "options") in frame.asked:
        _emit(frame, Called(frame.place(node), None, "any", "options", callee), arguments, node)
    for one in alternatives(callee):
        kind, name, receiver, dotted = _known(frame, one)
        if kind and (kind, name) in frame.asked:
            _emit(frame, Called(frame.place(node), None, kind, name, receiver, dotted), arguments, node)
            return


def _emit(frame: Frame, call: Called, arguments: Arguments, node: cst.Call) -> None:
    positional = tuple(
        _passed(frame, value, item) for value, item in zip(arguments.positional, arguments.nodes, strict=True)
    )
    keywords = {
        name: _passed(frame, value, arguments.keyword_nodes[name]) for name, value in arguments.keywords.items()
    }
    loop = frame.loops[-1] if frame.loops else None
    call = replace(
        call,
        text=frame.callee(node.func) if frame.emitting else "",
        positional=positional,
        keywords=keywords,
        spread=arguments.spread or any(item.star for item in node.args),
        loop=loop,
        last=loop is not None and _is_last(frame, loop, node),
        awaited=frame.awaiting is node,
        entered=frame.entering[1] if frame.entering[0] is node else "",
        bare=frame.bare is node or isinstance(frame.bare, cst.Await) and frame.bare.expression is node,
        function=frame.info,
    )
    if loop is None:
        frame.emit(call)
    else:
        frame.emit_in(loop, node, call)


def _is_last(frame: Frame, loop: Loop, node: cst.Call) -> bool:
    return isinstance(loop.body, cst.BaseSuite) and ends_turn(loop.body, node) and not is_counted(frame)


def _passed(frame: Frame, value: Value, node: cst.BaseExpression) -> Passed:
    return Passed(value, frame.place(node), _FORMS.get(type(node), "other"))


def _known(frame: Frame, callee: Value) -> tuple[str, str, Value, str]:
    """The kind, the name, the receiver and the dotted name of what is called; the kind is empty where unknown."""
    match callee:
        case Method(receiver=OneOf(values=values) as receiver, name=name):
            kinds = {_kind(item) for item in values}
            return (kinds.pop() if len(kinds) == 1 else "", name, receiver, "")
        case Method(receiver=External(dotted=dotted) as receiver, name=name):
            return (_of_library(dotted), name, receiver, f"{dotted}.{name}")
        case Method(receiver=receiver, name=name):
            return (_kind(receiver), name, receiver, "")
        case External(dotted=dotted):
            return ("library", dotted.rpartition(".")[2], callee, dotted)
        case ClassValue(id=cls):
            info = frame.ask(MappingOf(cls)) if ("mapped", "()") in frame.asked else None
            return ("mapped" if info is not None and info.mapped else "", "()", callee, cls)
        case Session() | SessionFactory():
            return (_kind(callee), "()", callee, "")
    return ("", "", callee, "")


def _kind(value: Value) -> str:
    if isinstance(value, Statement):
        return "query" if value.kind == "query" else "statement"
    return next((kind for type_, kind in _KINDS if isinstance(value, type_)), "")


def _of_library(dotted: str) -> str:
    return connection_or_engine(dotted) or "library"


def note_entered(frame: Frame, value: Value, item: cst.WithItem, block: cst.With) -> None:
    """Tell of a `with` that enters something of a session."""
    if not frame.ask(EventAsked("Entered")):
        return
    subject = value.result if isinstance(value, Coroutine) else value
    if isinstance(subject, Method):
        subject = subject.receiver
    core = core_class(subject.dotted) if isinstance(subject, External) else ""
    if core or isinstance(subject, Session | SessionFactory | Manager):
        text, kind = frame.told(item.item), "async" if core else _kind_of_manager(frame, subject, item.item)
        event = Entered(frame.place(item.item), None, value, bool(block.asynchronous), text, kind)
        begun = subject.session if isinstance(subject, Manager) and subject.begins else None
        asked = _asked_of(block, item) if begun is not None and not begun.guessed else ""
        frame.emit(replace(event, called=isinstance(item.item, cst.Call), asked=asked))


_OF_SESSIONS = frozenset({"add", "add_all", "delete", "execute", "flush", "get", "merge", "query", "refresh", "scalar",
                          "scalars"})  # fmt: skip


def _asked_of(block: cst.With, item: cst.WithItem) -> str:
    """What the body of a block calls first of a session's methods on the name that `as` binds."""
    if item.asname is None or not isinstance(item.asname.name, cst.Name):
        return ""
    for node in nodes(block.body):
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name))):
                if owner == item.asname.name.value and name in _OF_SESSIONS:
                    return f"{owner}.{name}"
    return ""


def _kind_of_manager(frame: Frame, value: Value, node: cst.BaseExpression) -> str:
    """Which block can enter what a generator function of the project gives, where it is one that a `with` enters."""
    if isinstance(value, Manager) and value.no_autoflush:
        return "sync"
    called, callee = frame.called
    info = frame.ask(SignatureOf(callee.id)) if called is node and isinstance(callee, FunctionValue) else None
    if info is None or info.wraps != "contextmanager":
        return ""
    return "async" if info.is_async else "sync"


# Rows.


def _asked_here(frame: Frame, producer: Producer | None) -> bool:
    """Whether rows were asked for in the function itself."""
    return producer is not None and producer.place is not None and producer.place.slice is frame.slice


def note_iterated(frame: Frame, value: Value, node: cst.CSTNode) -> None:
    """Tell that something goes through a Result."""
    if not isinstance(value, Result) or not frame.emitting or not frame.ask(EventAsked("Iterated")):
        return
    if _asked_here(frame, value.producer):
        frame.emit(Iterated(frame.place(node), None, value, frame.text(node)))


def note_row_read(frame: Frame, row: Value, name: str, node: cst.CSTNode) -> None:
    """Tell that an attribute of a row of entities is read, or set."""
    if not isinstance(row, TupleValue) or not frame.emitting or not isinstance(node, cst.Attribute):
        return
    if node.attr.value == name and is_row(frame, row):
        frame.emit(RowRead(frame.place(node), None, row, name, frame.text(node.value)))


def is_row(frame: Frame, row: TupleValue) -> bool:
    """Whether it is a row of entities that the function has asked for, where a rule asks what is read of those."""
    entities = [item for item in row.items if isinstance(item, Instance)]
    if not entities or len(entities) < len(row.items):
        return False
    return _asked_here(frame, entities[0].producer) and frame.ask(EventAsked("RowRead"))


def note_rows_returned(frame: Frame, value: Value, node: cst.CSTNode) -> None:
    """Tell that rows of one entity are returned for what the annotation says are entities."""
    told = [_each(item) for item in alternatives(frame.info.returns) if item != Constant(None)]
    match _each(value), told:
        case TupleValue(items=(Instance(producer=producer),)) as row, [Instance()]:
            many = isinstance(value, Collection), isinstance(alternatives(frame.info.returns)[0], Collection)
            here = frame.emitting and many[0] == many[1] and _asked_here(frame, producer)
            if here and frame.ask(EventAsked("RowReturned")):
                frame.emit(RowReturned(frame.place(node), None, row, frame.text(node)))


def _each(value: Value) -> Value:
    return value.element if isinstance(value, Collection) else value


# Python's operators upon columns.


def is_column(value: Value) -> bool:
    """Whether Python cannot know the truth of a value, because it is SQL."""
    return isinstance(value, MappedAttribute | Criterion)


def note_tested(
    frame: Frame, node: cst.BaseExpression, operator: str, left: cst.CSTNode, right: cst.CSTNode | None = None
) -> None:
    """Tell that Python decides what SQL was meant to."""
    if frame.emitting and frame.ask(EventAsked("ColumnTested")) and (frame.in_criteria or _is_kept(frame, node)):
        other = frame.text(right) if right is not None else ""
        text = frame.text(node)
        frame.emit(ColumnTested(frame.place(node), None, operator, text, frame.text(left), other))


def _is_kept(frame: Frame, node: cst.BaseExpression) -> bool:
    """Whether it is bound to a name that some statement is given as it is."""
    match frame.slice.parents.get(node):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return any(_takes(item, name) for item in frame.slice.nodes if isinstance(item, cst.Call))
    return False


def _takes(call: cst.Call, name: str) -> bool:
    match call.func:
        case cst.Name(value=called) | cst.Attribute(attr=cst.Name(value=called)) if called in TAKING_CRITERIA:
            return any(isinstance(item.value, cst.Name) and item.value.value == name for item in call.args)
    return False


def makes_sql(callee: Value) -> bool:
    """Whether the arguments of a call become part of a statement."""
    match callee:
        case Method(receiver=Statement() | MappedAttribute(), name=name):
            return name in TAKING_CRITERIA
        case External(dotted=dotted):
            return dotted.startswith(("sqlalchemy.", "sqlmodel.")) and dotted.rpartition(".")[2] in TAKING_CRITERIA
    return False
