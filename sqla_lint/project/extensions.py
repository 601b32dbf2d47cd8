"""What the objects of Flask extensions are told of their sessions."""

from __future__ import annotations

from sqla_lint.flow.values import UNKNOWN, Constant, Mapping
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.expressions import Apply, Expression, Literal, Name, Pairs, dotted


def session_options(index: NameIndex, module: str, made: Apply) -> Mapping:
    """The dict that `SQLAlchemy(session_options={"autoflush": False})` is given, perhaps by a name of its module."""
    given = made.keyword("session_options")
    if isinstance(given, Name):
        found = index.find(module, given.id)
        given = index.modules[found.module].variables[found.name].value if found.kind == "variable" else None
    told = ((name, Constant(item.value)) for name, item in _items(given) if isinstance(item, Literal))
    return Mapping(UNKNOWN, UNKNOWN, tuple(told))


def _items(given: Expression | None) -> tuple[tuple[str, Expression], ...]:
    match given:
        case Pairs(items=items):
            return items
        case Apply(function=function, keywords=keywords) if dotted(function) == "dict":
            return keywords
    return ()
