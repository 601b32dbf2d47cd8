"""What a call gives to its callee, parameter by parameter, and the part of it that the callee is summed up for."""

from __future__ import annotations

from functools import reduce

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import join
from sqla_lint.flow.loading import LoadTree
from sqla_lint.flow.questions import FunctionInfo, Given, MappingOf, MayLoad
from sqla_lint.flow.steps import UNSEEN
from sqla_lint.flow.substitution import Binding
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Instance,
    MappedAttribute,
    Mapping,
    Object,
    OneOf,
    Option,
    Reflection,
    Session,
    Statement,
    TupleValue,
    Value,
)
from sqla_lint.flow.walkers import handed_on

# A fact of an argument is small: what is larger is not told, so that a recursion that builds it up comes to an end.
_LONGEST_PATH = 6
_MOST_BRANCHES = 24
_MOST_ITEMS = 8
_MOST_KEYWORDS = 4


def bind(info: FunctionInfo, bound: Value | None, arguments: Arguments) -> Binding:
    """The values of the parameters that a call gives; what is left over goes to `*args`."""
    binding: Binding = {}
    names = _positional(info)
    if info.binds and names:
        if bound is not None:
            binding[names[0]] = bound
        names = names[1:] if bound is not None or info.binds == "cls" else names
    binding.update(zip(names, arguments.positional, strict=False))
    rest = next((item.name for item in info.parameters if item.kind == "args"), "")
    if rest and not arguments.spread:
        binding[rest] = TupleValue(arguments.positional[len(names) :])
    binding.update(arguments.keywords)
    others = next((item.name for item in info.parameters if item.kind == "kwargs"), "")
    if others and not arguments.spread:
        own = {item.name for item in info.parameters}
        binding[others] = _keywords({name: value for name, value in arguments.keywords.items() if name not in own})
    return binding


def _keywords(given: dict[str, Value]) -> Mapping:
    """What `**options` gets."""
    value = reduce(join, given.values()) if given else NEVER
    return Mapping(UNKNOWN if given else NEVER, value, tuple(given.items()), True)


def _positional(info: FunctionInfo) -> list[str]:
    """The parameters that may be given by position, in order."""
    rest = next((index for index, item in enumerate(info.parameters) if item.kind == "args"), None)
    return [item.name for item in info.parameters[:rest] if item.kind == "plain"]


def node_of(info: FunctionInfo, parameter: str, binding: Binding, arguments: Arguments) -> cst.BaseExpression | None:
    """The argument that a call gives for a parameter, as it is written."""
    names = _positional(info)
    if info.binds and names and (info.binds == "cls" or binding.get(names[0]) is not arguments.first()):
        names = names[1:]
    given = dict(zip(names, arguments.nodes, strict=False))
    return arguments.keyword_nodes.get(parameter) or given.get(parameter)


def told(
    frame: Frame,
    info: FunctionInfo,
    binding: Binding,
    arguments: Arguments,
    wants: frozenset[str] = frozenset(),
) -> Given:
    """The flags, classes, statements and loader options that a call gives, or leaves at their defaults.

    wants: the parameters whose class matters as well.
    """
    found: list[tuple[str, Value]] = []
    for index, item in enumerate(info.parameters):
        if item.kind == "injected" or index == 0 and info.binds:
            continue
        value = binding.get(item.name, UNKNOWN if arguments.spread else item.default)
        fact = _options(frame, value) if item.kind == "kwargs" else _fact(frame, item.name, value)
        if fact is None and item.name in wants and item.value == UNKNOWN:
            fact = _kind(frame, value)
        if fact is None and isinstance(value, Reflection | Collection | OneOf):
            node = node_of(info, item.name, binding, arguments)
            fact = handed_on(frame, value, node, binding) if node is not None else None
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
        case TupleValue(items=items) | Collection(items=items) if _names_relationships(frame, items):
            return value
        case TupleValue(items=items):
            inner = _several(frame, name, items)
            return TupleValue(inner) if inner is not None else None
        case OneOf(values=values):
            inner = _several(frame, name, values)
            return OneOf(inner) if inner else None
        case Collection():
            return _collection(frame, name, value)
    return None


def _kind(frame: Frame, value: Value) -> Value | None:
    """The class of what an untyped parameter gets: what its methods do is known by that alone."""
    match value:
        case Instance(cls=cls):
            return Instance(cls)
        case Object(root=(name,)) if frame.info.binds == "self" and name == frame.info.parameters[0].name:
            return None  # `self` may be of a class that derives from this one, as from a mixin
        case Object(cls=cls):
            return Object(cls)
    return None


def _names_relationships(frame: Frame, items: tuple[Value, ...]) -> bool:
    """Whether these are texts, and names of relationships among them."""
    texts = [item.value for item in items if isinstance(item, Constant) and isinstance(item.value, str)]
    told = 0 < len(texts) == len(items) <= _MOST_ITEMS
    return told and any(frame.ask(MayLoad(text)) for text in texts)


def _options(frame: Frame, value: Value) -> Value | None:
    """The keywords that go to `**options`, each as far as it is a fact; nothing where they cannot all be told."""
    if not isinstance(value, Mapping) or not value.whole or len(value.entries) > _MOST_KEYWORDS:
        return None
    facts = tuple((key, _fact(frame, key, item) or UNKNOWN) for key, item in value.entries)
    return Mapping(UNKNOWN, UNKNOWN, facts, True) if facts else Mapping(NEVER, NEVER, (), True)


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
