"""What the classes of the project are: session classes, mapped classes with their relationships and columns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sqla_lint.flow.questions import ClassInfo, Relationship
from sqla_lint.knowledge import sessions
from sqla_lint.project import attributes as read
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.expressions import Expression, dotted
from sqla_lint.survey.facts import ClassFact, Declared

_BASES = frozenset(
    {
        "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta",
        "sqlalchemy.orm.decl_api.DeclarativeBase",
        "flask_appbuilder.Model", "flask_appbuilder.models.sqla.Model", "flask_sqlalchemy.model.Model",
    }
)  # fmt: skip
_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_SQLMODEL = frozenset({"sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})
_NOTHING = ClassInfo("", "", False)


class Classes:
    """Answers about classes, each worked out once."""

    def __init__(self, index: NameIndex) -> None:
        self.index = index
        self._lineages: dict[str, tuple[str, ...]] = {}
        self._mappings: dict[str, ClassInfo] = {}
        self._owned: dict[str, dict[str, Relationship]] = {}
        self._late: dict[str, dict[str, Expression]] = {}
        self._backrefs: dict[str, list[Relationship]] = {}
        self._collect_late()
        self._collect_backrefs()

    def lineage(self, id_: str) -> tuple[str, ...]:
        """The class and all its bases, nearest first."""
        if id_ not in self._lineages:
            self._lineages[id_] = self.index.lineage(id_)
        return self._lineages[id_]

    @cached_property
    def subclasses(self) -> dict[str, list[str]]:
        """The classes of the project that derive from each class, directly or not."""
        found: dict[str, list[str]] = {}
        for facts in self.index.files:
            for qualname in facts.classes:
                id_ = f"{facts.module}:{qualname}"
                for base in self.lineage(id_)[1:]:
                    found.setdefault(base, []).append(id_)
        return found

    def overriders(self, id_: str, name: str) -> list[str]:
        """The methods of that name that the classes derived from a class define themselves."""
        found = []
        for derived in self.subclasses.get(id_, ()):
            fact = self.index.class_fact(derived)
            if fact is not None and name in fact.methods:
                found.append(f"{derived.partition(':')[0]}:{fact.methods[name]}")
        return found

    def facts(self, id_: str) -> Iterator[tuple[str, ClassFact]]:
        """The classes of the lineage that are in the project, with their modules."""
        for item in self.lineage(id_):
            fact = self.index.class_fact(item)
            if fact is not None:
                yield item.partition(":")[0], fact

    def session_kind(self, id_: str) -> str:
        """ "sync" or "async" where the class is a session, else an empty string."""
        for item in self.lineage(id_):
            if item in sessions.CLASSES:
                return sessions.CLASSES[item]
            if item in _PROTOCOLS:
                return self._described(id_)
        return ""

    def _described(self, id_: str) -> str:
        """The kind of session that a protocol describes by its methods, or an empty string."""
        methods = {name: f"{module}:{item}" for module, fact in self.facts(id_) for name, item in fact.methods.items()}
        if not sessions.describes_session(methods.keys()):
            return ""
        facts = (self.index.function_fact(item) for item in methods.values())
        return "async" if any(fact is not None and fact.is_async for fact in facts) else "sync"

    def is_framework(self, id_: str) -> str:
        """The dotted name of the framework class it derives from, whose `.session` is a registry."""
        return next((item for item in self.lineage(id_) if item in sessions.FRAMEWORKS), "")

    def mapping(self, id_: str) -> ClassInfo:
        """How the class is mapped."""
        if id_ not in self._mappings:
            self._mappings[id_] = _NOTHING
            self._mappings[id_] = self._map(id_)
        return self._mappings[id_]

    def _map(self, id_: str) -> ClassInfo:
        fact = self.index.class_fact(id_)
        if fact is None:
            return _NOTHING
        if not self._is_mapped(id_):
            return ClassInfo(id_, fact.name, False, lineage=self.lineage(id_))
        relationships: dict[str, Relationship] = {}
        columns: set[str] = set()
        unique: list[frozenset[str]] = []
        primary: set[str] = set()
        hidden: set[str] = set()
        proxies: dict[str, str] = {}
        table = ""
        for module, base in self.facts(id_):
            base_id = f"{module}:{base.qualname}"
            for name, relationship in self._own(base_id).items():
                if name not in hidden:
                    relationships.setdefault(name, relationship)
            for name, column in read.columns(base):
                if name not in relationships:
                    columns.add(name)
                if read.flag(column, "unique"):
                    unique.append(frozenset({name}))
                if read.flag(column, "primary_key"):
                    primary.add(name)
            proxies = dict(read.proxies(base)) | proxies
            unique += read.unique_constraints(base)
            table = table or read.table_name(base)
            hidden |= {*base.attributes, *base.methods}
        for lineage_id in self.lineage(id_):
            for relationship in self._backrefs.get(lineage_id, ()):
                relationships.setdefault(relationship.name, relationship)
        return ClassInfo(
            id_,
            fact.name,
            True,
            table,
            relationships,
            frozenset(columns),
            tuple(dict.fromkeys(unique)),
            frozenset(primary),
            self.lineage(id_),
            proxies,
        )

    def _is_mapped(self, id_: str) -> bool:
        lineage = self.lineage(id_)
        if any(item in _SQLMODEL for item in lineage):
            return any(dict(fact.keywords).get("table") is not None for _, fact in self.facts(id_))
        if any(item in _BASES for item in lineage):
            return True
        for _, fact in self.facts(id_):
            if "__tablename__" in fact.attributes or "__table__" in fact.attributes or "__tablename__" in fact.methods:
                return True
            if any(read.is_relationship(declared.value) for declared in fact.attributes.values()):
                return True
            if read.declares_columns(fact):
                return True
        return id_ in self._late

    # Relationships.

    def _collect_late(self) -> None:
        """`Order.lines = relationship(…)` after the class."""
        for facts in self.index.modules.values():
            for class_name, name, value in facts.late:
                if read.is_relationship(value):
                    found = self.index.find(facts.module, class_name)
                    if found.kind == "class":
                        self._late.setdefault(found.id, {})[name] = value

    def _collect_backrefs(self) -> None:
        seen: set[str] = set()
        for facts in self.index.modules.values():
            for qualname in facts.classes:
                id_ = f"{facts.module}:{qualname}"
                if id_ in seen:
                    continue
                seen.add(id_)
                for name, value in self._declared_relationships(id_):
                    self._add_backref(id_, name, value)

    def _add_backref(self, id_: str, name: str, value: Expression) -> None:
        backref, lazy, scalar = read.backref(value)
        own = self._own(id_).get(name)
        if not backref or own is None or not own.target:
            return
        # The other side of a one-to-many is one; of a many-to-one or a many-to-many it is many, unless said otherwise.
        many = (not own.collection or read.has_keyword(value, "secondary")) and not scalar
        one = not many and own.collection
        self._backrefs.setdefault(own.target, []).append(
            Relationship(backref, own.target, id_, many, lazy, name, many_to_one=one)
        )

    def _declared_relationships(self, id_: str) -> Iterator[tuple[str, Expression]]:
        fact = self.index.class_fact(id_)
        if fact is None:
            return
        for name, declared in fact.attributes.items():
            if read.is_relationship(declared.value):
                assert declared.value is not None
                yield name, declared.value
        for name, qualname in fact.methods.items():
            function = self.index.function_fact(f"{id_.partition(':')[0]}:{qualname}")
            if function is not None and read.is_relationship(function.declares):
                assert function.declares is not None
                yield name, function.declares
        yield from self._late.get(id_, {}).items()

    def _own(self, id_: str) -> dict[str, Relationship]:
        """The relationships that the class itself declares."""
        if id_ in self._owned:
            return self._owned[id_]
        self._owned[id_] = found = {}
        fact = self.index.class_fact(id_)
        module = id_.partition(":")[0]
        for name, value in self._declared_relationships(id_):
            declared = fact.attributes.get(name, Declared(None, value)) if fact else Declared(None, value)
            target = self.target(module, read.target(value, declared.annotation))
            many = read.is_many(value, declared.annotation)
            points = read.keys_of(value, fact.name if fact else "") or self._points_to(id_, target)
            if many is None:
                many = not points
            found[name] = Relationship(
                name, id_, target, many, read.lazy(value), read.reverse(value), points and not many
            )
        return found

    def target(self, module: str, expression: Expression | None) -> str:
        """The class that a relationship leads to: by name in its module, else by its name in the project."""
        found = self.index.resolve(module, expression)
        if found.kind == "class":
            return found.id
        text = read.quoted(expression) or dotted(expression)
        name = text.rpartition(".")[2]
        candidates = self.index.by_class_name.get(name, [])
        if len(candidates) > 1:
            qualifier = text.rpartition(".")[0]
            named = [item for item in candidates if qualifier and item.module.endswith(qualifier)]
            mapped = named or [item for item in candidates if self._looks_mapped(item.id)]
            nearest = sorted(mapped, key=lambda item: -_common(item.module, module))
            if len(nearest) > 1 and _common(nearest[0].module, module) == _common(nearest[1].module, module):
                return ""
            candidates = nearest
        return candidates[0].id if candidates else ""

    def _looks_mapped(self, id_: str) -> bool:
        fact = self.index.class_fact(id_)
        return fact is not None and (
            "__tablename__" in fact.attributes
            or any(read.is_relationship(item.value) for item in fact.attributes.values())
            or read.declares_columns(fact)
            or dict(fact.keywords).get("table") is not None
        )

    def _points_to(self, id_: str, target: str) -> bool:
        """Whether the class has a foreign key to the table of `target`: the relationship is then many-to-one."""
        if not target:
            return False
        tables = {read.table_name(fact) for _, fact in self.facts(target)} - {""}
        names = {fact.name for _, fact in self.facts(target)}
        tables |= {_snake(name) for name in names} | {name.lower() for name in names}
        for module, fact in self.facts(id_):
            keys = [key for _, column in read.columns(fact) for key in read.foreign_keys(column)]
            for qualname in fact.methods.values():
                function = self.index.function_fact(f"{module}:{qualname}")
                keys += read.foreign_keys(function.declares) if function is not None else ()
            for key in (*keys, *read.table_foreign_keys(fact)):
                owner = key.rpartition(".")[0].rpartition(".")[2] or key
                if owner in tables or owner in names:
                    return True
        return False


def _common(left: str, right: str) -> int:
    """How many leading parts two dotted names share."""
    count = 0
    for one, other in zip(left.split("."), right.split("."), strict=False):
        if one != other:
            break
        count += 1
    return count


def _snake(name: str) -> str:
    """The table name that frameworks derive from a class name."""
    return "".join(f"_{char.lower()}" if char.isupper() and index else char.lower() for index, char in enumerate(name))
