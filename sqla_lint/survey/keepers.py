"""The methods that set an attribute of `self`, or fill the list or dict that stands there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_SIMPLE = (ast.Return, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Raise)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
# Methods of containers that put something into them.
_FILLING = frozenset({"add", "append", "appendleft", "extend", "insert", "setdefault", "update"})
# Those that give what a dict holds under a key.
_REACHING = frozenset({"get", "setdefault"})


def kept_by(body: Iterable[ast.AST], this: str) -> Iterator[tuple[str, bool]]:
    """The attributes of `this` that a body sets to more than nothing, alone or in a pattern; True: that it fills."""
    for statement in _within(body):
        match statement:
            case ast.Assign(targets=targets, value=value) if not _is_bare(value):
                for target in (part for item in targets for part in getattr(item, "elts", [item])):
                    yield from _attribute(target, this)
            case ast.AnnAssign(target=target, value=value) if not _is_bare(value):
                yield from _attribute(target, this)
            case ast.AugAssign(target=ast.Attribute(), op=ast.Add() | ast.BitOr()):
                yield from _attribute(statement.target, this, True)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=name), args=[_, *_])) if name in _FILLING:
                yield from _attribute(owner, this, True)


def _attribute(node: ast.AST, this: str, fills: bool = False) -> Iterator[tuple[str, bool]]:
    """The attribute that is set, or filled, also under a key: `groups[key]`, `groups.setdefault(key, [])`."""
    while True:
        match node:
            case ast.Subscript(value=inner):
                node, fills = inner, True
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _REACHING:
                node, fills = inner, True
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == this:
                return (yield attribute, fills)
            case _:
                return


def _within(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The statements of a body that may set something, those in its blocks included."""
    for node in body:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)):
            yield node
        elif not isinstance(node, _SIMPLE):
            for field in _BLOCKS:
                yield from _within(getattr(node, field, ()))


def _is_bare(value: ast.expr | None) -> bool:
    """Whether an assigned value is only there to be replaced or filled: `None`, or an empty container."""
    match value:
        case None | ast.Constant(value=None) | ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set" | "tuple"), args=[], keywords=[]):
            return True
        case ast.Call(func=ast.Name(id="defaultdict"), args=[_]):
            return True
    return False
