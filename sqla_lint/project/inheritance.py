"""How mapped classes inherit: from which class, by which table, and what a query of that loads of them.

Facts: https://docs.sqlalchemy.org/en/20/orm/inheritance.html and
https://docs.sqlalchemy.org/en/20/orm/queryguide/inheritance.html
"""

from __future__ import annotations

from collections.abc import Callable

from sqla_lint.flow.questions import Inheritance
from sqla_lint.project.bodies import Bodies
from sqla_lint.project.tables import Tables
from sqla_lint.survey.expressions import Apply, Expression, Literal, Pairs, dotted


def inheritance(id_: str, bodies: Bodies, tables: Tables, is_mapped: Callable[[str], bool]) -> Inheritance | None:
    """How a class inherits from the nearest class of its lineage that has a table; None where none has."""
    for item in bodies.origins.lineage(id_)[1:]:
        body = bodies.body(item)
        if body is None or not is_mapped(item) or not tables.name(item) or not tables.is_concrete(item):
            continue
        own = mapper_arguments(bodies, id_)
        if own.get("concrete") == Literal(True):
            return Inheritance(item, "concrete")
        kind = "single" if tables.name(id_) == tables.name(item) else "joined"
        said = own.get("polymorphic_load")
        load = said.value if isinstance(said, Literal) and isinstance(said.value, str) else ""
        whole = mapper_arguments(bodies, item).get("with_polymorphic")
        return Inheritance(item, kind, load or ("inline" if whole not in (None, Literal(None)) else ""))
    return None


def mapper_arguments(bodies: Bodies, id_: str) -> dict[str, Expression]:
    """What the class's own `__mapper_args__` says."""
    body = bodies.body(id_)
    declared = body.attributes.get("__mapper_args__") if body is not None else None
    match declared.value if declared is not None else None:
        case Pairs(items=items):
            return dict(items)
        case Apply(function=function, keywords=keywords) if dotted(function) == "dict":
            return dict(keywords)
    return {}
