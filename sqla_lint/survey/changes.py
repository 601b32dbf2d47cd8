"""Which attributes a function may change in place: `order.data["k"] = v`, `data = order.data or {}; data.pop("k")`.

Or set to what they were, and more: `order.total += 1`, `order.total = order.total + 1`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sqla_lint.knowledge.columns import CHANGING

_LOOKING = frozenset({"get", "setdefault", "items", "values", "copy"})


class Changes:
    """Collects what is changed in place, what local names are bound to, and the attributes that are set."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._names: set[str] = set()
        self._bound: dict[str, set[str]] = {}
        self.sets: set[str] = set()

    def note(self, node: ast.AST) -> None:
        """Look at a statement or a call."""
        match node:
            case ast.Assign(targets=targets, value=value):
                self._stored(targets)
                for target in targets:
                    if isinstance(target, ast.Attribute) and _adds(value, target.attr):
                        self._is_changed(target)
                    if isinstance(target, ast.Name):
                        self._bound.setdefault(target.id, set()).update(_attributes(value))
            case ast.AugAssign(target=ast.Attribute() | ast.Subscript() | ast.Name() as target):
                self._is_changed(target)
            case ast.Delete(targets=targets):
                self._stored(targets)
            case ast.For(target=ast.Name(id=name), iter=source):
                self._bound.setdefault(name, set()).update(_attributes(source))
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in CHANGING:
                self._is_changed(owner)

    def names(self) -> frozenset[str]:
        """The names of the attributes."""
        held = (self._bound.get(name, ()) for name in self._names)
        return frozenset(self._changed.union(*held))

    def _stored(self, targets: Iterable[ast.expr]) -> None:
        for target in targets:
            if isinstance(target, ast.Subscript):
                self._is_changed(target.value)
            elif isinstance(target, ast.Attribute):
                self.sets.add(target.attr)

    def _is_changed(self, node: ast.expr) -> None:
        root = _root(node)
        if isinstance(root, ast.Attribute):
            self._changed.add(root.attr)
        elif isinstance(root, ast.Name):
            self._names.add(root.id)


def _adds(value: ast.expr, name: str) -> bool:
    """Whether an expression is what some attribute of that name holds, and more or less of it."""
    match value:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return any(isinstance(side, ast.Attribute) and side.attr == name for side in (left, right))
    return False


def _root(node: ast.expr) -> ast.expr:
    """What an item is taken of: `order.data` of `order.data["a"].get("b")`."""
    while True:
        match node:
            case ast.Subscript(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _LOOKING:
                node = inner
            case _:
                return node


def _attributes(value: ast.expr) -> Iterator[str]:
    """The attributes whose value an expression may be, or be taken of."""
    match _root(value):
        case ast.Attribute(attr=name):
            yield name
        case ast.BoolOp(values=values):
            for item in values:
                yield from _attributes(item)
        case ast.Call(func=ast.Name(id="dict" | "list") | ast.Attribute(attr="copy"), args=[copied]):
            yield from _attributes(copied)
        case ast.Dict(keys=[None], values=[copied]):
            yield from _attributes(copied)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _attributes(body)
            yield from _attributes(orelse)
