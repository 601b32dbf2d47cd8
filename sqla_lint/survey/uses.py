"""What a body tests for truth, and whether it loads rows only to count them, to take the first or to see if any are."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from sqla_lint.knowledge.statements import GIVING_TRUE, LISTING, LOADING_ALL


def uses(body: Iterable[ast.AST], called: Iterable[str]) -> tuple[frozenset[str], bool]:
    """The last names of the calls whose value is tested, and whether what loads rows is used so; by names alone.

    `called` are the chains that the body calls. Nested definitions count as its own.
    """
    last = {chain.rpartition(".")[2] for chain in called}
    if last.isdisjoint(LOADING_ALL) and last.isdisjoint(GIVING_TRUE):
        return frozenset(), False
    kept: dict[str, set[str]] = {}
    tested: list[ast.expr] = []
    used: list[ast.expr] = []
    loads: Counter[str] = Counter()
    for top in body:
        for node in ast.walk(top):
            if isinstance(node, ast.Name):
                loads[node.id] += isinstance(node.ctx, ast.Load)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
                    if isinstance(target, ast.Name) and (name := _called(node.value)):
                        kept.setdefault(target.id, set()).add(name)
            tested += _tested(node)
            used += _used(node)
    used += tested
    counted = Counter(item.id for item in used if isinstance(item, ast.Name))
    loading = {_called(item) for item in used} - {""}
    for name, count in counted.items():
        if count >= loads[name]:
            loading |= kept.get(name, set())
    truths = {_called(item) for item in tested}
    truths = truths.union(*(kept.get(item.id, ()) for item in tested if isinstance(item, ast.Name)))
    return frozenset(truths & GIVING_TRUE), not LOADING_ALL.isdisjoint(loading)


def _called(node: ast.AST | None) -> str:
    """The last name of what is called, awaited or not."""
    if isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.NamedExpr):
        return _called(node.value)
    match node:
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in LISTING and _called(inner) in GIVING_TRUE:
            return "all"  # as the method does, it loads them
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name
    return ""


def _tested(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose truth a node asks for."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            yield test
        case ast.comprehension(ifs=tests) | ast.BoolOp(values=tests):
            yield from tests
        case ast.UnaryOp(op=ast.Not(), operand=test) | ast.Call(func=ast.Name(id="bool"), args=[test]):
            yield test
    for test in [*getattr(node, "ifs", ()), getattr(node, "test", None)]:
        if isinstance(test, ast.NamedExpr):
            yield test.target


def _used(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of which a node takes the number, the first, or whether they are none."""
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[rows]) | ast.Subscript(value=rows, slice=ast.Constant(value=0)):
            yield rows
        case ast.Call(func=ast.Name(id="next"), args=[ast.Call(func=ast.Name(id="iter"), args=[rows]), *_]):
            yield rows
        case ast.Compare(left=left, comparators=[right]):
            yield from (left, right)
