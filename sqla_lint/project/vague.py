"""Values that say little of what stands there: an annotation beside them, or another assignment, says more."""

from __future__ import annotations

from sqla_lint.flow.values import UNKNOWN, Collection, External, Mapping, Value
from sqla_lint.knowledge.sessions import FRAMEWORKS


def is_empty(value: Value) -> bool:
    """Whether a display says nothing of what it holds, or will hold."""
    match value:
        case Collection(element=held, items=items):
            return held == UNKNOWN and all(item == UNKNOWN for item in items)
        case Mapping(value=held, entries=entries):
            return held == UNKNOWN and not entries
    return False


def is_trait(value: Value) -> bool:
    """Whether a library's object stands in a class for what its instances are given: `session = traitlets.Any()`."""
    return isinstance(value, External) and value.made and value.dotted not in FRAMEWORKS


def is_field(value: Value) -> bool:
    """`field(default_factory=list)` and its like: the annotation beside it says what it holds."""
    return isinstance(value, External) and value.made and value.dotted.rpartition(".")[2] in ("field", "Field", "ib")
