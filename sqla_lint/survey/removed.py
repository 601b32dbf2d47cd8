"""Which calls of a body may be of those that SQLAlchemy 2.0 does not have any more, by their form alone."""

from __future__ import annotations

import ast

from sqla_lint.knowledge.removed import BY_NAME, REMOVED


def may_be_removed(call: ast.Call, chain: str, imported: str) -> bool:
    """Whether a call, by its chain of names and what its function is imported as, has one of the forms."""
    name = imported.rpartition(".")[2]
    if name not in BY_NAME:
        return False
    keywords = {item.arg for item in call.keywords}
    first = call.args[0] if call.args else None
    for item in REMOVED:
        if item.name != name:
            continue
        match item.how:
            case "call" if item.kind != "engine" or "engine" in chain.lower():
                return True
            case "bare" if not call.args and not call.keywords:
                return ".metadata." in chain
            case "list" if isinstance(first, ast.List | ast.ListComp):
                return True
            case "text" if isinstance(first, ast.JoinedStr) or isinstance(getattr(first, "value", None), str):
                return not chain.startswith(("?.", "os."))
            case "keyword" | "true" if not item.keywords.isdisjoint(keywords):
                return True
    return False
