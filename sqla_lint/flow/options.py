"""Loader options: what each makes of relationships and columns, and what statements are given."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from sqla_lint.flow.frame import Arguments
from sqla_lint.flow.loading import (
    ALL_OF_THEM,
    ANYTHING,
    COLUMNS,
    DEFERRED,
    DOUBT,
    EMPTY,
    RAISED,
    UNDEFERRED,
    WILDCARD,
    LoadTree,
    chain,
)
from sqla_lint.flow.values import (
    Collection,
    Constant,
    MappedAttribute,
    Never,
    OneOf,
    Option,
    TupleValue,
    Value,
)
from sqla_lint.knowledge import loaders


def option(name: str, arguments: Arguments, base: Option) -> Option:
    """`selectinload(…)` and its like, called as a function (`base` empty) or chained onto an option.

    Of several path elements given to one call only the last gets the strategy; the others keep their own, but for
    `contains_eager()`.
    """
    several = _each_of(arguments)
    if several:  # which of them is asked for cannot be told, and each counts as there
        made = [option(name, one, base) for one in several]
        return replace(made[0], tree=reduce(LoadTree.merge, (item.tree for item in made)))
    strategy = loaders.OPTIONS[name]
    if name == "raiseload" and arguments.keywords.get("sql_only") == Constant(True):
        strategy = "raise_on_sql"
    names = _path_names(arguments.positional)
    if name == "selectin_polymorphic":
        return replace(base, tree=base.tree.merge(ALL_OF_THEM))
    if not names:
        unseen = ANYTHING if arguments.spread else EMPTY  # what a splatted path leads to cannot be told
        return replace(base, tree=base.tree.merge(chain(base.path, base.strategies, unseen)))
    strategies = (*[strategy if name in loaders.ALONG else ""] * (len(names) - 1), strategy)
    path = (*base.path, *names)
    all_strategies = (*base.strategies, *strategies)
    passed_over = base.passed_over
    if strategy in loaders.EAGER and name not in loaders.ALONG:
        passed_over += _passed_over(base.path, arguments.positional)
    joins = base.joins if base.path else "" if "innerjoin" in arguments.keywords else name
    owner = base.owner if base.path else owner_of(arguments)
    return Option(base.tree.merge(chain(path, all_strategies)), path, all_strategies, passed_over, joins, owner)


def _each_of(arguments: Arguments) -> list[Arguments]:
    """The arguments with each of the attributes, or names, that the first may be."""
    match arguments.positional:
        case (OneOf(values=values), *rest) if all(isinstance(item, MappedAttribute | Constant) for item in values):
            return [replace(arguments, positional=(item, *rest)) for item in values if item != Constant(None)]
    return []


def owner_of(arguments: Arguments) -> str:
    """The class of the first attribute, empty where that cannot be told."""
    first = arguments.first()
    return first.owner if isinstance(first, MappedAttribute) else ""


def _passed_over(base: tuple[str, ...], values: tuple[Value, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The steps of a path that stand before its last, each with its class; none where one of them cannot be told."""
    steps = [item for item in values if isinstance(item, MappedAttribute) and len(item.path) == 1]
    if len(steps) < len(values):
        return ()
    names = [step.path[0] for step in steps]
    return tuple((step.owner, (*base, *names[: at + 1])) for at, step in enumerate(steps[:-1]))


def _path_names(values: tuple[Value, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for value in values:
        match value:
            case MappedAttribute(path=path):
                names += path
            case Constant(value=str(text)):
                names += text.split(".")
            case _:
                # An attribute that cannot be told may load anything: every read below is in doubt.
                names.append(DOUBT)
    return tuple(names)


def columns(name: str, arguments: Arguments) -> LoadTree:
    """What `load_only(…)`, `defer(…)` and their like make of columns; nothing where one of them cannot be told."""
    given = _path_names(arguments.positional)
    if DOUBT in given or any(isinstance(item, MappedAttribute) and len(item.path) > 1 for item in arguments.positional):
        return EMPTY
    raises = arguments.keywords.get("raiseload", Constant(False))
    if arguments.spread or not isinstance(raises, Constant):
        return EMPTY
    left_out = RAISED if raises.value else DEFERRED
    match name:
        case "load_only":
            told = [(COLUMNS, left_out), *((item, UNDEFERRED) for item in given)]
        case "defer":
            told = [(item, left_out) for item in given]
        case "undefer":
            told = [(COLUMNS if item == WILDCARD else item, UNDEFERRED) for item in given]
        case "undefer_group":
            told = [(COLUMNS, UNDEFERRED)]
        case _:
            return EMPTY
    return LoadTree(tuple(sorted((item, strategy, EMPTY) for item, strategy in dict(told).items())))


def chained(base: Option, name: str, arguments: Arguments) -> Value:
    """A method of an option: another step of the path, or options below it."""
    if name in loaders.OPTIONS:
        return option(name, arguments, base)
    if name in loaders.COLUMN_OPTIONS:
        return replace(base, tree=base.tree.merge(chain(base.path, base.strategies, columns(name, arguments))))
    if name == "options":
        tree = base.tree
        for given in arguments.positional:
            if isinstance(given, Option):
                tree = tree.merge(chain(base.path, base.strategies, given.tree))
        return replace(base, tree=tree)
    return base


def options_tree(arguments: Arguments) -> LoadTree:
    """What `.options(…)` asks for; options that cannot be seen through count as loading everything."""
    tree = ANYTHING if arguments.spread else EMPTY
    for value in arguments.positional:
        tree = tree.merge(_tree_of(value))
    return tree


def _tree_of(value: Value) -> LoadTree:
    match value:
        case Option(tree=tree):
            return tree
        case Collection(limit=0):
            return EMPTY
        case Collection(items=items) if items:
            return _tree_of(TupleValue(items))
        case Collection(element=element):
            return _tree_of(element)
        case TupleValue(items=items) | OneOf(values=items):
            tree = EMPTY
            for item in items:
                tree = tree.merge(_tree_of(item))
            return tree
        case Constant() | Never():
            return EMPTY
    return ANYTHING
