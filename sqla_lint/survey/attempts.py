"""What is called in the body of a `try` whose handlers may pass over a session that failed in it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from sqla_lint.knowledge.exceptions import (
    FLUSHING,
    MENDING,
    SENDING,
    catches_anything,
    catches_flush,
    is_flush_error,
)

Chain = Callable[[ast.expr], str]

_TELLING = frozenset({"critical", "debug", "error", "exception", "info", "print", "str", "warning"})


def attempted(node: ast.Try | ast.TryStar, imports: Mapping[str, str], in_loop: bool, chain: Chain) -> Iterator[str]:
    """Give the chains that a body calls, if a failure of a flush in it may be passed over.

    Where its handlers catch everything only those that write by themselves count; nothing is told by a helper's name.
    """
    calls = [chain(item.func) for part in node.body for item in ast.walk(part) if isinstance(item, ast.Call)]
    verbs = {call.rpartition(".")[2] for call in calls}
    for handler in node.handlers:
        names = [_dotted(item, imports, chain) for item in _classes(handler.type)]
        if not any(catches_flush(name) for name in names):
            continue
        if _mends(handler) and not (in_loop and "commit" not in verbs) and not any(map(is_flush_error, names)):
            continue
        if _leaves(handler, chain) and not node.finalbody and not any(map(is_flush_error, names)):
            continue
        everything = any(catches_anything(name) for name in names)
        yield from (call for call in calls if not everything or call.rpartition(".")[2] in FLUSHING)


def passes(node: ast.Try | ast.TryStar, imports: Mapping[str, str], chain: Chain) -> bool:
    """Whether a flush or a statement in the body of a `try` may fail without the callers hearing of it."""
    calls = (chain(item.func) for part in node.body for item in ast.walk(part) if isinstance(item, ast.Call))
    verbs = {call.rpartition(".")[2] for call in calls}
    flushes = not verbs.isdisjoint(FLUSHING)
    if not flushes and verbs.isdisjoint(SENDING):
        return False
    for handler in node.handlers:
        names = [_dotted(item, imports, chain) for item in _classes(handler.type)]
        surely = flushes or not any(map(catches_anything, names))
        silent = not _mends(handler) and not isinstance(handler.body[-1], ast.Raise)
        if surely and silent and any(map(catches_flush, names)):
            return True
    return False


def _classes(node: ast.expr | None) -> list[ast.expr | None]:
    return [*node.elts] if isinstance(node, ast.Tuple) else [node]


def _dotted(node: ast.expr | None, imports: Mapping[str, str], chain: Chain) -> str:
    """The dotted name of a class, as imported; empty where a handler names none."""
    if node is None:
        return ""
    root, _, rest = chain(node).partition(".")
    target = imports.get(root, root)
    return f"{target}.{rest}" if rest else target


def _mends(handler: ast.ExceptHandler) -> bool:
    """Whether a handler rolls back or closes in any case."""
    for statement in handler.body:
        value = statement.value if isinstance(statement, ast.Expr) else None
        match value.value if isinstance(value, ast.Await) else value:
            case ast.Call(func=ast.Attribute(attr=name)) if name in MENDING:
                return True
        if any(isinstance(item, ast.Break | ast.Continue | ast.Return) for item in ast.walk(statement)):
            return False
    return False


def _leaves(handler: ast.ExceptHandler, chain: Chain) -> bool:
    """Whether a handler leaves the function, having called nothing but a logger."""
    last = handler.body[-1]
    if not isinstance(last, ast.Raise | ast.Return):
        return False
    parts = handler.body if isinstance(last, ast.Return) else handler.body[:-1]
    calls = [chain(item.func) for part in parts for item in ast.walk(part) if isinstance(item, ast.Call)]
    return all(call.rpartition(".")[2] in _TELLING for call in calls)
