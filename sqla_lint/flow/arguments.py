"""Evaluating the arguments of a call."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.comprehensions import comprehension
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.values import UNKNOWN, Collection, Instance, Mapping, Result, Session, Symbol, TupleValue, Value

# What a dict may hold that a call is sure to pass on: other entries may be flags, which are not always there.
_ROWS = (Collection, Instance, Result, Session, Symbol)
# The builtins that stop early, and what an element has to be for them to go on.
_GOES_ON = {"any": False, "all": True}


def evaluate_arguments(frame: Frame, node: cst.Call) -> Arguments:
    """The arguments of a call, each evaluated once."""
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    nodes: list[cst.BaseExpression] = []
    keyword_nodes: dict[str, cst.BaseExpression] = {}
    spread = False
    for item in node.args:
        if isinstance(item.value, cst.GeneratorExp) and isinstance(node.func, cst.Name):
            name = node.func.value
            value = comprehension(frame, item.value, once=name == "next", goes_on=_GOES_ON.get(name))
        else:
            value = frame.evaluate(item.value)
        if item.star == "*" and isinstance(value, Collection | TupleValue):
            given = value.items or ((value.element,) if isinstance(value, Collection) and value.limit != 0 else ())
            positional += given
            nodes += [item.value] * len(given)
            spread = spread or value == Collection(UNKNOWN)
        elif item.star:
            told, whole = _told_keywords(value)
            spread = spread or not whole
            keywords.update(told)
            keyword_nodes.update(dict.fromkeys(told, item.value))
        elif item.keyword is not None:
            keywords[item.keyword.value] = value
            keyword_nodes[item.keyword.value] = item.value
        else:
            positional.append(value)
            nodes.append(item.value)
    return Arguments(tuple(positional), keywords, tuple(nodes), keyword_nodes, spread)


def _told_keywords(value: Value) -> tuple[dict[str, Value], bool]:
    """What `**value` surely passes on, and whether that is all."""
    if not isinstance(value, Mapping):
        return {}, False
    return {name: held for name, held in value.entries if value.whole or isinstance(held, _ROWS)}, value.whole
