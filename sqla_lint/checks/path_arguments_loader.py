"""path-arguments-loader: of a path that is given to one loader option, only the last step is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Severity
from sqla_lint.flow.events import Called, Passed
from sqla_lint.flow.loading import EMPTY, LoadTree
from sqla_lint.flow.values import Collection, Option, Statement, TupleValue, Value
from sqla_lint.rule import Rule

rule = Rule(
    name="path-arguments-loader",
    code="ORM404",
    since="0.1",
    message="of the path given to one option only the last step is loaded: `{step}` stays lazy",
    severity=Severity.WARNING,
    costs=True,
)


@rule.on_call("query", "options")
@rule.on_call("statement", "options")
def check(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report an option that passes over a lazy relationship, which no other option loads."""
    if isinstance(called.receiver, Statement) and not called.spread:
        yield from _report(called.positional, called.receiver.load, context)


@rule.on_call("any", "options")
def check_given(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report the same of what a call is given as `options=[…]`: that of a session, or one that hands it to one."""
    yield from _report((called.keywords["options"],), EMPTY, context)


def _report(given_options: tuple[Passed, ...], before: LoadTree, context: Context) -> Iterator[Diagnostic]:
    found = [(option, given) for given in given_options for option in _options(given.value)]
    options = [(option, given) for option, given in found if option is not None]
    if len(options) < len(found):
        return  # any of what is not seen may load it
    together = reduce(LoadTree.merge, (option.tree for option, _ in options), before)
    for option, given in options:
        for owner, path in option.passed_over:
            tree = reduce(LoadTree.below, path[:-1], together)
            info = context.mapping(owner)
            relationship = info.relationships.get(path[-1]) if info is not None else None
            if _speaks(tree, path[-1]) or relationship is None or relationship.lazy != "select":
                continue  # another option, or the mapping, has it loaded
            step = f"{context.class_name(owner)}.{path[-1]}"
            fix = Fix(f"write a chain, in which each step has its own option: `selectinload({step}).selectinload(…)`")
            yield rule.at(given.place.span, fix=fix, step=step)
            break


def _speaks(tree: LoadTree, name: str) -> bool:
    """Whether some option says how to load it, by its name or by an asterisk."""
    return any(known.strategy(name) is not None for known in (tree, tree.without(frozenset({name}))))


def _options(value: Value) -> Iterator[Option | None]:
    """The options that an argument is or lists, None for what is none."""
    match value:
        case Option():
            yield value
        case Collection(items=items) | TupleValue(items=items) if items:
            for item in items:
                yield from _options(item)
        case _:
            yield None
