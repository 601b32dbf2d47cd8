"""What a value is that an annotation describes."""

from __future__ import annotations

from dataclasses import replace

from sqla_lint.flow.lattice import choice
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    External,
    Factory,
    Instance,
    Manager,
    Mapping,
    Object,
    Producer,
    Result,
    Session,
    SessionFactory,
    TupleValue,
    Value,
)
from sqla_lint.knowledge import sessions
from sqla_lint.knowledge.calls import OUTSIDE
from sqla_lint.knowledge.coroutines import core_class
from sqla_lint.project.classes import Classes
from sqla_lint.project.generics import Generics
from sqla_lint.survey.expressions import (
    Apply,
    Bound,
    Choice,
    Expression,
    Index,
    Items,
    Literal,
    Member,
    Name,
    dotted,
    parse_annotation,
)

_SEQUENCES = frozenset(
    {
        "AsyncGenerator", "AsyncIterable", "AsyncIterator", "Collection", "Generator", "InstrumentedList", "Iterable",
        "Iterator", "List", "MutableSequence", "Sequence", "Set", "FrozenSet", "frozenset", "list", "set", "deque",
        "ScalarResult", "AbstractSet", "InstrumentedSet", "Query", "AppenderQuery",
    }
)  # fmt: skip
_MAPPINGS = frozenset({"Dict", "DefaultDict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "dict"})
_WRAPPERS = frozenset(
    {"Annotated", "Awaitable", "ClassVar", "Final", "Mapped", "Optional", "Required", "NotRequired", "WriteOnlyMapped",
     "DynamicMapped", "InitVar", "FromDishka", "Injected"}
)  # fmt: skip
_DEEPEST = 8


class Annotations:
    """Reads annotations of the project's modules."""

    def __init__(self, classes: Classes, generics: Generics) -> None:
        self._classes = classes
        self._generics = generics

    def value(self, module: str, annotation: Expression | None, depth: int = 0) -> Value:
        """What a name annotated so holds; UNKNOWN where the annotation says nothing that matters here."""
        if depth > _DEEPEST:
            return UNKNOWN
        match annotation:
            case Literal(value=str(text)):
                return self.value(module, parse_annotation(text), depth + 1)
            case Literal(value=None):
                return Constant(None)
            case Choice(options=options):
                return self._any(module, options, depth)
            case Index(base=base, items=items):
                return self._generic(module, base, items, depth)
            case Name() | Member():
                return self._named(module, annotation, depth)
            case Bound(cls=cls) if cls:
                return self.instance(cls)
        return UNKNOWN

    def _any(self, module: str, options: tuple[Expression, ...], depth: int) -> Value:
        found = [self.value(module, item, depth + 1) for item in options]
        real = list(dict.fromkeys(item for item in found if item != Constant(None)))
        if len(real) == 1:
            # A class is true wherever it is tested; one that may be missing is not.
            return real[0] if not isinstance(real[0], ClassValue) or Constant(None) not in found else UNKNOWN
        if real and UNKNOWN not in real and len(real) <= 3:
            return choice(tuple(real))
        return UNKNOWN

    def _generic(self, module: str, base: Expression, items: tuple[Expression, ...], depth: int) -> Value:
        last = self._classes.words.word(module, base)
        if last == "Union":
            return self._any(module, items, depth)
        if last in _WRAPPERS:
            return self.value(module, items[0], depth + 1)
        if last in ("type", "Type"):
            return self._class_of(self.value(module, items[0], depth + 1))
        if last == "Coroutine":
            return self.value(module, items[-1], depth + 1)
        if last.endswith("ContextManager"):
            return Manager(self.value(module, items[0], depth + 1))
        if last == "Callable" and len(items) == 2:
            given = self.value(module, items[1], depth + 1)
            return Factory(given) if given != UNKNOWN else UNKNOWN
        if last in _SEQUENCES:
            return Collection(self.value(module, items[0], depth + 1))
        if last in ("tuple", "Tuple"):
            if len(items) == 2 and not isinstance(items[1], Name | Member | Index | Literal | Choice):
                return Collection(self.value(module, items[0], depth + 1))
            return TupleValue(tuple(self.value(module, item, depth + 1) for item in items))
        if last in _MAPPINGS and len(items) == 2:
            return Mapping(self.value(module, items[0], depth + 1), self.value(module, items[1], depth + 1))
        if last == "Result":
            inner = self.value(module, items[0], depth + 1)
            return Result(inner, Producer(False))
        found = self._named(module, base, depth)
        if isinstance(found, Object) and not found.bound:
            return replace(found, bound=self._generics.subscripted(module, found.cls, items))
        return found

    def _class_of(self, value: Value) -> Value:
        """The class that makes such values."""
        match value:
            case Session(registry=False):
                return SessionFactory(value.kind)
            case Object(cls=cls, bound=bound):
                return ClassValue(cls, bound)
            case Instance(cls=cls):
                return ClassValue(cls)
        return UNKNOWN

    def _named(self, module: str, annotation: Expression, depth: int) -> Value:
        found = self._classes.index.resolve(module, annotation)
        match found.kind:
            case "external":
                return _external(found.name)
            case "class":
                return self.instance(found.id)
            case "variable":
                declared = self._classes.index.modules[found.module].variables[found.name]
                if isinstance(declared.value, Apply) and dotted(declared.value.function).endswith("NewType"):
                    return self.value(found.module, declared.value.arguments[-1], depth + 1)
                if isinstance(declared.value, Apply | Items | Literal | None):
                    return UNKNOWN
                return self.value(found.module, declared.value, depth + 1)
        return UNKNOWN

    def leaves_open(self, module: str, annotation: Expression | None) -> bool:
        """Whether an annotation that says nothing speaks for a session, or at least not against one."""
        match annotation:
            case Literal(value=str(text)):
                return self.leaves_open(module, parse_annotation(text))
            case Choice(options=options):
                return any(self.leaves_open(module, item) for item in options)
            case Index(base=base, items=items) if dotted(base).rpartition(".")[2] in ("Optional", "Annotated"):
                return self.leaves_open(module, items[0])
            case Name() | Member():
                found = self._classes.index.resolve(module, annotation)
                named = dotted(annotation).rpartition(".")[2] in ("Session", "AsyncSession")
                if found.kind == "external":
                    return found.name == "typing.Any" or named and sessions.is_foreign(found.name)
                return found.kind == "unknown" and named
        return False

    def instance(self, class_id: str) -> Value:
        """An instance of a class of the project."""
        kind = self._classes.session_kind(class_id)
        if kind:
            return Session("", kind, "caller", registry=self._classes.is_registry(class_id))
        if self._classes.mapping(class_id).mapped:
            return Instance(class_id)
        return Object(class_id)


def _external(dotted_name: str) -> Value:
    if dotted_name in sessions.REGISTRIES:
        return Session("", sessions.REGISTRIES[dotted_name], "caller", registry=True)
    if dotted_name in sessions.CLASSES:
        return Session("", sessions.CLASSES[dotted_name], "caller")
    if dotted_name in sessions.MAKERS:
        return SessionFactory(sessions.MAKERS[dotted_name])
    if dotted_name.partition(".")[0] in OUTSIDE or core_class(dotted_name):
        return External(dotted_name, made=True)
    return UNKNOWN


def keyed(value: Value, key: str) -> Value:
    """A session that is reached by `key`, and that whoever made it closes."""
    if isinstance(value, Session):
        owner = value.owner if value.owner == "registry" else "caller" if value.owner == "caller" else "unknown"
        return replace(value, key=key, owner=owner)
    return value
