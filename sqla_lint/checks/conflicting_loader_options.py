"""conflicting-loader-options: one relationship, two strategies."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import Called
from sqla_lint.flow.loading import DOUBT, WILDCARD, LoadTree
from sqla_lint.flow.values import Instance, Option, Statement
from sqla_lint.knowledge.loaders import SPELT
from sqla_lint.rule import Rule

rule = Rule(
    name="conflicting-loader-options",
    code="ORM406",
    since="0.1",
    message="`{step}` is to be loaded by {one} and by {other}, which raises",
    severity=Severity.ERROR,
)


@rule.on_call("query", "options")
@rule.on_call("statement", "options")
def check(called: Called, context: Context) -> Iterator[Diagnostic]:
    """Report an option that contradicts one before it, in the same call."""
    if not isinstance(called.receiver, Statement) or not context.version.since("2.0"):
        return  # before 2.0 the last one wins
    for at, given in enumerate(called.positional):
        for before in called.positional[:at]:
            one, other = before.value, given.value
            if not isinstance(one, Option) or not isinstance(other, Option) or one.owner != other.owner:
                continue
            for path, strategies in _conflicts(one.tree, other.tree):
                first, second = (SPELT.get(item, item) for item in strategies)
                step = ".".join((context.class_name(one.owner), *path) if one.owner else path)
                fix = Fix(f"keep one of them; what goes on below it may begin with `defaultload({step})`")
                note = Note(before.place.span, f"{first} is asked for here")
                yield rule.at(given.place.span, fix=fix, notes=(note,), step=step, one=first, other=second)
                return
    yield from _with_earlier(called, called.receiver, context)


def _with_earlier(called: Called, statement: Statement, context: Context) -> Iterator[Diagnostic]:
    """Report an option that contradicts one that the statement was given before."""
    entity = statement.entities[0] if statement.scalar else None
    if not isinstance(entity, Instance) or statement.load.doubtful:
        return
    for given in called.positional:
        option = given.value
        if not isinstance(option, Option) or option.owner not in (entity.cls, *_lineage(context, entity.cls)):
            continue
        for path, strategies in _conflicts(statement.load, option.tree):
            first, second = (SPELT.get(item, item) for item in strategies)
            step = ".".join((context.class_name(option.owner), *path))
            fix = Fix(f"keep one of them; what goes on below it may begin with `defaultload({step})`")
            yield rule.at(given.place.span, fix=fix, step=step, one=first, other=second)
            return


def _lineage(context: Context, cls: str) -> tuple[str, ...]:
    info = context.mapping(cls)
    return info.lineage if info is not None else ()


def _conflicts(
    one: LoadTree, other: LoadTree, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], tuple[str, str]]]:
    """The paths for which two trees of options ask for different strategies."""
    known = {name: (strategy, below) for name, strategy, below in one.branches}
    for name, strategy, below in other.branches:
        if name not in known or name in (WILDCARD, DOUBT):
            continue
        first, tree = known[name]
        if first in SPELT and strategy in SPELT and first != strategy:
            yield (*path, name), (first, strategy)
        yield from _conflicts(tree, below, (*path, name))
