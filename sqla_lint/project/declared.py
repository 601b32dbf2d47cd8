"""What declared expressions give: module variables, class attributes, defaults of parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqla_lint.flow.constructs import (
    construct,
    create_engine,
    framework_member,
    generated,
    make_framework,
    open_session,
)
from sqla_lint.flow.frame import Arguments
from sqla_lint.flow.lattice import choice
from sqla_lint.flow.options import chained
from sqla_lint.flow.questions import FunctionInfo, KindByUse, SignatureOf, Summary, SummaryOf
from sqla_lint.flow.reaching import Adapter
from sqla_lint.flow.schemas import dumper
from sqla_lint.flow.values import (
    UNKNOWN,
    Bindings,
    ClassValue,
    Collection,
    Constant,
    External,
    Factory,
    FunctionValue,
    Instance,
    MappedAttribute,
    Mapping,
    ModuleValue,
    Object,
    Option,
    Session,
    SessionFactory,
    Statement,
    Value,
    alternatives,
)
from sqla_lint.knowledge.schemas import ADAPTERS
from sqla_lint.knowledge.sessions import ENGINES, FRAMEWORKS, is_session_name
from sqla_lint.knowledge.statements import GENERATIVE
from sqla_lint.project.annotations import Annotations, keyed
from sqla_lint.project.classes import Classes
from sqla_lint.project.extensions import session_options
from sqla_lint.project.generics import CONSTRUCTOR, Generics, bound_expression
from sqla_lint.project.names import Definition
from sqla_lint.project.vague import is_empty, is_field, is_trait
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
    dotted,
)
from sqla_lint.survey.facts import Declared

_DEEPEST = 12
_NONE = Collection(UNKNOWN, literal=True, limit=0)
_CASTS = frozenset({"typing.cast", "typing_extensions.cast"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: its module, and the names of a function around it."""

    module: str
    names: dict[str, Value] = field(default_factory=dict)


