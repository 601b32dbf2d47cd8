"""What marshmallow's schemas read of the objects that they dump: access paths, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from sqla_lint.diagnostic import Span
from sqla_lint.flow.instances import EACH
from sqla_lint.flow.paths import passed
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import Read
from sqla_lint.knowledge import dumping as known
from sqla_lint.project.classes import Classes
from sqla_lint.survey.expressions import (
    Apply,
    Choice,
    Expression,
    Items,
    Literal,
    Member,
    Name,
    Produce,
    dotted,
    parse_annotation,
)
from sqla_lint.survey.facts import ClassFact

GIVEN = "given"
_DEEPEST = 4
_MOST_READS = 40
_TRUE = Literal(True)


class Dumps:
    """Reads schemas.

    loads: whether an attribute of a name may be a relationship, or one read by a property. reading: whether a function
    of the project may load one.
    """

    def __init__(self, classes: Classes, loads: Callable[[str], bool], reading: Callable[[str], bool]) -> None:
        self._classes = classes
        self._index = classes.index
        self._loads = loads
        self._reading = reading

    @cached_property
    def any(self) -> bool:
        """Whether the project has schemas of that kind."""
        return any(
            self.is_schema(f"{facts.module}:{qualname}")
            for facts in self._index.files
            if any(target.partition(".")[0] in known.PACKAGES for target in facts.imports.values())
            for qualname in facts.classes
        )

    def is_schema(self, cls: str) -> bool:
        """Whether a class of the project is a schema."""
        return any(self._is_base(module, base) for module, fact in self._classes.facts(cls) for base in fact.bases)

    def _is_base(self, module: str, base: Expression) -> bool:
        if dotted(base).rpartition(".")[2] not in known.BASES:
            return False
        if isinstance(base, Member) and isinstance(base.base, Name):
            found = self._index.find(module, base.base.id)
            if found.kind == "variable":
                made = self._index.modules[found.module].variables[found.name].value
                return isinstance(made, Apply) and dotted(made.function).rpartition(".")[2] == known.EXTENSION
        found = self._index.resolve(module, base)
        return found.kind == "external" and found.name.partition(".")[0] in known.PACKAGES

    def reads(
        self, cls: str, many: bool, only: frozenset[str] | None, exclude: frozenset[str]
    ) -> tuple[Read, ...] | None:
        """What dumping an object reads of it, or `many` of each object; None where the class is no schema."""
        if not self.is_schema(cls):
            return None
        path = (GIVEN, EACH) if many else (GIVEN,)
        return tuple(self._fields(cls, path, only, exclude, 0))[:_MOST_READS]

    def _fields(
        self, cls: str, path: tuple[str, ...], only: frozenset[str] | None, exclude: frozenset[str], depth: int
    ) -> Iterator[Read]:
        if depth > _DEEPEST or self._rewrites(cls):
            return
        listed, left_out = self._meta(cls, "fields"), self._meta(cls, "exclude")
        if any("." in name for name in (*(only or ()), *exclude)) or None in (listed, left_out):
            return  # they speak of nested fields as well
        assert listed is not None and left_out is not None
        declared = self._declared(cls)
        names = [*declared, *(name for name in (*sorted(listed), *self._generated(cls)) if name not in declared)]
        owner_module, _ = next(self._classes.facts(cls))
        for name in dict.fromkeys(names):
            if name in exclude or name in left_out or (only is not None and name not in only):
                continue
            if listed and name not in listed:
                continue
            module, field = declared.get(name, (owner_module, None))
            yield from self._field(module, cls, name, field, path, depth)

    def _field(
        self, module: str, cls: str, name: str, field: Apply | None, path: tuple[str, ...], depth: int
    ) -> Iterator[Read]:
        owner = next(self._classes.facts(cls))[1]
        kind = dotted(field.function).rpartition(".")[2] if field is not None else ""
        if kind in known.COMPUTED or field is not None and field.keyword("load_only") == _TRUE:
            return
        if field is not None and kind in (known.FUNCTION, known.METHOD):
            for steps in self._computed(module, cls, kind, field):
                yield self._read(module, owner, name, (*path, *steps))
            return
        given = field.keyword("attribute") if field is not None else None
        if given is not None and not (isinstance(given, Literal) and isinstance(given.value, str)):
            return
        for step in (str(given.value) if isinstance(given, Literal) else name).split("."):
            path = (*path, step)
            if self._loads(step):
                yield self._read(module, owner, step, path)
        if field is not None and self._loads(path[-1]):
            yield from self._nested(module, field, kind, path, depth)

    def _computed(self, module: str, cls: str, kind: str, field: Apply) -> Iterator[tuple[str, ...]]:
        """The paths that a field reads by a lambda, by a function of the project, or by a method of the schema."""
        given = field.arguments[0] if field.arguments else field.keyword("serialize")
        if kind == known.METHOD:
            yield from self._method(cls, given.value if isinstance(given, Literal) else None)
        elif isinstance(given, Produce):
            for steps in given.reads:
                yield from (steps[: end + 1] for end, step in enumerate(steps) if self._loads(step))
            yield from self._handed_on(module, given.body, given.parameter)
        else:
            yield from self._function(self._index.resolve(module, given).id, 0)

    def _method(self, cls: str, name: object) -> Iterator[tuple[str, ...]]:
        for module, fact in self._classes.facts(cls):
            if name in fact.methods:
                yield from self._function(f"{module}:{fact.methods[str(name)]}", 0)
                return

    def _function(self, function: str, place: int) -> Iterator[tuple[str, ...]]:
        """The path to what a function of the project reads of the argument in that place."""
        fact = self._index.function_fact(function)
        if fact is None or not self._reading(function):
            return
        if fact.decorators and (fact.binds or not fact.owner):
            return  # it may be given something else
        plain = [item.name for item in fact.parameters if item.kind == "plain"]
        place += fact.binds
        if place < len(plain):
            yield (passed(function, plain[place]),)

    def _handed_on(self, module: str, body: Expression, parameter: str) -> Iterator[tuple[str, ...]]:
        """The paths to what the body of a lambda gives to functions of the project."""
        match body:
            case Member(base=base):
                yield from self._handed_on(module, base, parameter)
            case Choice(options=items) | Items(items=items):
                for item in items:
                    yield from self._handed_on(module, item, parameter)
            case Apply(function=function, arguments=arguments):
                for place, item in enumerate(arguments):
                    root, *steps = dotted(item).split(".")
                    if root == parameter:
                        found = self._function(self._index.resolve(module, function).id, place)
                        yield from ((*steps, *read) for read in found)
                    yield from self._handed_on(module, item, parameter)

    def _nested(self, module: str, field: Apply, kind: str, path: tuple[str, ...], depth: int) -> Iterator[Read]:
        """What a field that holds a schema reads of what its attribute gives."""
        if kind == "List" and field.arguments and isinstance(field.arguments[0], Apply):
            inner = field.arguments[0]
            yield from self._nested(module, inner, dotted(inner.function).rpartition(".")[2], (*path, EACH), depth)
        if kind not in ("Nested", "Pluck") or not field.arguments:
            return
        schema = field.arguments[0]
        schema = schema.body if isinstance(schema, Produce) else schema
        options = [field]
        if isinstance(schema, Literal):
            schema = parse_annotation(str(schema.value).rpartition(".")[2])
        if isinstance(schema, Apply):
            options.append(schema)
            schema = schema.function
        found = self._index.resolve(module, schema)
        if found.kind != "class" or not self.is_schema(found.id):
            return
        only, exclude = _names(options, "only"), _names(options, "exclude")
        if only is None and any(item.keyword("only") for item in options):
            return
        if exclude is None and any(item.keyword("exclude") for item in options):
            return
        if kind == "Pluck":
            plucked = field.arguments[1] if len(field.arguments) > 1 else field.keyword("field_name")
            only = frozenset({str(plucked.value)}) if isinstance(plucked, Literal) else frozenset()
        many = any(item.keyword("many") == _TRUE for item in options)
        inner_path = (*path, EACH) if many else path
        yield from self._fields(found.id, inner_path, only, exclude or frozenset(), depth + 1)

    def _declared(self, cls: str) -> dict[str, tuple[str, Apply]]:
        """The fields that the bodies of a schema and its bases declare, each with the module where it stands."""
        found: dict[str, tuple[str, Apply]] = {}
        hidden: set[str] = set()
        for module, fact in self._classes.facts(cls):
            for name, declared in fact.attributes.items():
                if name not in hidden and isinstance(declared.value, Apply):
                    found[name] = (module, declared.value)
                hidden.add(name)
        return found

    def _option(self, cls: str, name: str) -> tuple[str, Expression | None]:
        """An option of the nearest `Meta`, with the module where it stands."""
        for module, fact in self._classes.facts(cls):
            inner = self._index.class_fact(f"{module}:{fact.qualname}.Meta")
            for item in (inner,) if inner is not None else ():
                if name in item.attributes:
                    return module, item.attributes[name].value
                if not item.bases:
                    return module, None
        return "", None

    def _meta(self, cls: str, name: str) -> frozenset[str] | None:
        """The names that an option of `Meta` lists; None where they cannot be told."""
        _, value = self._option(cls, name)
        return frozenset() if value is None else _texts(value)

    def _generated(self, cls: str) -> list[str]:
        """The relationships for which fields are made."""
        if self._option(cls, "include_relationships")[1] != _TRUE:
            return []
        module, model = self._option(cls, "model")
        found = self._index.resolve(module, model)
        return list(self._classes.mapping(found.id).relationships) if found.kind == "class" else []

    def _rewrites(self, cls: str) -> bool:
        """Whether a schema looks at the object itself, so that its fields do not tell what is read."""
        for module, fact in self._classes.facts(cls):
            if not known.READERS.isdisjoint(fact.methods):
                return True
            for qualname in fact.methods.values():
                function = self._index.function_fact(f"{module}:{qualname}")
                for item in function.decorators if function is not None else ():
                    word = dotted(item.function if isinstance(item, Apply) else item)
                    if word.rpartition(".")[2] in known.HOOKS:
                        return True
        return False

    def _read(self, module: str, fact: ClassFact, name: str, path: tuple[str, ...]) -> Read:
        span = Span(self._index.modules[module].path, fact.line, 1, fact.line, 1 + len("class ") + len(fact.name))
        place = Place(None, None, span, fact.name)
        return Read(path, EACH in path, (f"{module}:{fact.qualname}", *path), place, "", f"{fact.name}.{name}")


def _names(calls: list[Apply], keyword: str) -> frozenset[str] | None:
    """The names that the first of several calls gives for a keyword; None where it gives none, or they are hidden."""
    given = next((found for found in (item.keyword(keyword) for item in calls) if found is not None), None)
    return None if given is None else _texts(given)


def _texts(value: Expression) -> frozenset[str] | None:
    if not isinstance(value, Items):
        return None
    texts = [item.value for item in value.items if isinstance(item, Literal) and isinstance(item.value, str)]
    return frozenset(texts) if len(texts) == len(value.items) else None
