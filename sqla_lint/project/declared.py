"""What declared expressions give: module variables, class attributes, defaults of parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqla_lint.flow.constructs import chained, construct, create_engine, open_session
from sqla_lint.flow.frame import Arguments
from sqla_lint.flow.questions import FunctionInfo, SignatureOf, Summary, SummaryOf
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    External,
    FunctionValue,
    Instance,
    MappedAttribute,
    Mapping,
    ModuleValue,
    Object,
    OneOf,
    Option,
    Session,
    SessionFactory,
    Statement,
    Value,
)
from sqla_lint.knowledge.sessions import FRAMEWORKS, is_session_name
from sqla_lint.project.annotations import Annotations, keyed
from sqla_lint.project.classes import Classes
from sqla_lint.project.names import Definition
from sqla_lint.survey.expressions import (
    Apply,
    Choice,
    Expression,
    Index,
    Items,
    Literal,
    Member,
    Name,
    Pairs,
    Produce,
)
from sqla_lint.survey.facts import Declared

_DEEPEST = 12
_ENGINES = frozenset({"sqlalchemy.create_engine", "sqlmodel.create_engine", "sqlalchemy.engine.create_engine"})


class Declarations:
    """Evaluates declared expressions; asks for signatures and summaries of project functions through `ask`."""

    def __init__(self, classes: Classes, annotations: Annotations, ask: Callable[..., object]) -> None:
        self._classes = classes
        self._annotations = annotations
        self._ask = ask
        self._open: set[tuple[str, str]] = set()

    def meaning(self, definition: Definition, depth: int = 0) -> Value:
        """The value of a definition."""
        match definition.kind:
            case "class":
                return self._class(definition.id)
            case "function":
                return FunctionValue(definition.id)
            case "module":
                return ModuleValue(definition.module)
            case "external":
                return External(definition.name)
            case "variable":
                return self._variable(definition, depth)
        return UNKNOWN

    def _class(self, id_: str) -> Value:
        kind = self._classes.session_kind(id_)
        return SessionFactory(kind) if kind else ClassValue(id_)

    def _variable(self, definition: Definition, depth: int) -> Value:
        key = (definition.module, definition.name)
        if key in self._open or depth > _DEEPEST:
            return UNKNOWN
        self._open.add(key)
        try:
            declared = self._classes.index.modules[definition.module].variables[definition.name]
            found = self.declared(definition.module, declared, f"global:{definition.module}.{definition.name}", depth)
        finally:
            self._open.discard(key)
        if isinstance(found, Session) and found.owner == "function":
            return replace(found, owner="unknown", opened=None)
        return found

    def declared(self, module: str, declared: Declared, key: str, depth: int = 0) -> Value:
        """What an assignment binds: its value where that says something, else its annotation."""
        if declared.value is not None:
            found = self.value(module, declared.value, key, depth)
            if found not in (UNKNOWN, Constant(None)) and not _is_empty(found):
                return found
        if declared.annotation is not None:
            by_annotation = keyed(self._annotations.value(module, declared.annotation), key)
            if by_annotation != UNKNOWN:
                return by_annotation
        return UNKNOWN

    def value(self, module: str, expression: Expression | None, key: str = "", depth: int = 0) -> Value:
        """The value of a declared expression."""
        if depth > _DEEPEST:
            return UNKNOWN
        match expression:
            case Literal(value=value):
                return Constant(value)
            case Name(id=name):
                return self.meaning(self._classes.index.find(module, name), depth + 1)
            case Member():
                return self._member(module, expression, depth)
            case Apply():
                return self._call(module, expression, key, depth)
            case Index(base=base):
                return self.value(module, base, key, depth + 1)
            case Choice(options=options):
                return self._choice([self.value(module, item, key, depth + 1) for item in options])
            case Items(items=items):
                found = [self.value(module, item, key, depth + 1) for item in items[:8]]
                element = found[0] if found and len(set(found)) == 1 else UNKNOWN
                known = tuple(found) if len(found) == len(items) else ()
                return Collection(element, literal=True, limit=len(items), items=known)
            case Pairs():
                return Mapping(UNKNOWN, UNKNOWN)
            case Produce(body=body):
                inner = self.value(module, body, key, depth + 1)
                if isinstance(inner, Session) and inner.owner == "function":
                    return SessionFactory(inner.kind, inner.autoflush, inner.expire_on_commit)
        return UNKNOWN

    def _choice(self, found: list[Value]) -> Value:
        real = [item for item in dict.fromkeys(found) if item not in (Constant(None), UNKNOWN)]
        if len(real) == 1:
            return real[0]
        return OneOf(tuple(real)) if 1 < len(real) <= 3 else UNKNOWN

    def _member(self, module: str, expression: Member, depth: int) -> Value:
        found = self._classes.index.resolve(module, expression)
        if found.kind != "unknown":
            return self.meaning(found, depth + 1)
        base = self.value(module, expression.base, "", depth + 1)
        return self.read(base, expression.name, depth)

    def read(self, base: Value, name: str, depth: int = 0) -> Value:
        """`base.name` of a declared value."""
        match base:
            case External(dotted=dotted, made=True) if dotted in FRAMEWORKS and name == "session":
                return Session(f"global:{dotted}.session", "sync", "registry", registry=True)
            case External(made=False):
                return External(f"{base.dotted}.{name}")
            case ModuleValue(name=module):
                return self.meaning(self._classes.index.find(module, name), depth + 1)
            case Object(cls=cls) | Instance(cls=cls):
                return self.attribute(cls, name, False, depth + 1)
            case ClassValue(id=cls):
                info = self._classes.mapping(cls)
                if name in info.relationships or name in info.columns:
                    return MappedAttribute(cls, (name,))
                return self.attribute(cls, name, True, depth + 1)
        return UNKNOWN

    def _call(self, module: str, expression: Apply, key: str, depth: int) -> Value:
        if isinstance(expression.function, Member):
            base = self.value(module, expression.function.base, "", depth + 1)
            if isinstance(base, Option):
                return chained(base, expression.function.name, self._arguments(module, expression, depth))
        callee = self.value(module, expression.function, "", depth + 1)
        if isinstance(callee, External):
            arguments = self._arguments(module, expression, depth)
            if callee.dotted in _ENGINES:
                return create_engine(arguments)
            if callee.dotted in FRAMEWORKS:
                return External(callee.dotted, made=True)
            return construct(callee.dotted, arguments, key) or External(callee.dotted, made=True)
        match callee:
            case SessionFactory():
                return open_session(callee, self._arguments(module, expression, depth), key)
            case Session(registry=True):
                return callee
            case ClassValue(id=id_):
                framework = self._classes.is_framework(id_)
                if framework:
                    return External(framework, made=True)
                return Instance(id_) if self._classes.mapping(id_).mapped else Object(id_)
            case FunctionValue(id=id_):
                return self.returned(id_, key)
        return UNKNOWN

    def _arguments(self, module: str, expression: Apply, depth: int) -> Arguments:
        return Arguments(
            tuple(self.value(module, item, "", depth + 1) for item in expression.arguments),
            {name: self.value(module, item, "", depth + 1) for name, item in expression.keywords},
        )

    def returned(self, function: str, key: str) -> Value:
        """What calling a project function gives, reached by `key`."""
        info = self._ask(SignatureOf(function))
        if not isinstance(info, FunctionInfo):
            return UNKNOWN
        found = info.returns
        if found == UNKNOWN or isinstance(found, Session):
            summary = self._ask(SummaryOf(function, closely=True))
            if isinstance(summary, Summary) and summary.returns != UNKNOWN:
                found = summary.returns
        if isinstance(found, Session) and found.registry:
            return found
        return keyed(found, key)

    def yielded(self, function: str) -> Value:
        """What a dependency gives to the function that depends on it: what it yields or returns."""
        summary = self._ask(SummaryOf(function, closely=True))
        info = self._ask(SignatureOf(function))
        if isinstance(summary, Summary):
            found = summary.yields if summary.yields is not None else summary.returns
            if found != UNKNOWN and not isinstance(found, Statement):
                return found
        if isinstance(info, FunctionInfo) and isinstance(info.returns, Collection):
            return info.returns.element
        return info.returns if isinstance(info, FunctionInfo) else UNKNOWN

    def attribute(self, cls: str, name: str, on_class: bool, depth: int = 0) -> Value:
        """An attribute of an instance of a class of the project (or of the class), inherited ones included."""
        for module, fact in self._classes.facts(cls):
            if name in fact.methods:
                return FunctionValue(f"{module}:{fact.methods[name]}")
            declared = fact.attributes.get(name)
            if declared is not None:
                found = self.declared(module, declared, f"self.{name}", depth + 1)
                if found not in (UNKNOWN, Constant(None)):
                    return self._held(found, name)
            if not on_class and name in fact.self_attributes:
                found = self._self_attribute(module, fact.methods, fact.self_attributes[name], name, depth)
                if found != UNKNOWN:
                    return self._held(found, name)
        return UNKNOWN

    def _held(self, value: Value, name: str) -> Value:
        if isinstance(value, Session) and not value.registry:
            return replace(value, key=f"self.{name}", owner="unknown", opened=None)
        return value

    def _self_attribute(self, module: str, methods: dict[str, str], declared: Declared, name: str, depth: int) -> Value:
        value = declared.value
        if declared.annotation is None and isinstance(value, Name):
            info = self._ask(SignatureOf(f"{module}:{methods.get(declared.within, '')}"))
            if isinstance(info, FunctionInfo):
                for parameter in info.parameters:
                    if parameter.name == value.id:
                        return parameter.value
        found = self.declared(module, declared, f"self.{name}", depth + 1)
        if found == UNKNOWN and isinstance(value, Member | Apply) and is_session_name(name):
            return UNKNOWN
        return found


def _is_empty(value: Value) -> bool:
    return isinstance(value, Collection | Mapping) and getattr(value, "element", UNKNOWN) == UNKNOWN
