"""The relationships of the project's classes: what each leads to, which side holds the key, what backrefs add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqla_lint.flow.questions import Relationship
from sqla_lint.project import attributes as read
from sqla_lint.project.bodies import Bodies
from sqla_lint.project.tables import snake
from sqla_lint.survey.expressions import Apply, Expression, Member, Name, Word, dotted
from sqla_lint.survey.facts import ClassFact, Declared


class Relationships:
    """Answers about the relationships that classes declare, each worked out once."""

    def __init__(self, bodies: Bodies, is_mapped: Callable[[str], bool]) -> None:
        self._bodies = bodies
        self._is_mapped = is_mapped
        self._owned: dict[str, dict[str, Relationship]] = {}
        self._backrefs: dict[str, list[Relationship]] = {}
        classes = [f"{facts.module}:{qualname}" for facts in bodies.index.files for qualname in facts.classes]
        self._open = frozenset(
            id_ for id_ in classes for _, declared in self._declared(id_) if _says_cls(declared.value)
        )
        for id_ in classes:
            for name, declared in self._declared(id_):
                self._add_backref(id_, declared, self.own(id_)[name])
            for base in self._open.intersection(bodies.origins.lineage(id_)[1:]) if self._open else ():
                for name, declared in self._declared(base):
                    if _says_cls(declared.value):
                        self._add_backref(id_, declared, self.inherited(id_, base)[name])

    def backrefs(self, id_: str) -> list[Relationship]:
        """The relationships that other classes add to this one."""
        return self._backrefs.get(id_, [])

    def own(self, id_: str) -> dict[str, Relationship]:
        """The relationships that the class itself declares."""
        if id_ not in self._owned:
            self._owned[id_] = {name: self._read(id_, name, declared) for name, declared in self._declared(id_)}
        return self._owned[id_]

    def inherited(self, id_: str, base: str) -> dict[str, Relationship]:
        """The relationships that a base declares, as a class has them: what they say of `cls` depends on it."""
        found = self.own(base)
        if id_ == base or base not in self._open:
            return found
        again = {}
        for name, declared in self._declared(base):
            if _says_cls(declared.value):
                bound = Declared(declared.annotation, self._bound(id_, declared.value))
                again[name] = replace(self._read(id_, name, bound), owner=base)
        return {**found, **again}

    def _bound(self, id_: str, value: Expression | None) -> Expression | None:
        """A call whose first argument is `cls.name`, with what the class has by that name."""
        assert isinstance(value, Apply)
        for _, body in self._lineage(id_):
            given = body.attributes.get(_says_cls(value))
            if given is not None and given.value is not None:
                return value._replace(arguments=(given.value, *value.arguments[1:]))
        return value

    def _declared(self, id_: str) -> Iterator[tuple[str, Declared]]:
        body = self._bodies.body(id_)
        for name, declared in body.attributes.items() if body is not None else ():
            if read.is_relationship(declared.value):
                yield name, declared

    def _add_backref(self, id_: str, declared: Declared, own: Relationship) -> None:
        value = declared.value
        assert value is not None
        backref, written = read.backref(value)
        if not backref or not own.target:
            return
        # The other side of a one-to-many is one; of a many-to-one or a many-to-many it is many, unless said otherwise.
        many = (not own.collection or read.has_keyword(value, "secondary")) and not read.is_scalar(written)
        one = not many and own.collection
        other = Relationship(backref, own.target, id_, many, read.lazy(written), own.name, many_to_one=one)
        other = read.detailed(replace(other, backref=True), written)
        self._backrefs.setdefault(own.target, []).append(
            replace(other, secondary=own.secondary, joins=own.joins, cascade_backrefs=own.cascade_backrefs)
        )

    def _read(self, id_: str, name: str, declared: Declared) -> Relationship:
        value = declared.value
        assert value is not None
        target = self.target(id_, read.target(value, declared.annotation))
        many = read.is_many(value, declared.annotation)
        keys = read.keys_of(value, id_.rpartition(":")[2].rpartition(".")[2])
        points = bool(keys) or self._points_to(id_, target, name)
        if many is None:
            # A class that refers to itself has one-to-many unless `remote_side` says otherwise.
            many = not points or target in self._bodies.origins.lineage(id_)
        alone = points and not many
        lazy = read.lazy(value, declared.annotation)
        found = Relationship(name, id_, target, many, lazy, read.reverse(value), alone, keys if alone else ())
        keyed = many and read.is_keyed(value, declared.annotation)
        return read.detailed(replace(found, keyed=keyed) if keyed else found, value)

    def target(self, id_: str, expression: Expression | None) -> str:
        """The class that a relationship leads to: by name in its module, else by its name among mapped classes."""
        module = id_.partition(":")[0]
        found = self._bodies.origins.origin(module, expression)
        if found.kind == "class" and self._is_mapped(found.id):
            return found.id
        if isinstance(expression, Name) and self._bodies.mapped_by(module, expression.id):
            return self._bodies.mapped_by(module, expression.id)
        text = read.quoted(expression) or dotted(expression)
        qualifier, _, name = text.rpartition(".")
        candidates = [item.id for item in self._bodies.index.by_class_name.get(name, ()) if self._is_mapped(item.id)]
        if len(candidates) > 1:
            named = [item for item in candidates if qualifier and item.partition(":")[0].endswith(qualifier)]
            candidates = self.meant(id_, named or candidates)
        return candidates[0] if len(candidates) == 1 else ""

    def meant(self, id_: str, candidates: list[str]) -> list[str]:
        """Those of several classes of a name, or of a table's name, that a class may mean."""
        return self._nearest(self._alike(id_, candidates) or candidates, id_.partition(":")[0])

    def _alike(self, id_: str, candidates: list[str]) -> list[str]:
        """The candidates whose base may be that of the class: each base has a registry of names of its own."""
        own = self._bases(id_)
        same = [item for item in candidates if own & self._bases(item)]
        return same or [item for item in candidates if not self._bases(item)]

    def _bases(self, id_: str) -> frozenset[str]:
        """The variables and declarative classes of the project that the class derives from."""
        lineage = self._bodies.origins.lineage(id_)
        return frozenset(item for item in lineage[1:] if ":" in item and not self._has_table(item))

    def _has_table(self, id_: str) -> bool:
        body = self._bodies.body(id_) if ":=" not in id_ else None
        return body is not None and "__tablename__" in body.attributes

    def _nearest(self, candidates: list[str], module: str) -> list[str]:
        """The candidates that stand in the module nearest to another."""
        shared = {item: _common(item.partition(":")[0], module) for item in candidates}
        return [item for item in candidates if shared[item] == max(shared.values())]

    def _points_to(self, id_: str, target: str, name: str) -> bool:
        """Whether the class has a foreign key to the table of `target`: the relationship is then many-to-one.

        Where one of the two cannot be read the name of the key tells: `order_id` is that of `order`.
        """
        for _, body in self._lineage(id_):
            named = (column for at, column in read.columns(body) if at == f"{name}_id")
            if any(not key or not target for column in named for key in read.foreign_keys(column)):
                return True
        if not target:
            return False
        names = {fact.name for _, fact in self._bodies.origins.facts(target)}
        tables = {snake(name) for name in names} | {name.lower() for name in names}
        for item, body in self._lineage(target):
            tables |= {read.table_name(body), *map(read.named, [self._bodies.table(item)])}
        for item, body in self._lineage(id_):
            for key in self._keys(item, body):
                owner = key.rpartition(".")[0].rpartition(".")[2] or key
                if owner and (owner in tables or owner in names):
                    return True
        return False

    def _lineage(self, id_: str) -> Iterator[tuple[str, ClassFact]]:
        for item in self._bodies.origins.lineage(id_):
            body = self._bodies.body(item)
            if body is not None:
                yield item, body

    def _keys(self, id_: str, body: ClassFact) -> Iterator[str]:
        """The targets of all foreign keys of a class."""
        for _, column in read.columns(body):
            yield from read.foreign_keys(column)
        yield from (key for _, key in read.table_foreign_keys(self._bodies.table_arguments(id_)))
        table = self._bodies.table(id_) or Apply(Word("Table"), (), ())
        for _, column in read.table_columns(table):
            yield from read.foreign_keys(column)
        yield from (key for _, key in read.table_foreign_keys(table.arguments))


def _says_cls(value: Expression | None) -> str:
    """The name in `relationship(cls.name)`, else an empty string."""
    match value:
        case Apply(arguments=(Member(base=Name(id="cls" | "self"), name=name), *_)):
            return name
    return ""


def _common(left: str, right: str) -> int:
    """How many leading parts two dotted names share."""
    count = 0
    for one, other in zip(left.split("."), right.split("."), strict=False):
        if one != other:
            break
        count += 1
    return count
