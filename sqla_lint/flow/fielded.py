"""Objects of plain classes whose attributes keep what their constructor was given, or which hand on to one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.given import bind
from sqla_lint.flow.questions import AttributeMeans, Question, SignatureOf
from sqla_lint.flow.results import by_name
from sqla_lint.flow.told import handed
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Constant,
    External,
    FunctionValue,
    Instance,
    Mapping,
    Object,
    OneOf,
    Result,
    Session,
    Statement,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.knowledge.sessions import is_session_name

_LONGEST = 4
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a class does with the arguments of its constructor.

    fields: pairs of an attribute and the parameter that it keeps, in the order of the parameters. row: it is a named
    tuple. plain: it has no `__init__`, so that the fields are its parameters. hands_on: the attribute that answers for
    all that the class itself does not have. quiet: the constructor does nothing else with them.
    """

    fields: tuple[tuple[str, str], ...] = ()
    row: bool = False
    plain: bool = False
    hands_on: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class KeepingOf(Question[Keeping]):
    """What a class of the project keeps of what its constructor is given."""

    cls: str


def filled(frame: Frame, made: Object, arguments: Arguments) -> Object:
    """A new object with what its attributes keep, as far as that may matter to anybody."""
    if not any(carries(value) for value in arguments.all()):
        return made
    keeping = frame.ask(KeepingOf(made.cls))
    if not keeping.fields:
        return made
    if keeping.plain:
        names = [parameter for _, parameter in keeping.fields]
        given = dict(zip(names, arguments.positional, strict=False)) | arguments.keywords
    else:
        constructor = frame.ask(AttributeMeans(made.cls, "__init__", bound=made.bound))
        info = frame.ask(SignatureOf(constructor.id)) if isinstance(constructor, FunctionValue) else None
        given = bind(info, made, arguments) if info is not None else {}
    held = tuple((name, given.get(parameter, UNKNOWN)) for name, parameter in keeping.fields)
    fields = held if keeping.row else tuple(item for item in held if carries(item[1]))
    return replace(made, fields=fields, row=keeping.row)


def kept_sessions(frame: Frame, made: Object) -> frozenset[Session]:
    """The sessions that a new object keeps, which its constructor gives to nobody else."""
    found = frozenset(item for _, item in made.fields if isinstance(item, Session))
    return found if found and frame.ask(KeepingOf(made.cls)).quiet else frozenset()


def without(arguments: Arguments, kept: frozenset[Session]) -> Arguments:
    """The arguments of a call but for some sessions."""
    if not kept:
        return arguments
    positional = tuple(UNKNOWN if value in kept else value for value in arguments.positional)
    keywords = {name: value for name, value in arguments.keywords.items() if value not in kept}
    return replace(arguments, positional=positional, keywords=keywords)


def carries(value: Value, depth: int = 0) -> bool:
    """Whether a value is, or holds, rows, what gives some, or what the caller may know."""
    match value:
        case Instance() | Statement() | Result() | Symbol() | Session() | Collection(limit=0):
            return True
        case Collection(element=inner) | Mapping(value=inner):
            return depth < _DEEPEST and carries(inner, depth + 1)
        case TupleValue(items=items) | OneOf(values=items):
            return depth < _DEEPEST and any(carries(item, depth + 1) for item in items)
        case Object(fields=fields):
            return bool(fields)
    return False


def field(frame: Frame, value: Object, name: str, declared: Value) -> Value:
    """`value.name` where that may be what the constructor was given: `declared` is what the class says of it."""
    for known, held in value.fields:
        if known == name and held != UNKNOWN:
            return held
    if not value.root or len(value.root) > _LONGEST or is_session_name(name):
        return declared
    if all(name != kept for kept, _ in frame.ask(KeepingOf(value.cls)).fields):
        return declared
    given = Symbol((*value.root, name))  # the callers, who made the object, know it
    match declared:
        case Collection(element=element) if element == UNKNOWN:
            return given
        case Constant() | External(made=True):
            return given  # what stands for nothing, or a copy
    return given if declared == UNKNOWN else handed(given, declared)


def position(frame: Frame, value: Object, index: Value, node: cst.CSTNode) -> Value | None:
    """`pair[0]` of a named tuple that comes from elsewhere; None of anything else."""
    if value.fields or not isinstance(index, Constant) or type(index.value) is not int:
        return None
    keeping = frame.ask(KeepingOf(value.cls))
    if not keeping.row or not -len(keeping.fields) <= index.value < len(keeping.fields):
        return None
    return frame.read(value, keeping.fields[index.value][0], node)


def row_method(value: Object | TupleValue, name: str, arguments: Arguments) -> Value:
    """`row._asdict()`, `row._tuple()`, `pair._replace(order=other)`, `replace(item, order=other)`."""
    if isinstance(value, TupleValue):
        return by_name(value) if name == "_asdict" else value
    if name == "_asdict":
        return Mapping(UNKNOWN, UNKNOWN, value.fields)
    held = dict(value.fields) | {name: item for name, item in arguments.keywords.items() if value.row or carries(item)}
    return replace(value, fields=tuple(held.items()))


def handed_on(frame: Frame, value: Object, name: str, node: cst.CSTNode) -> Value:
    """What `__getattr__` gives: an attribute of what the object wraps."""
    wrapped = frame.ask(KeepingOf(value.cls)).hands_on
    if not wrapped or wrapped == name or name.startswith("__"):
        return UNKNOWN
    inner = frame.read(value, wrapped, node)
    return frame.read(inner, name, node) if isinstance(inner, Instance | Symbol | OneOf) else UNKNOWN
