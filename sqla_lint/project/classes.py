"""What the classes of the project are: session classes, mapped classes with their relationships and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from sqla_lint.flow.columns import Column, ForeignKey
from sqla_lint.flow.questions import ClassInfo, Relationship
from sqla_lint.knowledge import mapping, sessions
from sqla_lint.knowledge.coroutines import SESSION_PLAIN
from sqla_lint.project import attributes as read
from sqla_lint.project.bodies import Bodies
from sqla_lint.project.columns import Columns, generated, unique
from sqla_lint.project.inheritance import inheritance, mapper_arguments
from sqla_lint.project.names import NameIndex
from sqla_lint.project.origins import Origins
from sqla_lint.project.parts import Parts
from sqla_lint.project.relationships import Relationships
from sqla_lint.project.tables import Tables
from sqla_lint.survey.expressions import Apply, Expression, Literal
from sqla_lint.survey.facts import ClassFact, Declared

_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_NOTHING = ClassInfo("", "", False)


class Classes:
    """Answers about classes, each worked out once."""

    def __init__(self, index: NameIndex) -> None:
        self.index = index
        self.origins = Origins(index)
        self.parts = Parts(index)
        self._bodies = Bodies(index, self.origins, self.parts)
        self.words = self._bodies.words
        self._columns = Columns(self.words, self.origins)
        self._mapped: dict[str, bool] = {}
        self._mappings: dict[str, ClassInfo] = {}
        self._relationships = Relationships(self._bodies, self._is_mapped)
        self._tables = Tables(self._bodies, self._is_mapped, self._relationships.meant)

    def lineage(self, id_: str) -> tuple[str, ...]:
        """The class and all its bases, nearest first."""
        return self.origins.lineage(id_)

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
        return self.origins.facts(id_)

    def facts_above(self, id_: str, above: str) -> Iterator[tuple[str, ClassFact]]:
        """The classes of the lineage that come after `above` in it, where that is given."""
        lineage = self.lineage(id_)
        for item in lineage[lineage.index(above) + 1 :] if above in lineage else lineage if not above else ():
            fact = self.index.class_fact(item)
            if fact is not None:
                yield item.partition(":")[0], fact

    def session_kind(self, id_: str) -> str:
        """ "sync" or "async" where the class is a session, "unknown" where it is partly both, else an empty string."""
        for item in self.lineage(id_):
            if item in sessions.CLASSES:
                return "unknown" if self._changes_kind(id_) else sessions.CLASSES[item]
            if item in _PROTOCOLS:
                return self._described(id_)
        return ""

    def is_registry(self, id_: str) -> bool:
        """Whether a class is a registry of sessions."""
        return any(item in sessions.REGISTRIES for item in self.lineage(id_))

    def _changes_kind(self, id_: str) -> bool:
        """Whether a session of the project has coroutines where the library's have none, or a way in of its own."""
        methods = {name: f"{module}:{item}" for module, fact in self.facts(id_) for name, item in fact.methods.items()}
        if "__enter__" in methods or "__aenter__" in methods:
            return True
        facts = (self.index.function_fact(methods[name]) for name in SESSION_PLAIN & methods.keys())
        return any(fact is not None and fact.is_async for fact in facts)

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
        columns: dict[str, Column] = {}
        arguments: list[Expression] = []
        hidden: set[str] = set()
        proxies: dict[str, str] = {}
        dataclass_like = self._is_dataclass(id_)
        for base_id, body in self._bodies_of(id_):
            for name, relationship in self._relationships.inherited(id_, base_id).items():
                if name not in hidden:
                    relationships.setdefault(name, relationship)
            for name, declared in self._declared_columns(base_id, body):
                if name not in relationships and name not in columns:
                    columns[name] = self._columns.read(base_id, name, declared, dataclass_like)
            proxies = {name: to for name, to in read.proxies(body) if name not in hidden} | proxies
            mapped_table = self._bodies.table(base_id)
            if "__table_args__" not in hidden or "__tablename__" in body.attributes:
                arguments += self._bodies.table_arguments(base_id)
            arguments += mapped_table.arguments if mapped_table is not None else ()
            hidden |= {*read.bound(body), *body.methods}
        for lineage_id in self.lineage(id_):
            for relationship in self._relationships.backrefs(lineage_id):
                relationships.setdefault(relationship.name, relationship)
        columns = self._keyed(id_, columns, arguments)
        relationships = {name: self._going_by(item, columns) for name, item in relationships.items()}
        told = frozenset[str]().union(*(mapper_arguments(self._bodies, item) for item in self.lineage(id_)))
        return ClassInfo(
            id_,
            fact.name,
            True,
            self._tables.name(id_),
            relationships,
            columns,
            unique(columns, arguments),
            frozenset(name for name, item in columns.items() if item.primary_key),
            self.lineage(id_),
            proxies,
            inheritance(id_, self._bodies, self._tables, self._is_mapped),
            "version_id_col" in told,
            "eager_defaults" in told,
            dataclass_like,
        )

    def _keyed(self, id_: str, columns: dict[str, Column], arguments: list[Expression]) -> dict[str, Column]:
        """The columns with the keys that the table's arguments make of them, and where those lead."""
        primary = read.primary_constraint(arguments)
        further = list(read.table_foreign_keys(arguments))
        found = {}
        for name, item in columns.items():
            keys = (*item.foreign_keys, *(ForeignKey(to) for own, to in further if own in (name, item.column)))
            is_key = item.primary_key or not primary.isdisjoint((name, item.column))
            found[name] = item._replace(
                primary_key=is_key,
                nullable=item.nullable and not is_key,
                foreign_keys=tuple(self._tables.key(id_, item.owner, key) for key in keys),
            )
        return generated(found)

    def _going_by(self, item: Relationship, columns: dict[str, Column]) -> Relationship:
        """A many-to-one, told the columns that it goes by: those said, else the only foreign key to its target."""
        if not item.many_to_one:
            return item
        if item.keys:
            attributes = {column.column: name for name, column in columns.items()}
            return replace(item, keys=tuple(attributes.get(name, name) for name in item.keys))
        family = {item.target, *self.lineage(item.target)} if item.target else set()
        leading = [
            (key, name)
            for name, column in columns.items()
            for key in column.foreign_keys
            if key.cls in family or key.cls and item.target in self.lineage(key.cls)
        ]
        # Several keys to one target tell nothing, unless they are the parts of one.
        alone = len({key.attribute for key, _ in leading}) == len(leading)
        return replace(item, keys=tuple(name for _, name in leading)) if alone else item

    def _bodies_of(self, id_: str) -> Iterator[tuple[str, ClassFact]]:
        """The classes of the lineage that are in the project, with what their bodies declare."""
        for item in self.lineage(id_):
            body = self._bodies.body(item)
            if body is not None:
                yield item, body

    def _declared_columns(self, id_: str, body: ClassFact) -> Iterator[tuple[str, Declared]]:
        table = self._bodies.table(id_)
        in_table = dict(read.table_columns(table)) if table is not None else {}
        for name, value in read.columns(body):
            # An annotation alone says what the table's column holds, for type checkers.
            yield name, Declared(body.attributes[name].annotation, value or in_table.get(name))
        if not mapping.SQLMODEL.isdisjoint(self.lineage(id_)):
            yield from read.fields(body)
        for name, column in in_table.items():
            yield name, Declared(None, column)

    def _is_dataclass(self, id_: str) -> bool:
        """Whether its constructor is that of a dataclass, which sets the defaults of columns."""
        if not mapping.DATACLASSES.isdisjoint(item.rpartition(".")[2] for item in self.lineage(id_)):
            return True
        decorators = ((base, item) for base, body in self._bodies_of(id_) for item in body.decorators)
        return any(
            self.words.decorator(base.partition(":")[0], item) in mapping.DATACLASSES for base, item in decorators
        )

    def _is_mapped(self, id_: str) -> bool:
        if id_ not in self._mapped:
            self._mapped[id_] = self._bodies.knows_library(id_) and self._maps(id_)
        return self._mapped[id_]

    def _maps(self, id_: str) -> bool:
        lineage = self.lineage(id_)
        if any(item in mapping.SQLMODEL for item in lineage):
            given = [dict(fact.keywords).get("table") for _, fact in self.facts(id_)]
            return any(item is not None and item != Literal(False) for item in given)
        if any(mapping.is_base(item) for item in lineage):
            return True
        for base_id, body in self._bodies_of(id_):
            if self._bodies.is_given(base_id) or {"__tablename__", "__table__"} & {*body.attributes, *body.methods}:
                return True
            if read.declares_columns(body) or any(read.is_relationship(one.value) for one in body.attributes.values()):
                return True
            if any(self._decorates(base_id, item) for item in body.decorators):
                return True
        return False

    def _decorates(self, id_: str, decorator: Expression) -> bool:
        """Whether a class decorator maps: `@registry.mapped`, `@mapped_as_dataclass(registry)`."""
        made = decorator.function if isinstance(decorator, Apply) else decorator
        found = self.origins.origin(id_.partition(":")[0], made)
        name = found.name if found.kind == "external" else ""
        return mapping.is_family(name) and name.rpartition(".")[2] in mapping.DECORATORS
