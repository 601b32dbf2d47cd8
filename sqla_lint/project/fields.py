"""What classes keep of what their constructors are given, and what they hand on to with `__getattr__`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqla_lint.flow.fielded import Keeping, KeepingOf
from sqla_lint.flow.guesses import DynamicNamed
from sqla_lint.flow.values import UNKNOWN, Collection, Instance, Value
from sqla_lint.knowledge.schemas import BASES
from sqla_lint.project.annotations import Annotations
from sqla_lint.project.classes import Classes
from sqla_lint.survey.expressions import Apply, Choice, Expression, Index, Items, Literal, Member, Name, Pairs, dotted
from sqla_lint.survey.facts import ClassFact, Parameter

# Decorators that make a constructor of annotations, and bases that do.
_MAKING = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "attr", "s", "dataclass_transform"})
_NAMED_TUPLES = frozenset({"collections.namedtuple", "typing.NamedTuple", "typing_extensions.NamedTuple"})
# What gives another container with the same rows.
_CONTAINERS = frozenset({"defaultdict", "deque", "dict", "list", "OrderedDict", "set"})
_COPYING = frozenset({"list", "tuple", "set", "sorted", "iter", "cast"})


def answering(classes: Classes, annotations: Annotations) -> dict[type, Callable[..., object]]:
    """What answers the questions about objects whose class is all that is known, or not even that."""
    return {
        KeepingOf: Fields(classes, annotations).keeping,
        DynamicNamed: lambda question: dynamic_target(classes, question.name),
    }


def dynamic_target(classes: Classes, name: str) -> tuple[str, frozenset[str]]:
    """The class that all dynamic relationships of a name lead to, and its ways back; empty where there are several."""
    found = [
        (info.id, info.relationships[name].target)
        for facts in classes.index.files
        for qualname in facts.classes
        for info in (classes.mapping(f"{facts.module}:{qualname}"),)
        if name in info.relationships and info.relationships[name].lazy == "dynamic"
    ]
    owners, targets = {owner for owner, _ in found}, {target for _, target in found}
    if len(targets) != 1:
        return "", frozenset()
    (target,) = targets
    back = classes.mapping(target).relationships.values() if target else ()
    return target, frozenset(item.name for item in back if not item.collection and item.target in owners)


def keepers_of(fact: ClassFact, name: str) -> tuple[str, ...]:
    """The methods that leave something in an attribute of `self`: in a list or dict that stands there as well."""
    declared = fact.self_attributes.get(name) or fact.attributes.get(name)
    fillers = fact.fillers.get(name, ()) if declared is not None and _is_container(declared.value) else ()
    return tuple(dict.fromkeys((*fact.keepers.get(name, ()), *fillers)))


def _is_container(value: Expression | None) -> bool:
    """Whether a value is a list, a set or a dict that is there to be filled."""
    match value:
        case Items() | Pairs(items=()):
            return True
        case Apply(function=function):
            return dotted(function).rpartition(".")[2] in _CONTAINERS
    return False


class Fields:
    """Reads the constructors of classes."""

    def __init__(self, classes: Classes, annotations: Annotations) -> None:
        self._classes = classes
        self._annotations = annotations

    def keeping(self, question: KeepingOf) -> Keeping:
        """What a class keeps."""
        lineage = list(self._classes.facts(question.cls))
        if self._classes.mapping(question.cls).mapped:
            return Keeping()
        hands_on = next((name for module, fact in lineage if (name := self._hands_on(module, fact))), "")
        for module, fact in lineage:
            if "__init__" in fact.methods:
                function = self._classes.index.function_fact(f"{module}:{fact.methods['__init__']}")
                given = frozenset(item.name for item in _given(function.parameters)) if function is not None else ()
                kept = tuple(_stored(frozenset(given), [item for _, item in lineage]))
                return Keeping(kept, hands_on=hands_on, quiet=function is not None and not function.sketch.calls)
        if not _NAMED_TUPLES.isdisjoint(self._classes.lineage(question.cls)):
            return Keeping(tuple(_declared(lineage)), True, True, hands_on)
        if any(self._is_made(module, item) for module, fact in lineage for item in fact.decorators):
            quiet = not any("__post_init__" in fact.methods for _, fact in lineage)
            return Keeping(tuple(_declared(lineage)), False, True, hands_on, quiet)
        if not BASES.isdisjoint(self._classes.lineage(question.cls)):
            return Keeping(tuple(self._open(lineage)), False, True, hands_on)
        return Keeping(hands_on=hands_on)

    def _is_made(self, module: str, decorator: Expression) -> bool:
        """Whether a decorator makes a constructor of the annotations, whatever it is imported as."""
        function = decorator.function if isinstance(decorator, Apply) else decorator
        found = self._classes.index.resolve(module, function)
        return (found.name or dotted(function)).rpartition(".")[2] in _MAKING

    def _open(self, lineage: list[tuple[str, ClassFact]]) -> Iterator[tuple[str, str]]:
        """The fields of a model that keep what they are given as it is; others make models of it."""
        for name, field in _declared(lineage):
            module, declared = next(
                (module, fact.attributes[name]) for module, fact in lineage if name in fact.attributes
            )
            if _holds_rows(self._annotations.value(module, declared.annotation)):
                yield name, field

    def _hands_on(self, module: str, fact: ClassFact) -> str:
        """The attribute of `return getattr(self.row, name)` in `__getattr__`."""
        function = self._classes.index.function_fact(f"{module}:{fact.methods.get('__getattr__', '')}")
        match function.declares if function is not None else None:
            case Apply(function=Name(id="getattr"), arguments=(Member(base=Name(), name=name), Name(), *_)):
                return name
        return ""


def _holds_rows(value: Value) -> bool:
    """Whether an annotation leaves open that rows are kept."""
    held = value.element if isinstance(value, Collection) else value
    return held == UNKNOWN or isinstance(held, Instance)


def _given(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    return tuple(item for item in parameters[1:] if item.kind in ("plain", "keyword"))


def _stored(parameters: frozenset[str], lineage: list[ClassFact]) -> Iterator[tuple[str, str]]:
    """The attributes that `__init__` alone sets, to one of its parameters."""
    keepers: dict[str, set[str]] = {}
    for fact in lineage:
        for name, methods in fact.keepers.items():
            keepers.setdefault(name, set()).update(item.rpartition(".")[2] for item in methods)
    seen: set[str] = set()
    for fact in lineage:
        for name, declared in fact.self_attributes.items():
            parameter = _kept(declared.value)
            if name not in seen and parameter in parameters and keepers.get(name, set()) <= {"__init__"}:
                yield name, parameter
            seen.add(name)


def _kept(value: Expression | None) -> str:
    """The name that a value is, perhaps copied or with something else in its place where it is empty."""
    match value:
        case Name(id=name):
            return name
        case Apply(function=Name(id=called), arguments=(*_, Name(id=name)), keywords=()) if called in _COPYING:
            return name
        case Choice(options=(Name(id=name), Items(items=()) | Literal())):
            return name
    return ""


def _declared(lineage: list[tuple[str, ClassFact]]) -> Iterator[tuple[str, str]]:
    """The annotated attributes of a class, those of its bases first."""
    found: dict[str, str] = {}
    for _, fact in reversed(lineage):
        for name, declared in fact.attributes.items():
            if _is_attribute(declared.value) if declared.annotation is None else not _is_of_class(declared.annotation):
                found.setdefault(name, name)
    yield from found.items()


def _is_attribute(value: Expression | None) -> bool:
    """Whether a value says by itself that it is one of the constructor's: `attr.ib()`."""
    return isinstance(value, Apply) and dotted(value.function).rpartition(".")[2] in ("attrib", "ib")


def _is_of_class(annotation: Expression) -> bool:
    return isinstance(annotation, Index) and dotted(annotation.base).rpartition(".")[2] == "ClassVar"
