"""What tests and patterns tell of a value's type: `isinstance`, `is None`, `match`."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.containers import item_at
from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.lattice import doubtful, join, one_of
from sqla_lint.flow.loading import APART, EMPTY, SUBCLASSES, LoadTree
from sqla_lint.flow.questions import ClassInfo, MappingOf
from sqla_lint.flow.told import handed
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    External,
    Instance,
    Mapping,
    Object,
    OneOf,
    Result,
    Session,
    SessionFactory,
    Statement,
    Symbol,
    TupleValue,
    Value,
    alternatives,
)
from sqla_lint.flow.wanting import want_class

_LISTS = frozenset({"list", "set", "frozenset", "Sequence", "Iterable", "Collection", "Set", "MutableSequence"})
_TUPLES = frozenset({"tuple", "Sequence", "Iterable", "Collection"})
_DICTS = frozenset({"dict", "Mapping", "MutableMapping"})


def narrow_test(frame: Frame, test: cst.BaseExpression, truth: bool) -> None:
    """Take `isinstance(x, C)`, `type(x) is C`, `x is None` or their opposites as held."""
    match test:
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=node), cst.Arg(value=spec)]):
            classes = _classes(frame, spec)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator, other)]):
            match operator:
                case cst.Is() | cst.Equal():
                    holds = truth
                case cst.IsNot() | cst.NotEqual():
                    holds = not truth
                case _:
                    return
            match left, other:
                case cst.Call(func=cst.Name(value="type"), args=[cst.Arg(value=node)]), _ if holds:
                    classes, truth = _classes(frame, other), True
                case _, cst.Name(value="None") if isinstance(operator, cst.Is | cst.IsNot):
                    node, classes, truth = left, (Constant(None),), holds
                case _:
                    return
        case _:
            return
    if classes:
        _rebind(frame, node, classes, truth)


def _rebind(frame: Frame, node: cst.BaseExpression, classes: tuple[Value, ...], truth: bool) -> None:
    if isinstance(node, cst.NamedExpr):
        node = node.target
    path = path_of(node)
    if not path:
        return
    held = frame.state.names.get(path)
    if isinstance(node, cst.Attribute):
        with frame.silent():
            if isinstance(frame.evaluate(node.value), Instance):
                return  # whether it is loaded is a question of each row
            held = frame.evaluate(node)
    if held is not None and classes != (Constant(None),) or isinstance(held, OneOf):
        frame.state.names[path] = narrowed(frame, held, classes, truth)


def _classes(frame: Frame, spec: cst.BaseExpression) -> tuple[Value, ...]:
    """The classes that a test names; none where one of them cannot be told."""
    match spec:
        case cst.Tuple(elements=elements):
            parts = [_classes(frame, item.value) for item in elements]
        case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
            parts = [_classes(frame, left), _classes(frame, right)]
        case _:
            with frame.silent():
                found = frame.evaluate(spec)
            if isinstance(found, TupleValue):
                return found.items
            return (found,) if isinstance(found, ClassValue | External) or found == Constant(None) else ()
    return tuple(item for part in parts for item in part) if all(parts) else ()


def narrowed(frame: Frame, value: Value, classes: tuple[Value, ...], truth: bool) -> Value:
    """`value` once it is known to be of one of the classes, or of none of them."""
    if not truth:
        left = tuple(item for item in alternatives(value) if not any(_is(frame, item, cls) for cls in classes))
        return one_of(left) if left else value
    found: list[Value] = []
    for cls in classes:
        fitting = [as_class(frame, item, cls) for item in alternatives(value)]
        found += [item for item in fitting if item is not None]
    return reduce(join, found) if found else UNKNOWN


def _is(frame: Frame, value: Value, cls: Value) -> bool:
    """Whether a value is surely of a class."""
    match value, cls:
        case Constant(value=None), Constant(value=None):
            return True
        case Instance(cls=own) | Object(cls=own), ClassValue(id=wanted):
            info = frame.ask(MappingOf(own))
            return info is not None and wanted in info.lineage
        case Value(), External(dotted=dotted):
            return _is_builtin(value, dotted.rpartition(".")[2])
    return False


def _is_builtin(value: Value, name: str) -> bool:
    match value:
        case Collection():
            return name in _LISTS
        case TupleValue():
            return name in _TUPLES
        case Mapping():
            return name in _DICTS
        case Constant(value=held):
            return type(held).__name__ == name
    return False


def as_class(frame: Frame, value: Value, cls: Value) -> Value | None:
    """`value` as one of a class; None where it cannot be one."""
    if _is(frame, value, cls):
        return value
    match value, cls:
        case Instance(cls=own), ClassValue(id=wanted):
            info = frame.ask(MappingOf(wanted))
            if info is None or own not in info.lineage:
                return None
            return replace(value, cls=wanted, load=_apart(value, frame.ask(MappingOf(own)), info))
        case Constant() | Collection() | TupleValue() | Mapping() | Statement() | Result(), ClassValue() | External():
            return None
        case Instance() | Object(), External(dotted=dotted) if dotted.startswith("builtins."):
            return None
        case Symbol(), ClassValue(id=wanted):
            want_class(frame, value)
            return handed(value, Instance(wanted) if _mapped(frame, wanted) else Object(wanted))
        case _, ClassValue(id=wanted):
            return doubtful(Instance(wanted)) if _mapped(frame, wanted) else Object(wanted)
        case _, Constant():
            return cls if value == UNKNOWN or isinstance(value, Symbol) else None
        case Symbol(), External(dotted=dotted) if dotted.rpartition(".")[2] in _LISTS | _TUPLES | _DICTS:
            return value
        case Session() | SessionFactory(), External():
            return value  # the library's own classes of sessions are no classes of the project
    return UNKNOWN


def _apart(value: Instance, base: ClassInfo | None, info: ClassInfo) -> LoadTree:
    """What is loaded of a row once its class is known: a query of the base has left out what only that class has."""
    producer, load = value.producer, value.load
    asked = SUBCLASSES in value.free or load.column(SUBCLASSES) or load.doubtful
    if base is None or asked or value.new or value.path or producer is None or not (producer.seen or producer.root):
        return load
    if info.inherits is None or info.inherits.load or info.inherits.kind == "concrete":
        return load
    return load.merge(LoadTree(tuple((name, APART, EMPTY) for name in sorted(info.columns.keys() - base.columns))))


def _mapped(frame: Frame, cls: str) -> bool:
    info = frame.ask(MappingOf(cls))
    return info is not None and info.mapped


def bind_pattern(frame: Frame, pattern: cst.MatchPattern, value: Value, node: cst.CSTNode) -> Value:
    """Bind the names of a pattern of `match`; gives the subject as it is where the pattern fits."""
    match pattern:
        case cst.MatchAs(pattern=inner, name=name):
            fitting = value if inner is None else bind_pattern(frame, inner, value, node)
            if name is not None:
                frame.state.bind(name.value, fitting)
            return fitting
        case cst.MatchClass(cls=spec):
            classes = _classes(frame, spec)
            fitting = narrowed(frame, value, classes, True) if classes else UNKNOWN
            for item in pattern.patterns:
                bind_pattern(frame, item.value, fitting if len(pattern.patterns) == 1 else UNKNOWN, node)
            for keyword in pattern.kwds:
                bind_pattern(frame, keyword.pattern, frame.read(fitting, keyword.key.value, node), node)
            return fitting
        case cst.MatchSingleton(value=cst.Name(value="None")):
            return Constant(None)
        case cst.MatchOr(patterns=options):
            return reduce(join, (bind_pattern(frame, item.pattern, value, node) for item in options))
        case cst.MatchSequence(patterns=parts):
            _bind_sequence(frame, parts, value, node)
        case cst.MatchMapping(elements=entries, rest=rest):
            for entry in entries:
                bind_pattern(frame, entry.pattern, item_at(value, frame.evaluate(entry.key)), node)
            if rest is not None:
                frame.state.bind(rest.value, value)
    return value


def _bind_sequence(frame: Frame, parts: object, value: Value, node: cst.CSTNode) -> None:
    assert isinstance(parts, list | tuple)
    starred = any(isinstance(item, cst.MatchStar) for item in parts)
    for index, item in enumerate(parts):
        if isinstance(item, cst.MatchStar):
            if item.name is not None:
                rest = value if isinstance(value, Collection) else Collection(UNKNOWN)
                frame.state.bind(item.name.value, rest)
            continue
        fixed = isinstance(value, TupleValue) and not starred
        part = item_at(value, Constant(index)) if fixed or isinstance(value, Collection) else UNKNOWN
        bind_pattern(frame, item.value, part, node)


def refuted(frame: Frame, pattern: cst.MatchPattern, value: Value) -> Value:
    """The subject as it is for the cases after one that did not fit."""
    match pattern:
        case cst.MatchClass(cls=spec, patterns=[], kwds=[]):
            return narrowed(frame, value, _classes(frame, spec), False)
        case cst.MatchSingleton(value=cst.Name(value="None")):
            return narrowed(frame, value, (Constant(None),), False)
    return value
