"""Queries that a function sends by what it is given: what its callers ask again and again, where they loop.

None of it is looked at unless a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.narrowed import Lookup
from sqla_lint.flow.places import nodes
from sqla_lint.flow.values import Collection, Constant, Instance, Statement, Value

_ASKED = "asked"
# Through so many helpers a query is followed.
_DEEPEST = 2


def keep_lookup(frame: Frame, statement: Statement) -> None:
    """A query is sent outside loops: keep for the callers by which of the parameters."""
    session = statement.session
    own = session is not None and (session.key in frame.opened or session.key.startswith("site:"))
    if own or not _is_sure(frame):
        return
    classes = tuple(item.cls for item in statement.entities if isinstance(item, Instance))
    asked = Lookup(statement.narrowed.compared, statement.narrowed.steps, classes, frame.place(frame.current))
    _keep(frame, asked, frame.current)


def hand_on(frame: Frame, asked: Iterable[Lookup], node: cst.CSTNode) -> None:
    """What a helper asks for each caller of this function asks for as well, by what it gives."""
    for item in asked if _is_sure(frame) else ():
        if item.deep < _DEEPEST:
            _keep(frame, replace(item, deep=item.deep + 1), node)


def _is_sure(frame: Frame) -> bool:
    """Whether each call of the function comes by here."""
    handling = any(item.handling for item in frame.handlers)
    return frame.emitting and bool(frame.info.parameters) and not frame.guards and not handling


def _keep(frame: Frame, asked: Lookup, node: cst.CSTNode) -> None:
    made = _made_of(frame, frozenset(item.name for item in frame.info.parameters))
    found = [replace(item, names=_origins(item.names, made)) for item in asked.compared]
    compared = tuple(item for item in found if item.names)
    if compared:
        number = frame.number(node)
        frame.outcome.asks[number] = replace(asked, compared=compared)
        frame.state.done |= {(_ASKED, str(number))}


def _origins(names: frozenset[str], made: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*(made.get(name, frozenset()) for name in names))


def _made_of(frame: Frame, parameters: frozenset[str]) -> dict[str, frozenset[str]]:
    """Of each name of the function, the parameters that go into what it holds."""
    made = {name: frozenset({name}) for name in parameters}
    bound = [(names_made(targets), names_in(value)) for _, targets, value in bindings(frame.slice.module)]
    for _ in range(3):  # what is made of what is made
        for targets, names in bound:
            found = _origins(names, made)
            for name in targets if found else ():
                made[name] = made.get(name, frozenset()) | found
    return made


def note_returning(frame: Frame, value: Value) -> None:
    """Something is returned: without one of the queries it may be known from an earlier call."""
    frame.outcome.returns.append(value)
    if frame.outcome.asks and not isinstance(value, Constant) and not _is_empty(value):
        sent = frozenset(int(number) for op, number in frame.state.done if op == _ASKED)
        frame.outcome.asked = sent if frame.outcome.asked is None else frame.outcome.asked & sent
    elif not isinstance(value, Constant) and not _is_empty(value):
        frame.outcome.asked = frozenset()


def _is_empty(value: Value) -> bool:
    return isinstance(value, Collection) and value.limit == 0


def asked_always(frame: Frame) -> tuple[Lookup, ...]:
    """The queries that each call sends, unless it returns nothing of them."""
    asked = frame.outcome.asked
    return tuple(item for number, item in frame.outcome.asks.items() if asked is None or number in asked)


# Names.

_BINDING = (cst.Assign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr, cst.AugAssign)


def bindings(
    node: cst.CSTNode,
) -> Iterator[tuple[cst.CSTNode, list[cst.BaseExpression], cst.BaseExpression]]:
    """Where something below a node binds names, in order: the node, the targets, what they get."""
    for inner in nodes(node):
        if type(inner) not in _BINDING:
            continue
        match inner:
            case cst.Assign(targets=targets, value=value):
                yield inner, [item.target for item in targets], value
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                yield inner, [target], value
            case cst.For(target=target, iter=value) | cst.CompFor(target=target, iter=value):
                yield inner, [target], value
            case cst.NamedExpr(target=target, value=value) | cst.AugAssign(target=target, value=value):
                yield inner, [target], value


def names_made(targets: Iterable[cst.BaseExpression]) -> frozenset[str]:
    """The names that targets bind."""
    plain = [target for target in targets if isinstance(target, cst.Name | cst.Tuple | cst.List)]
    return frozenset[str]().union(*map(names_in, plain))


def names_in(node: cst.CSTNode) -> frozenset[str]:
    """The names that an expression reads; attributes go by the name that they are read of."""
    return frozenset(found.value for found in _names(node))


def _names(node: cst.CSTNode) -> Iterable[cst.Name]:
    attributes = set[cst.CSTNode]()
    for found in nodes(node):
        if isinstance(found, cst.Name):
            if found not in attributes:
                yield found
        elif type(found) is cst.Attribute or type(found) is cst.Arg:
            inner = found.attr if isinstance(found, cst.Attribute) else found.keyword
            if inner is not None:
                attributes.add(inner)
