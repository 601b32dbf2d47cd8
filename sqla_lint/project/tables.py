"""The tables of mapped classes by name, and where foreign keys lead."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqla_lint.flow.columns import ForeignKey
from sqla_lint.knowledge.mapping import SQLMODEL
from sqla_lint.project import attributes as read
from sqla_lint.project.bodies import Bodies
from sqla_lint.project.columns import name_in_table
from sqla_lint.survey.expressions import Apply, Expression, Literal, Member, dotted, parse_annotation

_WORD = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
# Libraries whose bases name the tables of the classes derived from them: `OrderLine` -> `order_line`.
_NAMING = ("flask_sqlalchemy.", "flask_sqlalchemy_lite.", "advanced_alchemy.", "litestar.", "alchemical.")


def snake(name: str) -> str:
    """The table name that frameworks derive from a class name."""
    return _WORD.sub(r"_\1", name).lower()


class Tables:
    """Answers about tables, each worked out once. pick: those of several classes that another one means."""

    def __init__(
        self, bodies: Bodies, is_mapped: Callable[[str], bool], pick: Callable[[str, list[str]], list[str]]
    ) -> None:
        self._bodies = bodies
        self._is_mapped = is_mapped
        self._pick = pick
        self._names: dict[str, str] = {}
        self._by_name: dict[str, list[str]] | None = None

    def name(self, id_: str) -> str:
        """The name of the table that the class is mapped to: that of its base where it has none of its own."""
        if id_ not in self._names:
            self._names[id_] = self._written(id_) or self._derived(id_)
        return self._names[id_]

    def key(self, id_: str, owner: str, key: ForeignKey) -> ForeignKey:
        """A foreign key of a class, declared by `owner`, told the class and the attribute that it leads to."""
        place, _, column = key.target.rpartition(".")
        cls = self._class_of(id_, owner, place) if place else ""
        return key._replace(cls=cls, attribute=self._attribute(cls, column)) if cls else key

    def is_concrete(self, id_: str) -> bool:
        """Whether rows of the class itself stand in its table: it is neither a mixin nor abstract."""
        body = self._bodies.body(id_)
        abstract = body.attributes.get("__abstract__") if body is not None else None
        if abstract is not None and abstract.value == Literal(True):
            return False
        if self._bodies.table(id_) is not None:
            return True
        return any(":" not in item or ":=" in item for item in self._bodies.origins.lineage(id_))

    def _written(self, id_: str) -> str:
        for item in self._bodies.origins.lineage(id_):
            body = self._bodies.body(item)
            declared = body.attributes.get("__tablename__") if body is not None else None
            if body is not None:
                found = read.table_name(body) or read.named(self._bodies.table(item))
                if found or declared is not None:
                    return found or _of_class_name(declared.value if declared else None, id_)
        return ""

    def _derived(self, id_: str) -> str:
        """The name that the base of a library makes of that of the class."""
        lineage = self._bodies.origins.lineage(id_)
        name = id_.rpartition(":")[2].rpartition(".")[2]
        if not SQLMODEL.isdisjoint(lineage):
            made = name.lower()
        elif any(item.startswith(_NAMING) for item in lineage):
            made = snake(name)
        else:
            return ""
        own = [item for item in lineage[1:] if self._bodies.body(item) is not None]
        bases = [item for item in own if self._is_mapped(item) and self._has_key(item) and self.is_concrete(item)]
        return self.name(bases[0]) if bases and not self._has_key(id_) else made

    def _has_key(self, id_: str) -> bool:
        body = self._bodies.body(id_)
        return body is not None and any(read.flag(column, "primary_key") for _, column in read.columns(body))

    def _class_of(self, id_: str, owner: str, place: str) -> str:
        """The class that is mapped to a table, or that is named so where the key stands."""
        if self._by_name is None:
            self._by_name = {}
            for facts in self._bodies.index.files:
                for qualname in facts.classes:
                    one = f"{facts.module}:{qualname}"
                    if self._is_mapped(one) and self.name(one):
                        self._by_name.setdefault(self.name(one), []).append(one)
        candidates = self._by_name.get(place) or self._by_name.get(place.rpartition(".")[2], [])
        lineage = self._bodies.origins.lineage
        tops = [item for item in candidates if not any(base in candidates for base in lineage(item)[1:])]
        if len(tops) > 1:
            tops = self._pick(id_, tops)
        if tops:
            return tops[0] if len(tops) == 1 else ""
        return self._named(owner.partition(":")[0], place)

    def _named(self, module: str, place: str) -> str:
        """`ForeignKey(User.id)`, `ForeignKey(User.__table__.c.id)`, `ForeignKey(users.c.id)`."""
        expression: Expression = parse_annotation(place)
        while isinstance(expression, Member) and expression.name in ("c", "columns", "__table__"):
            expression = expression.base
        found = self._bodies.origins.origin(module, expression)
        if found.kind == "class" and self._is_mapped(found.id):
            return found.id
        table = read.named(self._bodies.table_of(module, expression))
        mapped = (self._by_name or {}).get(table, [])
        return mapped[0] if len(mapped) == 1 else ""

    def _attribute(self, id_: str, column: str) -> str:
        """What the class calls a column of its table."""
        for item in self._bodies.origins.lineage(id_):
            body = self._bodies.body(item)
            for name, value in read.columns(body) if body is not None else ():
                if (name_in_table(value) or name) == column:
                    return name
        return column


def _of_class_name(written: Expression | None, id_: str) -> str:
    """`cls.__name__.lower()`, `snake(cls.__name__)`."""
    name = id_.rpartition(":")[2].rpartition(".")[2]
    match written:
        case Member(name="__name__"):
            return name
        case Apply(function=Member(base=Member(name="__name__"), name="lower")):
            return name.lower()
        case Apply(arguments=(Member(name="__name__"),), function=function) if dotted(function):
            return snake(name)
    return ""