class Declarations:
    """Evaluates declared expressions; asks for signatures and summaries of project functions through `ask`."""

    def __init__(
        self, classes: Classes, annotations: Annotations, generics: Generics, ask: Callable[..., object]
    ) -> None:
        self._classes = classes
        self._generics = generics
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
        return SessionFactory(kind, registry=self._classes.is_registry(id_)) if kind else ClassValue(id_)

    def _variable(self, definition: Definition, depth: int) -> Value:
        open_ = (definition.module, definition.name)
        if open_ in self._open or depth > _DEEPEST:
            return UNKNOWN
        self._open.add(open_)
        try:
            declared = self._classes.index.modules[definition.module].variables[definition.name]
            key = f"global:{definition.module}.{definition.name}"
            found = self._declared(Scope(definition.module), declared, key, depth)
        finally:
            self._open.discard(open_)
        if isinstance(found, Session) and found.owner == "function":
            return replace(found, owner="unknown", opened=None)
        return found

    def _declared(self, scope: Scope, declared: Declared, key: str, depth: int = 0) -> Value:
        """What an assignment binds: its value where that says something, else its annotation."""
        if declared.value is not None:
            found = self._value(scope, declared.value, key, depth)
            vague = is_empty(found) or declared.annotation is not None and is_field(found)
            if found not in (UNKNOWN, Constant(None)) and not vague:
                return found
        if declared.annotation is not None:
            by_annotation = keyed(self._annotations.value(scope.module, declared.annotation), key)
            if by_annotation != UNKNOWN:
                return by_annotation
        return UNKNOWN

    def value(self, module: str, expression: Expression | None) -> Value:
        """The value of an expression at the top of a module."""
        return self._value(Scope(module), expression)

    def _value(self, scope: Scope, expression: Expression | None, key: str = "", depth: int = 0) -> Value:
        if depth > _DEEPEST:
            return UNKNOWN
        match expression:
            case Literal(value=value):
                return Constant(value)
            case Name(id=name):
                local = scope.names.get(name)
                return local or self.meaning(self._classes.index.find(scope.module, name), depth + 1)
            case Member():
                return self._member(scope, expression, depth)
            case Apply():
                return self._call(scope, expression, key, depth)
            case Index(base=base, items=items):
                whole = self._value(scope, base, key, depth + 1)
                if isinstance(whole, ClassValue):
                    return replace(whole, bound=self._generics.subscripted(scope.module, whole.id, items))
                return whole.value if isinstance(whole, Mapping) else whole
            case Choice(options=options):
                return self._choice([self._value(scope, item, key, depth + 1) for item in options])
            case Items(items=items):
                found = [self._value(scope, item, key, depth + 1) for item in items[:8]]
                element = found[0] if found and len(set(found)) == 1 else UNKNOWN
                known = tuple(found) if len(found) == len(items) else ()
                return Collection(element, literal=True, limit=len(items), items=known)
            case Pairs(items=pairs):
                held = [self._value(scope, item, "", depth + 1) for _, item in pairs[:8]]
                callables = all(isinstance(item, SessionFactory | ClassValue | FunctionValue) for item in held)
                names = zip((name for name, _ in pairs), held, strict=False)
                entries = tuple(item for item in names if item[1] != UNKNOWN and not isinstance(item[1], Constant))
                return Mapping(UNKNOWN, self._choice(held) if callables else UNKNOWN, entries)
            case Produce(body=body):
                inner = self._value(scope, body, key, depth + 1)
                if isinstance(inner, Session) and inner.owner == "function":
                    return SessionFactory(inner.kind, inner.autoflush, inner.expire_on_commit)
        return UNKNOWN

    def _choice(self, found: list[Value]) -> Value:
        real = [item for item in dict.fromkeys(found) if item not in (Constant(None), UNKNOWN)]
        if len(real) == 1:
            return real[0]
        return choice(tuple(real)) if 1 < len(real) <= 3 else UNKNOWN

    def _member(self, scope: Scope, expression: Member, depth: int) -> Value:
        if dotted(expression).partition(".")[0] not in scope.names:
            found = self._classes.index.resolve(scope.module, expression)
            if found.kind != "unknown":
                return self.meaning(found, depth + 1)
        base = self._value(scope, expression.base, "", depth + 1)
        return self.read(base, expression.name, depth)

    def read(self, base: Value, name: str, depth: int = 0) -> Value:
        """`base.name` of a declared value."""
        match base:
            case External(made=True):
                return framework_member(base, name) or UNKNOWN
            case External():
                return External(f"{base.dotted}.{name}")
            case ModuleValue(name=module):
                return self.meaning(self._classes.index.find(module, name), depth + 1)
            case Object(cls=cls, bound=bound):
                return self._got(self.attribute(cls, name, False, depth + 1, bound=bound), name)
            case Instance(cls=cls):
                return self._got(self.attribute(cls, name, False, depth + 1), name)
            case ClassValue(id=cls, bound=bound):
                info = self._classes.mapping(cls)
                if name in info.relationships or name in info.columns:
                    return MappedAttribute(cls, (name,))
                return self.attribute(cls, name, True, depth + 1, bound=bound)
        return UNKNOWN

    def _got(self, found: Value, name: str) -> Value:
        """What reading an attribute gives: a property is called."""
        if not isinstance(found, FunctionValue):
            return found
        info = self._ask(SignatureOf(found.id))
        return self.returned(found.id, name) if isinstance(info, FunctionInfo) and info.getter else found

    def _call(self, scope: Scope, expression: Apply, key: str, depth: int) -> Value:
        if isinstance(expression.function, Member):
            base = self._value(scope, expression.function.base, "", depth + 1)
            if isinstance(base, Option):
                return chained(base, expression.function.name, self._arguments(scope, expression, depth))
            if isinstance(base, Statement) and expression.function.name in GENERATIVE:
                return generated(base, expression.function.name, self._arguments(scope, expression, depth))
        callee = self._value(scope, expression.function, "", depth + 1)
        if isinstance(callee, External):
            arguments = self._arguments(scope, expression, depth)
            if callee.dotted in ENGINES:
                return create_engine(callee.dotted, arguments)
            if callee.dotted in _CASTS and len(expression.arguments) == 2:
                return keyed(self._annotations.value(scope.module, expression.arguments[0]), key)
            if callee.dotted in ADAPTERS and key.startswith("global:"):
                return Adapter(scope.module, "", key.rpartition(".")[2])
            if callee.dotted in FRAMEWORKS:
                return make_framework(callee.dotted, session_options(self._classes.index, scope.module, expression))
            return construct(callee.dotted, arguments, key) or External(callee.dotted, made=True)
        match callee:
            case SessionFactory():
                return open_session(callee, self._arguments(scope, expression, depth), key)
            case Session(registry=True):
                return callee
            case ClassValue(id=id_, bound=bound):
                if framework := self._classes.is_framework(id_):
                    return make_framework(framework, session_options(self._classes.index, scope.module, expression))
                if self._classes.mapping(id_).mapped:
                    return Instance(id_)
                return dumper(self._ask, id_, self._arguments(scope, expression, depth)) or Object(id_, bound=bound)
            case FunctionValue(id=id_):
                return self.returned(id_, key)
        return UNKNOWN

    def _arguments(self, scope: Scope, expression: Apply, depth: int) -> Arguments:
        return Arguments(
            tuple(self._value(scope, item, "", depth + 1) for item in expression.arguments),
            {name: self._value(scope, item, "", depth + 1) for name, item in expression.keywords},
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

    def attribute(
        self, cls: str, name: str, on_class: bool, depth: int = 0, above: str = "", bound: Bindings = ()
    ) -> Value:
        """An attribute of an instance of a class of the project (or of the class), inherited ones included."""
        for module, fact in self._classes.facts_above(cls, above):
            inner = self._classes.index.member(Definition("class", module, fact.qualname), name)
            if inner.kind == "class":
                return self._class(inner.id)
            if name in fact.methods:
                return FunctionValue(f"{module}:{fact.methods[name]}")
            owner = f"{module}:{fact.qualname}"
            kept = None if on_class else fact.self_attributes.get(name)
            trait = UNKNOWN
            if (declared := fact.attributes.get(name)) is not None:
                declared = self._bound(owner, cls, bound, declared)
                found = self._declared(Scope(module), declared, f"self.{name}", depth + 1)
                if kept is not None and is_trait(found):
                    trait = found
                elif found not in (UNKNOWN, Constant(None)):
                    return self._held(found, name)
                elif self._speaks_against(module, declared.annotation, name):
                    return External(dotted(declared.annotation), made=True)
            if kept is not None:
                declared = self._bound(owner, cls, bound, kept)
                method = fact.methods.get(declared.within, "")
                scope = self._scope(module, Object(cls, bound=bound), method, name)
                found = self._declared(scope, declared, f"self.{name}", depth + 1)
                if isinstance(found, Session) and found.guessed:
                    found = self._as_used(found, f"{module}:{method}", name)
                if found != UNKNOWN:
                    return self._held(found, name)
                if self._speaks_against(module, declared.annotation, name):
                    return External(dotted(declared.annotation), made=True)
            if trait != UNKNOWN:
                return trait
        if not on_class and "session" in name and (below := self._given_below(cls, name)) is not None:
            return below
        return _NONE if self._stays_empty(cls, name, above) else UNKNOWN

    def _given_below(self, cls: str, name: str) -> Value | None:
        """A method or property that only derived classes have, where all of them give a session of one kind."""
        given = [(id_, self.returned(id_, f"self.{name}")) for id_ in self._classes.overriders(cls, name)]
        every = [item for _, value in given for item in alternatives(value)]
        kinds = {item.kind if isinstance(item, Session) else "" for item in every}
        if len(kinds) != 1 or "" in kinds:
            return None
        session = Session(f"named:{name}", kinds.pop(), "unknown")
        signatures = [self._ask(SignatureOf(id_)) for id_, _ in given]
        return session if all(getattr(item, "getter", False) for item in signatures) else Factory(session)

    def _as_used(self, session: Session, method: str, name: str) -> Value:
        """What a method was given and keeps, known for a session by its name alone, as the other methods use it."""
        kind = str(self._ask(KindByUse(method, f"self.{name}")))
        return replace(session, kind=kind if session.kind == "unknown" else session.kind) if kind else UNKNOWN

    def _stays_empty(self, cls: str, name: str, above: str) -> bool:
        """Whether a class declares an empty display, such as `options = ()`, that no method replaces."""
        lineage = [fact for _, fact in self._classes.facts_above(cls, above)]
        declared = next((fact.attributes[name] for fact in lineage if name in fact.attributes), None)
        return declared == Declared(None, Items(())) and not any(name in fact.self_attributes for fact in lineage)

    def _speaks_against(self, module: str, annotation: Expression | None, name: str) -> bool:
        """Whether an annotation that says nothing else tells that what is called `session` is none."""
        return (
            annotation is not None and is_session_name(name) and not self._annotations.leaves_open(module, annotation)
        )

    def _bound(self, owner: str, cls: str, bound: Bindings, declared: Declared) -> Declared:
        """What a class declares, its type variables replaced by what they are on an object bound so."""
        if declared.annotation is None:
            return declared
        return declared._replace(
            annotation=bound_expression(declared.annotation, self._generics.types(owner, cls, bound))
        )

    def _scope(self, module: str, this: Object, method: str, attribute: str) -> Scope:
        """The names of a method that sets an attribute: its parameters, `self` an instance of the class."""
        info = self._ask(SignatureOf(f"{module}:{method}"))
        if not isinstance(info, FunctionInfo) or not info.parameters:
            return Scope(module)
        if info.generic:
            info = self._ask(SignatureOf(info.id, this.cls, this.bound))
            assert isinstance(info, FunctionInfo)
        first, *others = info.parameters
        names = {item.name: item.value for item in others}
        if info.name == "__init__":
            given = {name.removeprefix(CONSTRUCTOR): id_ for name, id_ in this.bound if name.startswith(CONSTRUCTOR)}
            names |= {name: ClassValue(id_) for name, id_ in given.items() if names.get(name) == UNKNOWN}
        fact = self._classes.index.function_fact(info.id)
        for item in fact.parameters if fact is not None else ():
            if names.get(item.name) == UNKNOWN and self._speaks_against(module, item.annotation, attribute):
                names[item.name] = External(dotted(item.annotation), made=True)
        return Scope(module, {**names, first.name: this if isinstance(first.value, Object) else first.value})

    def _held(self, value: Value, name: str) -> Value:
        if isinstance(value, Session) and not value.registry:
            return replace(value, key=f"self.{name}", owner="unknown", opened=None)
        return value
