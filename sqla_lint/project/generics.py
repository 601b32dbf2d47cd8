"""Type variables of the project's generic classes, and the classes they are bound to.

An object's bindings are pairs of a name and a class: a type variable of its own class, or `__init__.model` for a class
that its constructor was given. Those of a base follow from how its subclasses subscript it. What is bound to nothing
stays a type variable, of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqla_lint.flow.values import Bindings
from sqla_lint.project.classes import Classes
from sqla_lint.survey.expressions import (
    Apply,
    Bound,
    Choice,
    Expression,
    Index,
    Literal,
    Name,
    dotted,
    parse_annotation,
)
from sqla_lint.survey.facts import FunctionFact

CONSTRUCTOR = "__init__."
_DEEPEST = 8
_LONGEST_TEXT = 200


class Generics:
    """Answers which class a type variable stands for."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._index = classes.index
        self._parameters: dict[str, tuple[str, ...]] = {}
        self._known: dict[tuple[str, Bindings, str], dict[str, str]] = {}

    def parameters(self, cls: str) -> tuple[str, ...]:
        """The type variables that a subscript of a class binds, in order."""
        if cls not in self._parameters:
            self._parameters[cls] = self._read_parameters(cls)
        return self._parameters[cls]

    def _read_parameters(self, cls: str) -> tuple[str, ...]:
        fact = self._index.class_fact(cls)
        module = cls.partition(":")[0]
        found: dict[str, None] = {}
        for base in fact.bases if fact is not None else ():
            if not isinstance(base, Index):
                continue
            names = [item.id for item in base.items if isinstance(item, Name) and self._is_variable(module, item.id)]
            if self._classes.words.word(module, base.base) in ("Generic", "Protocol"):
                return tuple(names)
            found.update(dict.fromkeys(names))
        return tuple(found)

    def _is_variable(self, module: str, name: str) -> bool:
        found = self._index.find(module, name)
        if found.kind != "variable":
            return False
        value = self._index.modules[found.module].variables[found.name].value
        return isinstance(value, Apply) and dotted(value.function).rpartition(".")[2] == "TypeVar"

    def bindings(self, cls: str, bound: Bindings, owner: str) -> dict[str, str]:
        """What the type variables of `owner`, a class in the lineage of `cls`, are on an object bound so."""
        key = (cls, bound, owner)
        if key not in self._known:
            constructor, given = self._constructed(cls, bound)
            own = {**(given if constructor == cls else {}), **dict(bound)}
            found = self._through(cls, own, owner, 0)
            self._known[key] = {**(given if constructor == owner else {}), **found}
        return self._known[key]

    def _constructed(self, cls: str, bound: Bindings) -> tuple[str, dict[str, str]]:
        """The class whose constructor was given classes, and its type variables that these tell."""
        given = {name.removeprefix(CONSTRUCTOR): id_ for name, id_ in bound if name.startswith(CONSTRUCTOR)}
        for module, fact in self._classes.facts(cls) if given else ():
            function = self._index.function_fact(f"{module}:{fact.methods.get('__init__', '')}")
            if function is None:
                continue
            found = {}
            for item in function.parameters:
                match item.annotation:
                    case Index(base=Name(id="type" | "Type"), items=(Name(id=name),)) if item.name in given:
                        found[name] = given[item.name]
            return f"{module}:{fact.qualname}", found
        return "", {}

    def _through(self, cls: str, known: Mapping[str, str], owner: str, depth: int) -> dict[str, str]:
        """Follow the bases up to `owner`."""
        parameters = self.parameters(cls)
        own = {name: id_ for name, id_ in known.items() if name in parameters}
        if cls == owner:
            return own
        fact = self._index.class_fact(cls)
        module = cls.partition(":")[0]
        for base in fact.bases if fact is not None and depth < _DEEPEST else ():
            target = self._index.resolve(module, base)
            if target.kind != "class" or owner not in self._classes.lineage(target.id):
                continue
            items = base.items if isinstance(base, Index) else ()
            classes = [self._class(module, item, own) for item in items]
            given = {name: id_ for name, id_ in zip(self.parameters(target.id), classes, strict=False) if id_}
            if found := self._through(target.id, given, owner, depth + 1):
                return found
        return {}

    def _class(self, module: str, item: Expression, known: Mapping[str, str]) -> str:
        """The class that a subscript names, itself or by a type variable."""
        match item:
            case Bound(cls=cls):
                return cls
            case Name(id=name) if name in known:
                return known[name]
        found = self._index.resolve(module, item)
        return found.id if found.kind == "class" else ""

    def subscripted(self, module: str, cls: str, items: tuple[Expression, ...]) -> Bindings:
        """The bindings of an object whose class is subscripted so in a module."""
        classes = [self._class(module, item, {}) for item in items]
        return tuple((name, id_) for name, id_ in zip(self.parameters(cls), classes, strict=False) if id_)

    def types(self, owner: str, this: str, bound: Bindings, fact: FunctionFact | None = None) -> dict[str, str]:
        """What the type variables of a class stand for on an object of class `this`, and `Self`.

        fact: a method of the class, whose first parameter may be annotated by a type variable of its own.
        """
        found = {**self.bindings(this, bound, owner), "Self": this}
        match fact.parameters[0].annotation if fact is not None and fact.parameters else None:
            case Name(id=name) | Index(base=Name(id="type" | "Type"), items=(Name(id=name),)) if self._is_variable(
                owner.partition(":")[0], name
            ):
                found[name] = this
        return found

    def is_generic(self, owner: str, fact: FunctionFact, binds: bool) -> bool:
        """Whether a method's annotations speak of type variables that an object binds; `binds`: it has a `self`."""
        names = {**dict.fromkeys(self.parameters(owner), ""), **self.types(owner, owner, (), fact if binds else None)}
        return bound_function(fact, names) != fact


def bound_function(fact: FunctionFact, types: Mapping[str, str]) -> FunctionFact:
    """The function with the type variables in its annotations replaced."""
    parameters = tuple(
        item if item.annotation is None else item._replace(annotation=bound_expression(item.annotation, types))
        for item in fact.parameters
    )
    returns = None if fact.returns is None else bound_expression(fact.returns, types)
    return fact._replace(parameters=parameters, returns=returns)


def bound_expression(annotation: Expression, types: Mapping[str, str], depth: int = 0) -> Expression:
    """The annotation with type variables replaced by the classes they are bound to."""
    if depth > _DEEPEST:
        return annotation
    match annotation:
        case Name(id=name) if name in types:
            return Bound(types[name])
        case Literal(value=str(text)) if len(text) < _LONGEST_TEXT and any(name in text for name in types):
            parsed = parse_annotation(text)
            inner = bound_expression(parsed, types, depth + 1)
            return annotation if inner == parsed else inner
        case Index(base=base, items=items):
            return Index(base, tuple(bound_expression(item, types, depth + 1) for item in items))
        case Choice(options=options):
            return Choice(tuple(bound_expression(item, types, depth + 1) for item in options))
    return annotation
