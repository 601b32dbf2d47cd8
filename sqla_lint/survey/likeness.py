"""Uses that no session of ours allows: a browser's `session["user"]`, a client's `session.get(url)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from sqla_lint.knowledge.sessions import OPERATING, may_name_session


def is_item(node: ast.Subscript) -> bool:
    """Whether an item is asked for by its name."""
    return isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)


def is_strange(call: ast.Call) -> bool:
    """Whether `x.get(…)` names a key, or a URL, alone, or `x.expire()` nothing: a session has to be told of what."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name not in OPERATING or name != "get" and (call.args or call.keywords):
        return False
    match call.args:
        case []:
            return not call.keywords
        case [ast.Constant(value=str()) | ast.JoinedStr(), *_]:
            return True
        case [ast.Starred()]:
            return False
        case [_]:
            return not any(item.arg in ("ident", None) for item in call.keywords)
    return False


def mistakable(chains: Iterable[str]) -> frozenset[str]:
    """Those that might be taken for a session by their name."""
    return frozenset(chain for chain in chains if may_name_session(chain.rpartition(".")[2]))
