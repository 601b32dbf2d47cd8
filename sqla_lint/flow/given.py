"""What a call gives to its callee, parameter by parameter, and the part of it that the callee is summed up for."""

from __future__ import annotations

from functools import reduce

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import join
from sqla_lint.flow.loading import LoadTree
from sqla_lint.flow.questions import FunctionInfo, Given, MappingOf
from sqla_lint.flow.steps import UNSEEN
from sqla_lint.flow.substitution import Binding
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Instance,
    MappedAttribute,
    OneOf,
    Option,
    Session,
    Statement,
    TupleValue,
    Value,
)

# A fact of an argument is small: what is larger is not told, so that a recursion that builds it up comes to an end.
_LONGEST_PATH = 6
_MOST_BRANCHES = 24
_MOST_ITEMS = 8


def bind(info: FunctionInfo, bound: Value | None, arguments: Arguments) -> Binding:
    """The values of the parameters that a call gives; what is left over goes to `*args`."""
    binding: Binding = {}
    names = [item.name for item in info.parameters if item.kind == "plain"]
    rest = next((index for index, item in enumerate(info.parameters) if item.kind == "args"), None)
    if rest is not None:
        names = [item.name for item in info.parameters[:rest] if item.kind == "plain"]
    if info.binds and names:
        if bound is not None:
            binding[names[0]] = bound
        names = names[1:] if bound is not None or info.binds == "cls" else names
    binding.update(zip(names, arguments.positional, strict=False))
    if rest is not None and not arguments.spread:
        binding[info.parameters[rest].name] = TupleValue(arguments.positional[len(names) :])
    binding.update(arguments.keywords)
    return binding


def told(frame: Frame, info: FunctionInfo, binding: Binding, spread: bool) -> Given:
    """The flags, classes, statements and loader options that a call gives, or leaves at their defaults.

    `spread`: `*` or `**` hides arguments, so that nothing is known to be left at its default.
    """
    found: list[tuple[str, Value]] = []
    for index, item in enumerate(info.parameters):
        if item.kind == "injected" or index == 0 and info.binds:
            continue
        value = binding.get(item.name, UNKNOWN if spread else item.default)
        fact = _fact(frame, item.name, value)
        if fact is not None:
            found.append((item.name, fact))
    return tuple(found)


def _fact(frame: Frame, name: str, value: Value) -> Value | None:
    """The part of an argument that is equal for equal arguments, whoever calls from wherever."""
    match value:
        case Constant(value=held):
            return value if held is None or isinstance(held, bool) else None
        case ClassValue(id=cls):
            info = frame.ask(MappingOf(cls))
            return value if info is not None and info.mapped else None
        case MappedAttribute(owner=owner, path=(*_, last)):
            info = frame.ask(MappingOf(owner))
            return value if info is not None and last in info.relationships else None
        case Option(tree=tree, path=path):
            return value if len(path) <= _LONGEST_PATH and _is_small(tree) else None
        case Statement():
            return _statement(name, value)
        case TupleValue(items=items):
            inner = _several(frame, name, items)
            return TupleValue(inner) if inner is not None else None
        case OneOf(values=values):
            inner = _several(frame, name, values)
            return OneOf(inner) if inner else None
        case Collection():
            return _collection(frame, name, value)
    return None


def _collection(frame: Frame, name: str, value: Collection) -> Value | None:
    inner = _several(frame, name, value.items or (value.element,)) if value.limit != 0 else ()
    if inner is None:
        return None
    element = reduce(join, inner) if inner else value.element
    told_whole = value.items or value.limit == 0
    return Collection(element, None, value.limit, True, inner) if told_whole else Collection(element, literal=True)


def _several(frame: Frame, name: str, items: tuple[Value, ...]) -> tuple[Value, ...] | None:
    """Loader options, relationships or classes, and nothing else."""
    found = [_fact(frame, name, item) for item in items[:_MOST_ITEMS]]
    options = tuple(item for item in found if isinstance(item, Option | MappedAttribute | ClassValue | OneOf))
    return options if len(options) == len(items) else None


def _statement(name: str, value: Statement) -> Statement | None:
    """A select or a Query: what it asks for and loads. Its session is reached by the parameter's name."""
    plain = all(isinstance(item, Instance) for item in value.entities)
    if value.kind not in ("select", "query") or value.owner is not None or not plain or not _is_small(value.load):
        return None
    session = value.session
    if session is not None:
        session = Session(
            f"param:{name}",
            session.kind,
            "caller",
            session.registry,
            session.guessed,
            session.autoflush,
            session.expire_on_commit,
        )
    entities = tuple(Instance(item.cls) for item in value.entities if isinstance(item, Instance))
    return Statement(
        value.kind,
        entities,
        value.load,
        session,
        value.limit,
        value.filtered,
        flushes=value.flushes,
        root=(name,),
        steps=UNSEEN,
    )


def _is_small(tree: LoadTree, depth: int = 0) -> bool:
    if depth > _LONGEST_PATH or len(tree.branches) > _MOST_BRANCHES:
        return False
    return all(_is_small(below, depth + 1) for _, _, below in tree.branches)
