"""Queries that a helper sends in each turn of a loop, by what the loop gives it."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.helping import hand_on, names_in
from sqla_lint.flow.lookups import note_repeated
from sqla_lint.flow.narrowed import KEY, Compared, Lookup, Narrowed
from sqla_lint.flow.questions import FunctionInfo, Summary
from sqla_lint.flow.substitution import Binding
from sqla_lint.flow.unwritten import ANYTHING
from sqla_lint.flow.values import Instance, Session, Statement


def note_asked(
    frame: Frame, info: FunctionInfo, summary: Summary, binding: Binding, arguments: Arguments, node: cst.CSTNode
) -> None:
    """A function is called that sends a query by what it is given, and does nothing else: does a loop repeat it?"""
    if not isinstance(node, cst.Call) or not _only_asks(info, summary) or info.id == frame.info.id:
        return
    if info.is_async and frame.awaiting is not node:
        return  # they wait for the database at a time, as tasks do
    given = _nodes_given(info, binding, arguments, node)
    if not frame.loops:
        named = ((item, _by(item, given)) for item in summary.asks)
        hand_on(frame, (replace(item, compared=compared) for item, compared in named), node)
        return
    session = next((value for value in arguments.all() if isinstance(value, Session)), None)
    for item in summary.asks:
        compared = _by(item, given)
        held = any(one.column == KEY and one.owner in frame.state.loaded for one in compared)
        if any(one.names for one in compared) and not held:
            frame.current = node
            narrowed_by = Narrowed(tuple(one for one in compared if one.names), item.steps)
            entities = tuple(map(Instance, item.classes))
            note_repeated(frame, Statement("query", entities, session=session, narrowed=narrowed_by), item.place)
            return


def _by(asked: Lookup, given: dict[str, cst.BaseExpression]) -> tuple[Compared, ...]:
    """What a query is narrowed by, in the names of the caller."""
    return tuple(replace(one, names=_read(one.names, given)) for one in asked.compared)


def _only_asks(info: FunctionInfo, summary: Summary) -> bool:
    """Whether a call surely runs the function, keeps nothing of an earlier one, and only queries."""
    kept = info.decorated or info.decorators or info.wraps.startswith("cached") or info.is_generator
    does_more = summary.io or ANYTHING in summary.sets
    return not kept and not does_more and all(effect.op in ("loads", "sql") for effect in summary.effects)


def _nodes_given(
    info: FunctionInfo, binding: Binding, arguments: Arguments, node: cst.Call
) -> dict[str, cst.BaseExpression]:
    """The expressions that a call gives to the parameters of a function, its object among them."""
    names = [item.name for item in info.parameters if item.kind == "plain"]
    given: dict[str, cst.BaseExpression] = {}
    if info.binds and names and names[0] in binding:
        if isinstance(node.func, cst.Attribute):
            given[names[0]] = node.func.value
        names = names[1:]
    given.update(zip(names, arguments.nodes, strict=False))
    given.update(arguments.keyword_nodes)
    return given


def _read(parameters: frozenset[str], given: dict[str, cst.BaseExpression]) -> frozenset[str]:
    """The names that are read for some parameters."""
    return frozenset[str]().union(*(names_in(given[name]) for name in parameters if name in given))
