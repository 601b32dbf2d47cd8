"""Reflective walkers: code that goes through the relationships of a class, or a tuple of names, and reads each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.instances import note_argument_read, read_relationship
from sqla_lint.flow.lattice import join
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import ClassInfo, MappingOf, Relationship
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Instance,
    Method,
    Object,
    OneOf,
    Producer,
    Reflection,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.knowledge.reflection import ALL, MAPPERS, METHODS, RELATIONAL, WALKS

_WORDS = re.compile(r"\w+")


def reflect(dotted: str, arguments: Arguments) -> Reflection | None:
    """What `inspect(order)`, `class_mapper(Order)` or `type(order)` gives; None where it is none of them."""
    if dotted != "builtins.type":
        return _upon(arguments.first(), "mapper") if dotted in MAPPERS else None
    return _upon(arguments.first(), "class") if len(arguments.positional) == 1 else None


def special(value: Value, name: str) -> Reflection | None:
    """`order.__class__`, `order.__mapper__`."""
    return _upon(value, "class" if name == "__class__" else "mapper")


def _upon(value: Value, part: str) -> Reflection | None:
    match value:
        case Instance(cls=cls) | Object(cls=cls) | ClassValue(id=cls):
            return Reflection(ClassValue(cls), part)
        case Symbol(path=path):
            return Reflection(Symbol(path), part)
        case Reflection(subject=subject, part="class"):
            return Reflection(subject, part)
    return None


def member(value: Reflection, name: str) -> Value:
    """An attribute of what reflection gave."""
    subject = value.subject
    match value.part:
        case "class" if name == "__mapper__":
            return Reflection(subject, "mapper")
        case "mapper" if name == "mapper":
            return value
        case "mapper" if name == "class_":
            return Reflection(subject, "class")
        case "mapper" if name in RELATIONAL:
            return Reflection(subject, "properties")
        case "properties" if name in METHODS:
            return Method(value, name)
        case "property" if name == "key":
            return Reflection(subject, "key")
    return UNKNOWN


def named(frame: Frame, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`getattr(order, name)`: of a name that stands for several in turn, each is read."""
    value, name = arguments.positional[:2]
    match name:
        case Constant(value=str(text)):
            return frame.read(value, text, node)
        case Reflection(subject=subject, part="key"):
            words = goes_through_all(frame, arguments.nodes[1], node)
            if words:
                _read_all(frame, value, subject, _wanted(frame, words), node)
        case OneOf(values=values) if goes_through_all(frame, arguments.nodes[1], node):
            texts = [item.value for item in values if isinstance(item, Constant) and isinstance(item.value, str)]
            if len(texts) == len(values):
                return reduce(join, [frame.read(value, text, node) for text in texts])
    return UNKNOWN


def goes_through_all(frame: Frame, name: cst.BaseExpression, node: cst.CSTNode) -> frozenset[str]:
    """The names that a loop binds with this one, where every turn comes by `node`; none where a test chooses some.

    A parameter of which as much is known was bound by a loop of the caller's.
    """
    root = path_of(name).partition(".")[0]
    for loop in frame.loops:
        words = frozenset(_WORDS.findall(loop.target))
        if root in words:
            return frozenset() if _chosen(frame, words, node) else words
    given = any(item.name == root and item.value == UNKNOWN for item in frame.info.parameters)
    words = frozenset({root})
    return words if given and not _chosen(frame, words, node) else frozenset()


def handed_on(frame: Frame, value: Value, node: cst.BaseExpression, binding: Mapping[str, Value]) -> Value | None:
    """What goes through the relationships of a row, or through their names, as a function is told that gets it.

    node: the argument; binding: what the function is given besides.
    """
    match value:
        case Collection(element=Reflection() as each):
            turn = _of_parameter(each, binding)
            return Collection(turn) if turn is not None else None
        case Reflection(part="property" | "key"):
            words = goes_through_all(frame, node, node)
            return _of_parameter(value, binding) if words and _wanted(frame, words) == ALL else None
        case OneOf(values=values) if all(isinstance(item, Constant) for item in values):
            return value if goes_through_all(frame, node, node) else None
    return None


def _of_parameter(value: Reflection, binding: Mapping[str, Value]) -> Reflection | None:
    """The same in terms of the function that is given it, where it is told of what that is given as well."""
    for name, given in binding.items():
        match given, value.subject:
            case (Symbol(path=one), Symbol(path=other)) | (Instance(cls=one), ClassValue(id=other)) if one == other:
                return Reflection(Symbol((name,)), value.part)
    return None


def _chosen(frame: Frame, words: frozenset[str], node: cst.CSTNode) -> bool:
    """Whether a test of any of these names may keep some turns from coming by `node`."""
    for found in frame.slice.nodes:
        if not isinstance(found, cst.If | cst.IfExp | cst.CompIf) or _asks_for_kind(found.test, words):
            continue
        if words.isdisjoint(item.value for item in nodes(found.test) if isinstance(item, cst.Name)):
            continue
        inside = list(nodes(found))
        leaves = isinstance(found, cst.If) and any(isinstance(item, _LEAVING) for item in inside)
        if isinstance(found, cst.CompIf) or leaves or any(item is node for item in inside):
            return True
    return False


_LEAVING = (cst.Continue, cst.Break, cst.Return)


def _asks_for_kind(test: cst.BaseExpression, words: frozenset[str]) -> bool:
    """`relationship.uselist`, or not so."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        test = test.expression
    return any(path_of(test) == f"{word}.uselist" for word in words)


def _wanted(frame: Frame, words: frozenset[str]) -> str:
    """The step that stands for what is read: what a test of `uselist` leaves of all."""
    for word in words:
        known = frame.state.assumed.get(f"{word}.uselist")
        if known is not None:
            return next(step for step, collections in WALKS.items() if collections is known)
    return next(iter(WALKS))


def walked(info: ClassInfo | None, step: str) -> Iterator[Relationship]:
    """The relationships that a step of an access path stands for."""
    for relationship in info.relationships.values() if info is not None else ():
        if WALKS[step] in (None, relationship.collection):
            yield relationship


def _read_all(frame: Frame, value: Value, subject: Value, step: str, node: cst.CSTNode) -> None:
    """Read the relationships of `subject`, which reflection was asked about, of a value."""
    match value, subject:
        case Instance(), ClassValue(id=cls):
            of_class = {item.name for item in walked(frame.ask(MappingOf(cls)), step)}
            for relationship in walked(frame.ask(MappingOf(value.cls)), step):
                if relationship.name in of_class:
                    read_relationship(frame, value, relationship, node)
        case Instance(producer=Producer(root=path)), Symbol(path=other) if path == other:
            for relationship in walked(frame.ask(MappingOf(value.cls)), step):
                read_relationship(frame, value, relationship, node)
        case Symbol(path=path), Symbol(path=other) if path == other:
            note_argument_read(frame, (*path, step), value.rows, node)
        case Object(cls=cls, root=(_, *_) as root), ClassValue(id=other) if cls == other:
            note_argument_read(frame, (*root, step), 0, node)


def turn_of(value: Reflection) -> Value:
    """What iterating over what reflection gave brings in each turn."""
    key, prop = Reflection(value.subject, "key"), Reflection(value.subject, "property")
    match value.part:
        case "properties":
            return prop
        case "keys":
            return key
        case "items":
            return TupleValue((key, prop))
    return UNKNOWN
