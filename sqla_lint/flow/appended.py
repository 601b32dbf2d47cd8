"""Collections that are read for nothing but to add to them."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame

_ADDING = frozenset({"add", "append", "extend", "insert", "update"})


def only_added_to(frame: Frame, node: cst.CSTNode) -> bool:
    """Whether an attribute is read to add to what it holds, here and wherever the function reads it."""
    if not isinstance(node, cst.Attribute):
        return False
    text = frame.text(node, 200)
    reads = 0
    added = set[int]()
    for found in frame.slice.nodes:
        match found:
            case cst.Expr(value=cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name)))) if name in _ADDING:
                added.add(id(base))
            case cst.Attribute() if found.attr.value == node.attr.value and frame.text(found, 200) == text:
                reads += 1
                if id(found) not in added:
                    return False
    return reads > 0
