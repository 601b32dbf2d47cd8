"""What class bodies declare, in words: late attributes, what a `declared_attr` returns and imperative mappings too."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.knowledge.mapping import IMPERATIVE, is_family
from sqla_lint.project.names import NameIndex
from sqla_lint.project.origins import Origins
from sqla_lint.project.parts import Parts
from sqla_lint.project.words import Words
from sqla_lint.survey.expressions import Apply, Expression, Items, Member, Name, Pairs, Word, dotted
from sqla_lint.survey.facts import ClassFact, Declared, Facts

_DEEPEST = 6
_KEYS = (Word("Index"), Word("UniqueConstraint"))


class Bodies:
    """Class bodies, each respelled once."""

    def __init__(self, index: NameIndex, origins: Origins, parts: Parts) -> None:
        self.index = index
        self.origins = origins
        self.words = Words(index, origins, parts)
        self._parts = parts
        self._known: dict[str, ClassFact] = {}
        self._late: dict[str, dict[str, Declared]] = {}
        self._tables: dict[str, Apply] = {}
        self._keys: dict[str, list[Expression]] = {}
        self._mappers: dict[tuple[str, str], str] = {}
        for facts in index.files:
            self._collect(facts)

    def knows_library(self, id_: str) -> bool:
        """Whether the class stands in a part of the project that has to do with SQLAlchemy."""
        return self._parts.knows_library(self.index.modules[id_.partition(":")[0]])

    def body(self, id_: str) -> ClassFact | None:
        """The class with its attributes respelled, those included that are given to it elsewhere."""
        if id_ not in self._known:
            fact = self.index.class_fact(id_)
            if fact is None:
                return None
            attributes = dict(self._attributes(id_, fact)) if self.knows_library(id_) else {}
            self._known[id_] = fact._replace(attributes=attributes)
        return self._known[id_]

    def is_given(self, id_: str) -> bool:
        """Whether attributes or a table are given to the class after it."""
        return id_ in self._late or id_ in self._tables

    def mapped_by(self, module: str, name: str) -> str:
        """The class that a mapper kept in a variable maps."""
        return self._mappers.get((module, name), "")

    def table(self, id_: str) -> Apply | None:
        """The `Table(…)` that the class itself is mapped to, where it is visible."""
        if id_ in self._tables:
            return self._tables[id_]
        body = self.body(id_)
        declared = body.attributes.get("__table__") if body is not None else None
        return self.table_of(id_.partition(":")[0], declared.value) if declared is not None else None

    def table_arguments(self, id_: str) -> tuple[Expression, ...]:
        """What the class says of its table: `__table_args__`, and the keys that stand beside or after the class."""
        body = self.body(id_)
        declared = body.attributes.get("__table_args__") if body is not None else None
        found = self._spread(id_.partition(":")[0], declared.value, 0) if declared is not None else ()
        return (*found, *self._keys.get(id_, ()))

    def _spread(self, module: str, value: Expression | None, depth: int) -> Iterator[Expression]:
        """The arguments in `(…, *BASE_ARGS)` or `Base.__table_args__ + (…,)`; the dict at their end is none."""
        match value:
            case Items(items=items):
                for item in items:
                    yield from self._spread(module, item, depth)
            case Member(base=base, name="__table_args__"):
                found = self.origins.origin(module, base)
                for home, fact in self.origins.facts(found.id) if found.kind == "class" and depth < _DEEPEST else ():
                    if "__table_args__" in fact.attributes or "__table_args__" in fact.methods:
                        yield from self.table_arguments(f"{home}:{fact.qualname}")
                        return
            case Name() | Member() if depth < _DEEPEST:
                home, held = self.words.held(module, value)
                yield from self._spread(home, self.words.respelled(home, held), depth + 1)
            case Apply():
                yield value

    def _attributes(self, id_: str, fact: ClassFact) -> Iterator[tuple[str, Declared]]:
        module = id_.partition(":")[0]
        for name, declared in fact.attributes.items():
            yield name, self.words.declared(module, declared)
        for name, qualname in fact.methods.items():
            function = self.index.function_fact(f"{module}:{qualname}")
            if function is None or function.declares is None:
                continue
            if any(self._declares(module, item) for item in function.decorators):
                yield name, self.words.declared(module, Declared(function.returns, function.declares))
        yield from self._late.get(id_, {}).items()

    def _declares(self, module: str, decorator: Expression) -> bool:
        """`@declared_attr`, `@declared_attr.directive`, `@declared_attr.cascading`."""
        found = self.origins.origin(module, decorator)
        if found.kind == "external":
            return is_family(found.name) and "declared_attr" in found.name
        return found.kind == "unknown" and "declared_attr" in dotted(decorator)

    def _collect(self, facts: Facts) -> None:
        """`Order.lines = relationship(…)` after the class, `registry.map_imperatively(Order, table, …)`."""
        if not (facts.late or facts.mappings or facts.keys) or not self._parts.knows_library(facts):
            return
        for base, name, value in facts.late:
            found = self.origins.origin(facts.module, base)
            respelled = self.words.respelled(facts.module, value)
            if found.kind == "class" and isinstance(respelled, Apply) and isinstance(respelled.function, Word):
                self._late.setdefault(found.id, {})[name] = Declared(None, respelled)
        for name, call in facts.mappings:
            if self.words.word(facts.module, call.function) in IMPERATIVE:
                self._map(facts.module, name, call)

        for owner, call in facts.keys:
            key = self.words.respelled(facts.module, call)
            id_ = f"{facts.module}:{owner}" if owner else self._speaks_of(facts.module, call)
            if id_ and isinstance(key, Apply) and key.function in _KEYS:
                self._keys.setdefault(id_, []).append(key)

    def _speaks_of(self, module: str, call: Apply) -> str:
        """The class whose columns a key names: `Index("ix", Order.number)`."""
        for column in call.arguments:
            chain = column
            while isinstance(chain, Member):
                chain = chain.base
                found = self.origins.origin(module, chain)
                if found.kind == "class":
                    return found.id
        return ""

    def _map(self, module: str, name: str, call: Apply) -> None:
        found = self.origins.origin(module, call.arguments[0])
        if found.kind != "class":
            return
        self._mappers[module, name] = found.id
        self._tables[found.id] = self.table_of(module, call.arguments[1]) or Apply(Word("Table"), (), ())
        properties = self.words.respelled(module, call.keyword("properties"))
        for key, value in properties.items if isinstance(properties, Pairs) else ():
            self._late.setdefault(found.id, {})[key] = Declared(None, value)

    def table_of(self, module: str, expression: Expression | None) -> Apply | None:
        """The `Table(…)` that an expression of a module stands for."""
        if not isinstance(expression, Apply) and expression is not None:
            variable = self.index.resolve(module, expression)
            if variable.kind != "variable":
                return None
            module, expression = variable.module, self.index.modules[variable.module].variables[variable.name].value
        found = self.words.respelled(module, expression)
        return found if isinstance(found, Apply) and found.function == Word("Table") else None
