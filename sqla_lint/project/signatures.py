"""Signatures of the project's functions: what their parameters hold when they start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqla_lint.flow.questions import Argument, Ask, FunctionInfo, InjectedBy, KindByUse
from sqla_lint.flow.values import (
    UNKNOWN,
    Bindings,
    ClassValue,
    Collection,
    Constant,
    FunctionValue,
    Instance,
    Manager,
    Object,
    OneOf,
    Session,
    SessionFactory,
    Value,
)
from sqla_lint.knowledge.calls import CACHED_PROPERTIES, CACHING, MANAGERS, MEMOIZING, PROPERTIES
from sqla_lint.knowledge.concurrency import is_lock
from sqla_lint.knowledge.sessions import RIVALS, is_session_name, is_told_by
from sqla_lint.project.annotations import Annotations
from sqla_lint.project.classes import Classes
from sqla_lint.project.declared import Declarations
from sqla_lint.project.decorators import decorators_of
from sqla_lint.project.generics import Generics, bound_function
from sqla_lint.project.guesses import Guesses
from sqla_lint.survey.expressions import (
    Apply,
    Expression,
    Index,
    Items,
    Literal,
    Member,
    Name,
    parse_annotation,
)
from sqla_lint.survey.facts import Facts, FunctionFact, Parameter

_DEPENDENCIES = frozenset({"Depends", "Security"})
_PARAMETER_NAMES = frozenset({"db"})


class Signatures:
    """Builds the signature of each function once it is asked for."""

    def __init__(
        self, classes: Classes, annotations: Annotations, declarations: Declarations, generics: Generics, ask: Ask
    ) -> None:
        self._generics = generics
        self._classes = classes
        self._annotations = annotations
        self._declarations = declarations
        self._guesses = Guesses(classes)
        self._ask = ask

    def signature(self, id_: str, this: str = "", bound: Bindings = ()) -> FunctionInfo | None:
        """The signature of a function, or None where there is no such function; of a method as `this` has it."""
        fact = self._classes.index.function_fact(id_)
        if fact is None:
            return None
        module = id_.partition(":")[0]
        facts = self._classes.index.modules[module]
        owner = f"{module}:{fact.owner}" if fact.owner else ""
        names = [self._classes.words.decorator(module, item) for item in fact.decorators]
        binds = _binds(names) if fact.owner else ""
        generic = bool(owner) and self._generics.is_generic(owner, fact, bool(binds))
        if generic:
            types = self._generics.types(owner, this or owner, bound, fact if binds else None)
            fact = bound_function(fact, types)
        decorators = tuple(decorators_of(self._classes.index, module, fact))
        injected = self._injected(decorators)
        parameters = tuple(
            Argument(
                item.name,
                "injected" if index in injected else "plain" if item.kind == "keyword" else item.kind,
                injected.get(index)
                or injected.get(item.name)
                or self._parameter(facts, fact, item, binds if index == 0 else ""),
                self._default(module, item.default),
            )
            for index, item in enumerate(fact.parameters)
        )
        return FunctionInfo(
            id_,
            fact.name,
            module,
            facts.path,
            fact.line,
            fact.end_line,
            parameters,
            _given(self._annotations.value(module, fact.returns)),
            fact.is_async,
            fact.is_generator,
            _wraps(names),
            owner,
            may_guess(facts),
            fact.name == "main" or fact.name in facts.main_calls,
            binds=binds,
            generic=generic,
            decorated=fact.is_abstract or not _PLAIN.issuperset(names),
            decorators=decorators,
            locks=any(map(is_lock, fact.sketch.entered)),
            getter=not PROPERTIES.isdisjoint(names),
        )

    def _injected(self, decorators: tuple[str, ...]) -> dict[str | int, Session]:
        """The sessions that the project's decorators of a function hand to it, by the parameter's name or position."""
        found: dict[str | int, Session] = {}
        for decorator in decorators:
            injected = self._ask(InjectedBy(decorator))
            found.update(injected)
        return found

    def _parameter(self, facts: Facts, fact: FunctionFact, item: Parameter, binds: str) -> Value:
        if binds and not (item.annotation is not None and is_session_name(item.name)):
            cls = f"{facts.module}:{fact.owner}"
            if binds == "cls":
                return ClassValue(cls)
            return self._this(cls)
        module = facts.module
        if item.annotation is not None:
            found = self._annotations.value(module, item.annotation)
            if found == UNKNOWN:
                found = self._depends(*self._annotated_dependency(module, item.annotation)) or UNKNOWN
            if found != UNKNOWN or not self._annotations.leaves_open(module, item.annotation):
                return self._received(_items(item, found))
        dependency = self._depends(module, item.default)
        if dependency is not None:
            return self._received(dependency)
        if item.default is not None and not isinstance(item.default, Literal):
            found = self._declarations.value(module, item.default)
            if isinstance(found, Session | SessionFactory | Object):
                return self._received(found)
        named = is_session_name(item.name) or item.name in _PARAMETER_NAMES
        if named and (may_guess(facts) or is_told_by(item.name, fact.sketch.calls) or self._is_usual(facts, item.name)):
            kind = str(self._ask(KindByUse(f"{module}:{fact.qualname}", item.name)))
            if kind:
                return Session("", kind, "caller", guessed=True)
        guess = self._guesses.parameter(fact, item.name) if facts.guesses else ""
        return Instance(guess) if guess else UNKNOWN

    def _is_usual(self, facts: Facts, name: str) -> bool:
        """Whether other functions of a file say that what they call so is a session."""
        annotations = {
            item.annotation
            for fact in facts.functions.values()
            for item in fact.parameters
            if item.name == name and item.annotation is not None
        }
        found = [self._annotations.value(facts.module, item) for item in annotations]
        return bool(found) and all(isinstance(item, Session) for item in found)

    def _default(self, module: str, default: Expression | None) -> Value:
        """What a parameter holds that is not given; calls are left alone: those may be markers of a framework."""
        match default:
            case Literal(value=value):
                return Constant(value)
            case Items() | Name() | Member():
                return self._declarations.value(module, default)
        return UNKNOWN

    def _this(self, cls: str) -> Value:
        if self._classes.session_kind(cls):
            return Session("self", self._classes.session_kind(cls), "unknown")
        return Instance(cls) if self._classes.mapping(cls).mapped else Object(cls)

    def _received(self, value: Value) -> Value:
        """A session that is passed in is its caller's."""
        if isinstance(value, Session) and not value.registry:
            return replace(value, owner="caller", opened=None)
        if isinstance(value, OneOf):
            real = [item for item in value.values if isinstance(item, Session)]
            return self._received(real[0]) if real else value
        return value

    def _annotated_dependency(self, module: str, annotation: Expression) -> tuple[str, Expression | None]:
        """The `Depends(…)` in `Annotated[X, Depends(…)]` or in an alias of that, and the module where it stands."""
        if isinstance(annotation, Literal) and isinstance(annotation.value, str):
            annotation = parse_annotation(annotation.value)
        if isinstance(annotation, Name | Member):
            found = self._classes.index.resolve(module, annotation)
            if found.kind == "variable":
                module = found.module
                annotation = self._classes.index.modules[module].variables[found.name].value or annotation
        if isinstance(annotation, Index):
            return module, next((item for item in annotation.items[1:] if isinstance(item, Apply)), None)
        return module, None

    def _depends(self, module: str, default: Expression | None) -> Value | None:
        """What `Depends(get_session)` gives."""
        if not isinstance(default, Apply) or self._classes.words.word(module, default.function) not in _DEPENDENCIES:
            return None
        provider = default.arguments[0] if default.arguments else default.keyword("dependency")
        found = self._declarations.value(module, provider)
        if isinstance(found, Object):
            found = self._declarations.attribute(found.cls, "__call__", False)
        match found:
            case FunctionValue(id=id_):
                return self._declarations.yielded(id_)
            case ClassValue(id=id_):
                return self._annotations.instance(id_)
            case SessionFactory(kind=kind):
                return Session("", kind, "caller")
        return UNKNOWN


