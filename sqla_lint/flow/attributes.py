"""Reading an attribute of any value."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow import guesses
from sqla_lint.flow.applying import apply
from sqla_lint.flow.constructs import framework_member
from sqla_lint.flow.dropped import note_used
from sqla_lint.flow.failures import sent
from sqla_lint.flow.fielded import field, handed_on
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.halves import note_empty
from sqla_lint.flow.instances import note_argument_read, read_column, read_relationship
from sqla_lint.flow.kept import kept_rows
from sqla_lint.flow.keys import note_key, note_key_of
from sqla_lint.flow.lattice import is_told, join
from sqla_lint.flow.noted import note_row_read
from sqla_lint.flow.operations import Batch
from sqla_lint.flow.polling import note_polled
from sqla_lint.flow.questions import AttributeMeans, MappingOf, MayLoad, NameMeans, SignatureOf
from sqla_lint.flow.reaching import Above, Adapter, Pending, Template
from sqla_lint.flow.results import by_name
from sqla_lint.flow.state import IDLE
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    ColumnValue,
    Constant,
    Coroutine,
    Dumper,
    External,
    Factory,
    FunctionValue,
    Instance,
    Manager,
    MappedAttribute,
    Mapping,
    Method,
    ModuleValue,
    Object,
    OneOf,
    Option,
    Reflection,
    Result,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    TupleValue,
    Value,
    class_name,
)
from sqla_lint.flow.walkers import member, special
from sqla_lint.knowledge.dumping import DUMPS
from sqla_lint.knowledge.schemas import READING
from sqla_lint.knowledge.sessions import FACADES, INSPECTIONS, is_foreign, is_session_name
from sqla_lint.knowledge.statements import ROW_METHODS

_LONGEST = 5
# How the names of keys end.
_KEYS = ("id", "key")


def read(frame: Frame, value: Value, name: str, node: cst.CSTNode) -> Value:
    """The value of `value.name`."""
    if name in ("__class__", "__mapper__"):
        return special(value, name) or UNKNOWN
    match value:
        case Reflection():
            return _of_reflection(frame, value, name, node)
        case Instance():
            return _of_instance(frame, value, name, node)
        case Above():
            return _of_above(frame, value, name, node)
        case Dumper(cls=cls):
            return Method(value, name) if name in DUMPS else _of_object(frame, Object(cls), name, node)
        case Object():
            return _of_object(frame, value, name, node)
        case ClassValue():
            return _of_class(frame, value, name)
        case ModuleValue(name=module):
            return frame.ask(NameMeans(module, name))
        case External():
            return _of_external(frame, value, name, node)
        case MappedAttribute():
            return Method(value, name)
        case Session(key=key, guessed=guessed) if name in ("sync_session", "session"):
            return Session(f"{key}.{name}", "sync", "registry", guessed=guessed)
        case Session() if name == "no_autoflush":
            return Manager(UNKNOWN, "", value, no_autoflush=True)
        case Collection() if name == "items":
            return value  # of a page: lists have no such attribute
        case Statement(kind="query") if name == "statement":
            return replace(value, kind="select")
        case (
            Adapter()
            | Template()
            | Session()
            | Statement()
            | Result()
            | Collection()
            | Mapping()
            | Option()
            | SessionFactory()
            | Manager()
            | Batch()
        ):
            return Method(value, name)
        case OneOf():
            return _of_several(frame, value, name, node)
        case TupleValue():
            note_row_read(frame, value, name, node)
            return _of_row(value, name)
        case Symbol():
            return _of_symbol(frame, value, name, node)
        case Coroutine() | Pending():
            return _of_awaited(frame, value, name, node)
    return guesses.attribute(frame, name, node)


def _of_awaited(frame: Frame, value: Coroutine | Pending, name: str, node: cst.CSTNode) -> Value:
    if isinstance(value, Pending):
        return Factory(value.result) if name in ("get", "result") else UNKNOWN
    if name == "result" and not value.call:
        return Factory(value.result)  # of a task that was waited for
    note_used(frame, value, "attribute", node, name)
    return UNKNOWN


def _of_row(value: TupleValue, name: str) -> Value:
    if name == "_mapping":
        return by_name(value)
    if name in ("_t", "t"):
        return value
    if name in ROW_METHODS:
        return Method(value, name)
    named = [item for item in value.items if isinstance(item, Instance) and class_name(item.cls) == name]
    return named[0] if len(named) == 1 else UNKNOWN


def _of_several(frame: Frame, value: OneOf, name: str, node: cst.CSTNode) -> Value:
    found = [frame.read(item, name, node) for item in value.values if item != Constant(None)]
    if not found or any(isinstance(item, Method | FunctionValue) for item in found):
        return Method(value, name)
    return reduce(join, found)


def _of_reflection(frame: Frame, value: Reflection, name: str, node: cst.CSTNode) -> Value:
    if value.part == "mapper" and is_session_name(name):
        return _of_made(frame, External(next(iter(INSPECTIONS)), True), name, node)
    if value.part == "class" and isinstance(value.subject, ClassValue) and name != "__mapper__":
        return frame.read(value.subject, name, node)
    return member(value, name)


def _of_instance(frame: Frame, value: Instance, name: str, node: cst.CSTNode) -> Value:
    if name == "awaitable_attrs":
        return replace(value, asynchronous=False)
    info = frame.ask(MappingOf(value.cls))
    relationship = info.relationships.get(name) if info is not None else None
    if relationship is not None:
        if value.unwritten:
            note_empty(frame, value, relationship, node)
        found = read_relationship(frame, value, relationship, node)
        return Mapping(UNKNOWN, found.element) if relationship.keyed and isinstance(found, Collection) else found
    if info is not None and name in info.proxies:
        through = info.relationships.get(info.proxies[name])
        if through is not None:
            read_relationship(frame, value, through, node)
            return Collection(UNKNOWN) if through.collection else UNKNOWN
    if info is not None and name in info.columns:
        _refresh(frame, value)
        read_column(frame, value, info.columns[name], node)
        note_polled(frame, value, node)
        note_key(frame, value, info.columns[name], node)
        known = dict(value.values).get(name)
        if known is not None and (known == Constant(None) or is_told(known) or not value.identity):
            return known
        return ColumnValue(value.identity, name) if value.identity else UNKNOWN
    return _member(frame, value, value.cls, name, node)


def _refresh(frame: Frame, value: Instance) -> None:
    """After a commit the first read of any column sends a SELECT, and begins another transaction."""
    session = frame.opened.get(value.session)
    if session is not None and session.expire_on_commit and IDLE in frame.state.lives.get(session.key, ()):
        sent(frame, session, "statement")


def _of_object(frame: Frame, value: Object, name: str, node: cst.CSTNode) -> Value:
    found = _member(frame, value, value.cls, name, node)
    if found == UNKNOWN or isinstance(found, Instance | Collection | Mapping | OneOf):
        found = kept_rows(frame, value, name, found, node)
    if value.fields or value.root and not isinstance(found, FunctionValue | Session):
        found = field(frame, value, name, found)
    if found == UNKNOWN and value.fields and name in ("_asdict", "_replace"):
        return Method(value, name)
    if found == UNKNOWN:
        found = handed_on(frame, value, name, node)
    if found == UNKNOWN:
        return guesses.attribute(frame, name, node)
    if isinstance(found, Session) and found.owner != "function" and value.root == ("self",):
        return found
    return found


def _of_above(frame: Frame, value: Above, name: str, node: cst.CSTNode) -> Value:
    """An attribute of `super()`: what a base declares, bound to the object itself."""
    on_class = isinstance(value.of, ClassValue)
    cls = value.of.id if isinstance(value.of, ClassValue) else getattr(value.of, "cls", "")
    found = frame.ask(AttributeMeans(cls, name, on_class, value.owner))
    if not isinstance(found, FunctionValue):
        return found
    signature = frame.ask(SignatureOf(found.id))
    if signature is not None and signature.wraps == "staticmethod":
        return found
    bound = FunctionValue(found.id, value.of)
    return apply(frame, bound, Arguments(), node) if signature is not None and signature.getter else bound


def _member(frame: Frame, value: Value, cls: str, name: str, node: cst.CSTNode) -> Value:
    """An attribute that a class of the project declares; a property is called."""
    found = frame.ask(AttributeMeans(cls, name, bound=value.bound if isinstance(value, Object) else ()))
    if isinstance(found, FunctionValue):
        bound = FunctionValue(found.id, value)
        signature = frame.ask(SignatureOf(found.id))
        if signature is not None and signature.getter:
            return apply(frame, bound, Arguments(), node)
        return bound
    return found


def _of_class(frame: Frame, value: ClassValue, name: str) -> Value:
    info = frame.ask(MappingOf(value.id))
    if info is not None and info.mapped:
        if name in info.relationships or name in info.columns:
            return MappedAttribute(value.id, (name,))
        if name == "__table__":
            return UNKNOWN
    found = frame.ask(AttributeMeans(value.id, name, True, bound=value.bound))
    if found != UNKNOWN:
        if isinstance(found, FunctionValue):
            signature = frame.ask(SignatureOf(found.id))
            bound = value if signature is not None and signature.binds == "cls" else None
            return FunctionValue(found.id, bound)
        return found
    if name in READING and (info is None or not info.mapped):
        return Method(value, name)
    if name == "query" and info is not None and info.mapped:
        session = Session("registry", "sync", "registry", True)
        return Statement("query", (Instance(value.id),), session=session, plain=True)
    return UNKNOWN


def _of_external(frame: Frame, value: External, name: str, node: cst.CSTNode) -> Value:
    if value.made and not value.dotted.startswith(FACADES):
        return framework_member(value, name) or _of_made(frame, value, name, node)
    return guesses.of_library(frame, value, name, node) or External(f"{value.dotted}.{name}")


def _of_made(frame: Frame, value: External, name: str, node: cst.CSTNode) -> Value:
    """An attribute of what a library gave."""
    if value.dotted in INSPECTIONS and name in ("session", "async_session"):
        return Session(f"named:{frame.text(node)}", "sync" if name == "session" else "async")
    if is_session_name(name):
        return guesses.attribute(frame, name, node) if is_foreign(value.dotted) else UNKNOWN
    return Method(value, name)


def _of_symbol(frame: Frame, value: Symbol, name: str, node: cst.CSTNode) -> Value:
    if is_session_name(name):
        return guesses.attribute(frame, name, node)
    if len(value.path) >= _LONGEST:
        return UNKNOWN
    path = (*value.path, name)
    if len(path) == 2 and name.endswith(_KEYS):
        note_key_of(frame, path[0], name, node)
    if frame.ask(MayLoad(name)):
        note_argument_read(frame, path, value.rows, node)
    return Symbol(path, value.rows)
