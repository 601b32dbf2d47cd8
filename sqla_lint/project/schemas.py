"""What response models and other schemas read of the rows that they are made of: access paths, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from sqla_lint.diagnostic import Span
from sqla_lint.flow.instances import EACH
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import Read, SchemaReads
from sqla_lint.flow.reaching import AdapterReads
from sqla_lint.knowledge import schemas as known
from sqla_lint.project.classes import Classes
from sqla_lint.survey.expressions import Apply, Choice, Expression, Index, Literal, Name, dotted, parse_annotation
from sqla_lint.survey.facts import ClassFact, Declared, Facts, FunctionFact

GIVEN = "given"
_DEEPEST = 4
# The depth at which a response model itself stands: of a row it reads columns as well.
_RESPONSE = -1
_MOST_READS = 40
# What the parameters of a generic model stand for: the module where that is written, and how.
_Meant = dict[str, tuple[str, Expression]]


class Schemas:
    """Reads schemas; `loads` tells whether an attribute of a name may be a relationship, or one read by a property."""

    def __init__(self, classes: Classes, loads: Callable[[str], bool]) -> None:
        self._classes = classes
        self._index = classes.index
        self._loads = loads
        self._responses: dict[str, tuple[Read, ...]] = {}
        self._whole: dict[str, tuple[Read, ...]] = {}

    def answering(self) -> dict[type, Callable[..., object]]:
        """What answers the questions about models, and adapters that make them."""
        return {SchemaReads: lambda question: self.reads(question.cls, question.field), AdapterReads: self.adapted}

    def response(self, facts: Facts, fact: FunctionFact) -> tuple[Read, ...]:
        """What FastAPI reads of the result of a route, as paths from it."""
        id_ = f"{facts.module}:{fact.qualname}"
        if id_ not in self._responses:
            annotation = self._response_model(facts, fact)
            found = self._annotated(facts.module, annotation, (GIVEN,), {}, _RESPONSE) if annotation else ()
            self._responses[id_] = tuple(found)[:_MOST_READS]
        return self._responses[id_]

    def reads(self, cls: str, field: str) -> tuple[Read, ...]:
        """What a model reads of an object it is made of, or of what its field is given."""
        return self.field(cls, field) if field else self.model(cls)

    @cached_property
    def reading(self) -> frozenset[str]:
        """The simple names of the models that read relationships of what they, or their fields, are given."""
        return frozenset(
            fact.name
            for facts in self._index.files
            for qualname, fact in facts.classes.items()
            if self._reads_any(f"{facts.module}:{qualname}", fact)
        )

    def _reads_any(self, cls: str, fact: ClassFact) -> bool:
        if not fact.bases or not self._is_model(cls):
            return False
        return bool(self.model(cls)) or any(self.field(cls, name) for name in fact.attributes)

    def model(self, cls: str) -> tuple[Read, ...]:
        """What `OrderOut.model_validate(order)` reads of the object, as paths from it."""
        if cls not in self._whole:
            found = self._fields(cls, (GIVEN,), {}, 0) if self._from_attributes(cls) else ()
            self._whole[cls] = tuple(found)[:_MOST_READS]
        return self._whole[cls]

    def field(self, cls: str, name: str) -> tuple[Read, ...]:
        """What `OrderList(orders=rows)` reads of what it is given for a field."""
        for module, fact in self._classes.facts(cls):
            declared = fact.attributes.get(name)
            if declared is not None and self._is_model(cls):
                found = self._annotated(module, declared.annotation, (GIVEN,), {}, 0, strict=True)
                return tuple(found)[:_MOST_READS]
        return ()

    def adapted(self, question: AdapterReads) -> tuple[Read, ...]:
        """What `TypeAdapter(list[OrderOut]).validate_python(rows)` reads of the rows."""
        annotation: Expression | None = parse_annotation(question.annotation) if question.annotation else None
        if question.variable:
            made = self._index.modules[question.module].variables[question.variable].value
            annotation = made.arguments[0] if isinstance(made, Apply) and made.arguments else None
        found = self._annotated(question.module, annotation, (GIVEN,), {}, 0, strict=not question.loose)
        return tuple(found)[:_MOST_READS] if annotation is not None else ()

    def _response_model(self, facts: Facts, fact: FunctionFact) -> Expression | None:
        """The response model of a route: the argument of its decorator, else what it says to return."""
        for decorator in fact.decorators:
            if not isinstance(decorator, Apply) or dotted(decorator.function).rpartition(".")[2] not in known.ROUTES:
                continue
            if not any(target.partition(".")[0] in ("fastapi", "fastapi_utils") for target in facts.imports.values()):
                continue
            given = decorator.keyword("response_model")
            return fact.returns if given is None else given
        return None

    def _annotated(
        self,
        module: str,
        annotation: Expression | None,
        path: tuple[str, ...],
        meant: _Meant,
        depth: int,
        strict: bool = False,
    ) -> Iterator[Read]:
        """What is read of the value at `path` because of its annotation. strict: the models in it must allow that."""
        match annotation:
            case Literal(value=str(text)):
                annotation = parse_annotation(text)
            case Name(id=name) if name in meant:
                module, annotation = meant[name]
                meant = {}
        match annotation:
            case Choice(options=options):
                yield from self._any(module, options, path, meant, depth, strict)
            case Index(base=base, items=items):
                word = dotted(base).rpartition(".")[2]
                if word in known.SEQUENCES:
                    yield from self._annotated(module, items[0], (*path, EACH), meant, depth, strict)
                elif word in known.TRANSPARENT:
                    options = items if word == "Union" else items[:1]
                    yield from self._any(module, options, path, meant, depth, strict)
                else:
                    found = self._index.resolve(module, base)
                    package, suffix = known.PAGES
                    if found.kind == "external" and found.name.startswith(package) and found.name.endswith(suffix):
                        inside = (*path, known.PAGE_ITEMS, EACH)
                        yield from self._annotated(module, items[0], inside, meant, depth, strict)
                    if found.kind == "class":
                        inner = {
                            name: meant.get(item.id, (module, item)) if isinstance(item, Name) else (module, item)
                            for name, item in zip(self._parameters(found.id), items, strict=False)
                        }
                        yield from self._fields(found.id, path, inner, depth, strict)
            case _:
                found = self._index.resolve(module, annotation)
                if found.kind == "class":
                    yield from self._fields(found.id, path, {}, depth, strict)
                elif found.kind == "variable" and depth < _DEEPEST:
                    value = self._index.modules[found.module].variables[found.name].value
                    if isinstance(value, Index | Choice):
                        yield from self._annotated(found.module, value, path, {}, depth + 1, strict)

    def _any(
        self,
        module: str,
        options: tuple[Expression, ...],
        path: tuple[str, ...],
        meant: _Meant,
        depth: int,
        strict: bool,
    ) -> tuple[Read, ...]:
        """What one of several annotations makes of a value; nothing where more than one would read of it."""
        found = [tuple(self._annotated(module, item, path, meant, depth, strict)) for item in options]
        reading = [reads for reads in found if reads]
        return reading[0] if len(reading) == 1 else ()

    def _fields(
        self, cls: str, path: tuple[str, ...], meant: _Meant, depth: int, strict: bool = False
    ) -> Iterator[Read]:
        """What a model reads of the object at `path`."""
        if depth > _DEEPEST or not self._is_model(cls) or self._rewrites(cls):
            return
        if strict and not self._from_attributes(cls):
            return
        seen: set[str] = set()
        for module, fact in self._classes.facts(cls):
            for name, declared in fact.attributes.items():
                if name in seen or name.startswith("_") or declared.annotation is None:
                    continue
                seen.add(name)
                inner = path
                for source in _sources(name, declared):
                    inner = (*inner, source)
                    if self._loads(source):
                        yield self._read(module, fact, inner)
                    elif depth == _RESPONSE:
                        yield replace(self._read(module, fact, inner), repeated=False)
                if inner != path:
                    yield from self._annotated(module, declared.annotation, inner, meant, depth + 1)

    def _read(self, module: str, fact: ClassFact, path: tuple[str, ...]) -> Read:
        span = Span(self._index.modules[module].path, fact.line, 1, fact.line, 1 + len("class ") + len(fact.name))
        place = Place(None, None, span, fact.name)
        return Read(path, EACH in path, (f"{module}:{fact.qualname}", *path), place, "", f"{fact.name}.{path[-1]}")

    def _is_model(self, cls: str) -> bool:
        """Whether a class is a pydantic model and no table."""
        return any(item in known.BASES for item in self._classes.lineage(cls)) and not self._classes.mapping(cls).mapped

    def _from_attributes(self, cls: str) -> bool:
        """Whether a model may be made of any object that has its attributes."""
        if any(item.startswith("sqlmodel.") for item in self._classes.lineage(cls)):
            return True
        for module, fact in self._classes.facts(cls):
            inner = self._index.class_fact(f"{module}:{fact.qualname}.Config")
            config = fact.attributes.get("model_config")
            told = dict(config.value.keywords) if config is not None and isinstance(config.value, Apply) else {}
            told |= dict(getattr(config.value, "items", ())) if config is not None and not told else {}
            told |= {name: item.value for name, item in inner.attributes.items() if item.value} if inner else {}
            told |= dict(fact.keywords)
            if any(told.get(name) == Literal(True) for name in known.FROM_ATTRIBUTES):
                return True
        return False

    def _rewrites(self, cls: str) -> bool:
        """Whether a model looks at the object itself, so that its fields do not tell what is read."""
        for module, fact in self._classes.facts(cls):
            if any(name in fact.methods for name in known.READING):
                return True
            for qualname in fact.methods.values():
                function = self._index.function_fact(f"{module}:{qualname}")
                if function is not None and any(map(_comes_before, function.decorators)):
                    return True
        return False

    def _parameters(self, cls: str) -> list[str]:
        """The names of the parameters of a generic class."""
        fact = self._index.class_fact(cls)
        for base in fact.bases if fact is not None else ():
            if isinstance(base, Index) and dotted(base.base).rpartition(".")[2] == "Generic":
                return [item.id for item in base.items if isinstance(item, Name)]
        return []


def _sources(name: str, declared: Declared) -> tuple[str, ...]:
    """The attributes that lead to what a field is filled with; none where that cannot be told."""
    if not isinstance(declared.value, Apply):
        return (name,)
    for keyword in ("validation_alias", "alias"):
        match declared.value.keyword(keyword):
            case Literal(value=given):
                return (str(given),)
            case Apply(function=function, arguments=steps) if dotted(function).rpartition(".")[2] == known.ALIAS_PATH:
                named = tuple(item.value for item in steps if isinstance(item, Literal) and isinstance(item.value, str))
                return named if len(named) == len(steps) else ()
            case None:
                continue
            case _:
                return ()
    return (name,)


def _comes_before(decorator: Expression) -> bool:
    """Whether a validator runs before fields are read."""
    if not isinstance(decorator, Apply) or dotted(decorator.function).rpartition(".")[2] not in known.BEFORE:
        return False
    early = decorator.keyword("mode") in (Literal("before"), Literal("wrap"))
    return early or decorator.keyword("pre") == Literal(True)
