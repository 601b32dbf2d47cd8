"""Move the body of each loop of a function into a helper: what a loop does is the same wherever it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterable

# What would mean something else in a function of its own, or bind a name of the one around it.
_BOUND_TO_THE_LOOP = (
    ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.AugAssign, ast.Delete,
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Global, ast.Nonlocal, ast.Import,
    ast.ImportFrom, ast.AsyncWith, ast.AsyncFor, ast.ExceptHandler, ast.Match,
)  # fmt: skip
HELPER = "_turn_"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Global, ast.Nonlocal)


def extract_loop_bodies(tree: ast.Module) -> list[ast.FunctionDef]:
    """Let the loops of a module's functions call helpers, which are returned.

    A helper is called as its function, `HELPER` and a number.
    """
    bodies = _Bodies()
    bodies.visit(tree)
    ast.fix_missing_locations(tree)
    return bodies.helpers


class _Bodies(ast.NodeTransformer):
    """Moves the body of a `for` statement into a function that is given the names it uses."""

    def __init__(self) -> None:
        self.helpers: list[ast.FunctionDef] = []
        self.function: ast.FunctionDef | None = None
        self.parameters: dict[str, ast.expr | None] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Functions of the module whose names no other scope knows."""
        if self.function is None and not any(isinstance(one, _SCOPES) for one in ast.walk(node) if one is not node):
            self.function = node
            self.parameters = {one.arg: one.annotation for one in (*node.args.args, *node.args.kwonlyargs)}
            self.generic_visit(node)
            self.function = None
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """Left as it is: the helper would have to be one of its kind."""
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Left as it is: the helper would be a method."""
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        """Call the helper instead."""
        self.generic_visit(node)
        around = self.function
        if around is None or node.orelse or any(isinstance(one, _BOUND_TO_THE_LOOP) for one in _inside(node.body)):
            return node
        inside = {id(one) for one in _inside(node.body)}
        stored = _names(_inside(node.body), ast.Store)
        others = [one for one in ast.walk(around) if id(one) not in inside]
        if stored & {*_names(others), *self.parameters}:
            return node
        local = _names(others, ast.Store) | {*self.parameters}
        given = sorted(_names(_inside(node.body), ast.Load) & local)
        name = f"{around.name}{HELPER}{len(self.helpers)}"
        arguments = [ast.arg(one, self.parameters.get(one)) for one in given]
        signature = ast.arguments([], arguments, None, [], [], None, [])
        self.helpers.append(ast.FunctionDef(name, signature, node.body, [], type_params=[]))
        node.body = [ast.Expr(ast.Call(ast.Name(name, ast.Load()), [ast.Name(one, ast.Load()) for one in given], []))]
        return node


def helper_module(tree: ast.Module, helpers: list[ast.FunctionDef], home: str) -> ast.Module:
    """A module of the helpers, which imports what they use from where they were; `tree` is to import them."""
    own = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    own |= {one.id for item in tree.body if isinstance(item, ast.Assign) for one in item.targets
            if isinstance(one, ast.Name)}  # fmt: skip
    used = sorted((own | {one.name for one in helpers}) & _names(_inside(helpers)) - {one.name for one in helpers})
    imports: list[ast.stmt] = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    if used:
        imports.append(ast.ImportFrom(home, [ast.alias(one) for one in used], 0))
    return ast.fix_missing_locations(ast.Module([*imports, *helpers], []))


def _inside(body: Iterable[ast.stmt]) -> list[ast.AST]:
    return [one for statement in body for one in ast.walk(statement)]


def _names(nodes: Iterable[ast.AST], context: type[ast.expr_context] = ast.expr_context) -> set[str]:
    return {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, context)}
