"""What a lambda reads of its first parameter: access paths, as far as names alone tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

# The step to each item of a collection, as the access paths of reads have it.
ITEM = "[]"
Path = tuple[str, ...]

_SAME_ITEMS = frozenset({"filter", "frozenset", "iter", "list", "reversed", "set", "sorted", "tuple"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_MOST = 20
_DEEPEST = 40
_LONGEST = 8


def paths(node: ast.Lambda) -> tuple[str, tuple[Path, ...]]:
    """Return the name of the first parameter, empty where there is none, and the paths from it that the body reads."""
    parameters = [*node.args.posonlyargs, *node.args.args]
    if not parameters:
        return "", ()
    walk = _Walk(parameters[0].arg)
    walk.visit(node.body)
    return parameters[0].arg, tuple(sorted(walk.found))[:_MOST]


class _Walk(ast.NodeVisitor):
    def __init__(self, parameter: str) -> None:
        self.names: dict[str, Path] = {parameter: ()}
        self.found: set[Path] = set()
        self._depth = 0

    def visit(self, node: ast.AST) -> None:
        """Visit what does not stand too deep."""
        self._depth += 1
        if self._depth < _DEEPEST:
            super().visit(node)
        self._depth -= 1

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self._path(node)
        if path is None:
            self.visit(node.value)
        else:
            self.found.add(path)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        with self._scope():
            for item in ast.walk(node.args):
                if isinstance(item, ast.arg):
                    self.names.pop(item.arg, None)
            self.visit(node.body)

    def generic_visit(self, node: ast.AST) -> None:
        if not isinstance(node, _COMPREHENSIONS):
            super().generic_visit(node)
            return
        with self._scope():
            for item in node.generators:
                self.visit(item.iter)
                path = self._path(item.iter)
                for target in ast.walk(item.target):
                    if isinstance(target, ast.Name):
                        self.names.pop(target.id, None)
                if path is not None and isinstance(item.target, ast.Name):
                    self.names[item.target.id] = (*path, ITEM)
                for test in item.ifs:
                    self.visit(test)
            for child in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
                self.visit(child)

    @contextmanager
    def _scope(self) -> Iterator[None]:
        outer, self.names = self.names, dict(self.names)
        yield
        self.names = outer

    def _path(self, node: ast.expr, links: int = 0) -> Path | None:
        """The path that an expression stands for; None where it is no part of the parameter."""
        if links > _LONGEST:
            return None
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=base, attr=name):
                path = self._path(base, links + 1)
                return None if path is None else (*path, name)
            case ast.Call(func=ast.Name(id=name), args=[*_, last]) if name in _SAME_ITEMS:
                return self._path(last, links + 1)
        return None