def _wraps(decorators: Sequence[str]) -> str:
    """What the decorators of a function make of it."""
    if not MANAGERS.isdisjoint(decorators):
        return "contextmanager"  # a property may give one
    for name in decorators:
        if name == "fixture":
            return "fixture"
        if name in CACHED_PROPERTIES:
            return "cached property"
        if name in CACHING or any(word in name for word in MEMOIZING):
            return "cached"
        if name in PROPERTIES:
            return "property"
    return ""


# Decorators that leave what a call gives as it is.
_PLAIN = frozenset({"abstractmethod", "classmethod", "final", "overload", "override", "staticmethod", "wraps"})


def _binds(decorators: Sequence[str]) -> str:
    """What the first parameter of a method is, by its decorators."""
    if "staticmethod" in decorators:
        return ""
    return "cls" if not {"classmethod", "expression", "comparator"}.isdisjoint(decorators) else "self"


def _given(value: Value) -> Value:
    """What a function gives by its annotation: nobody knows who keeps its session."""
    match value:
        case Session(registry=False):
            return replace(value, owner="unknown")
        case Manager(entered=Session() as session):
            return Manager(replace(session, owner="unknown"))
    return value


def _items(item: Parameter, value: Value) -> Value:
    return Collection(value) if item.kind == "args" else UNKNOWN if item.kind == "kwargs" else value


def may_guess(facts: Facts) -> bool:
    """Whether a bare name may be taken for a session in this file: not where a rival library owns the word."""
    heads = {target.partition(".")[0] for target in facts.imports.values()}
    if not facts.guesses:
        return False
    return not heads & RIVALS or bool(heads & {"sqlalchemy", "sqlmodel", "flask_sqlalchemy"})
