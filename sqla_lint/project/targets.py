"""Which functions of the project a called chain of names may run, decided on sketches.

A chain is followed from its first name: an import, a function, `self`, a parameter by its annotation, a name that is
bound to calls alone. It leads to functions and classes of the project, to something of a library, or to anything; a
method of anything stands for every method of its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain as chained

from sqla_lint.flow.values import class_name
from sqla_lint.knowledge.calls import PROPERTIES
from sqla_lint.knowledge.sessions import CLASSES, MAKERS, METHODS, REGISTRIES, is_session_name
from sqla_lint.knowledge.statements import (
    QUERY_ONE,
    RESULT_ONE,
    RESULT_SCALAR,
    SELECTS,
)
from sqla_lint.project.classes import Classes
from sqla_lint.project.names import NOTHING, Definition, NameIndex
from sqla_lint.survey.expressions import (
    Apply,
    Choice,
    Expression,
    Index,
    Literal,
    Member,
    Name,
    parse_annotation,
)
from sqla_lint.survey.facts import Declared, Facts, FunctionFact

Meaning = tuple[Definition, ...]

_ANYTHING: Meaning = (NOTHING,)
_LIBRARY: Meaning = (Definition("external"),)
_STATEMENT: Meaning = (Definition("statement"),)
_SESSION: Meaning = (Definition("session"),)
_ROW_OF: Meaning = (Definition("row of"),)
_DEEPEST = 8

# Methods of the builtin containers and strings: on a receiver that nothing is known of they are taken for those,
# unless rows have them whose class the file names.
_COMMON = frozenset(name for kind in (dict, list, set, str, bytes) for name in dir(kind)) - {"remove"}
# Methods of a statement, a result or a collection that give one row of it.
_TAKES = QUERY_ONE | RESULT_ONE | RESULT_SCALAR | {"get", "pop", "popitem"}
# Those of a session that give a row.
_LOADS = frozenset({"get", "get_one", "merge", "scalar"})
# What is called in these modules may give back what it is given.
_PASSING = frozenset({"builtins", "contextlib", "copy", "dataclasses", "functools", "itertools", "operator", "typing"})
_SAYS_NOTHING = frozenset({"Any", "object", "Self", "TypeVar", "Callable", "type", "Type", "Protocol"})
_HOLDERS = frozenset({"Annotated", "ClassVar", "Final", "Mapped", "Optional", "Union", "Awaitable", "InitVar"})


class Targets:
    """Follows chains; each answer is worked out once."""

    def __init__(self, index: NameIndex, classes: Classes) -> None:
        self._index = index
        self._classes = classes
        self._by_method: dict[str, list[str]] = defaultdict(list)
        self._of_rows: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        self._properties: dict[str, list[str]] = defaultdict(list)
        self.relationships = frozenset(self._relationship_names())
        self._known: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self._methods: dict[tuple[str, str], tuple[str, ...]] = {}
        self._tables: dict[str, dict[str, str]] = {}
        self._families: dict[tuple[str, str], Meaning] = {}
        self._unions: dict[tuple[int, ...], Meaning] = {}
        # By the identity of a meaning that is kept: large families are met again and again.
        self._of_family: dict[int, tuple[str, ...]] = {}
        for facts in index.files:
            for fact in facts.functions.values():
                if fact.owner:
                    self._add_method(facts, fact)

    def _add_method(self, facts: Facts, fact: FunctionFact) -> None:
        id_ = f"{facts.module}:{fact.qualname}"
        self._by_method[fact.name.partition("@")[0]].append(id_)
        if self._is_property(facts, fact):
            self._properties[fact.name.partition("@")[0]].append(id_)
        owner = f"{facts.module}:{fact.owner}"
        name = fact.name.partition("@")[0]
        if name in _COMMON:
            family = (owner, *self._classes.subclasses.get(owner, ()))
            rows = frozenset(class_name(item) for item in family if self._classes.mapping(item).mapped)
            if rows:
                self._of_rows[name].append((id_, rows))

    def _is_property(self, facts: Facts, fact: FunctionFact) -> bool:
        """Whether reading the attribute of its name runs a function."""
        return any(self._classes.words.decorator(facts.module, item) in PROPERTIES for item in fact.decorators)

    def of(self, facts: Facts, fact: FunctionFact | None, chain: str) -> tuple[str, ...]:
        """The functions that calling a chain may run, in a function or, where `fact` is None, in a module's body."""
        key = (facts.module, fact.qualname if fact else "", chain)
        if key not in self._known:
            meaning = self._follow(facts, fact, chain, 0)
            known = self._of_family.get(id(meaning))
            if known is None:
                last = chain.rpartition(".")[2]
                known = tuple(dict.fromkeys(id_ for item in meaning for id_ in self._run_by(facts, item, last)))
            self._known[key] = known
        return self._known[key]

    def _run_by(self, facts: Facts, item: Definition, last: str) -> Iterator[str]:
        match item.kind:
            case "function":
                yield item.id
            case "class":
                yield from self._method(item.id, "__init__")
            case "instance":
                yield from self._method(item.id, "__call__")
            case "unknown":
                if last not in _COMMON:
                    yield from self._by_method.get(last, ())
                elif last in self._of_rows:
                    named = {target.rpartition(".")[2] for target in facts.imports.values()} | set(facts.classes)
                    yield from (id_ for id_, classes in self._of_rows[last] if not named.isdisjoint(classes))

    def _method(self, cls: str, name: str) -> tuple[str, ...]:
        """What `name` may be on an instance of a class or of one that derives from it."""
        key = (cls, name)
        if key not in self._methods:
            family = (cls, *self._classes.subclasses.get(cls, ()))
            found = (self._inherited(item, name) for item in family)
            self._methods[key] = tuple(dict.fromkeys(item for item in found if item))
        return self._methods[key]

    def _family(self, cls: str, name: str) -> Meaning:
        """Those methods as a meaning, always the same value."""
        key = (cls, name)
        if key not in self._families:
            methods = self._method(cls, name)
            self._families[key] = family = tuple(_defined("function", id_) for id_ in methods)
            self._of_family[id(family)] = methods
        return self._families[key]

    def _inherited(self, cls: str, name: str) -> str:
        return self._all_methods(cls).get(name, "")

    def _all_methods(self, cls: str) -> dict[str, str]:
        """The methods of a class by name, inherited ones included."""
        if cls not in self._tables:
            table: dict[str, str] = {}
            for module, fact in reversed(list(self._classes.facts(cls))):
                table |= {name: f"{module}:{qualname}" for name, qualname in fact.methods.items()}
            self._tables[cls] = table
        return self._tables[cls]

    # Reading attributes.

    def _relationship_names(self) -> Iterator[str]:
        for facts in self._index.files:
            for qualname, fact in facts.classes.items():
                if fact.attributes or fact.methods:
                    info = self._classes.mapping(f"{facts.module}:{qualname}")
                    yield from info.relationships
                    yield from info.proxies

    def loads(self, facts: Facts, fact: FunctionFact | None, chain: str) -> bool:
        """Whether reading a chain may load a relationship."""
        rest, _, name = chain.rpartition(".")
        if name not in self.relationships:
            return False
        found = self._follow(facts, fact, rest, 0)
        return any(item.kind == "unknown" or item.kind == "instance" and self._has(item.id, name) for item in found)

    def _has(self, cls: str, name: str) -> bool:
        for item in (cls, *self._classes.subclasses.get(cls, ())):
            info = self._classes.mapping(item)
            if name in info.relationships or name in info.proxies:
                return True
        return bool(self._inherited(cls, "__getattr__"))  # it may hand on to a row

    def getters(self, facts: Facts, fact: FunctionFact | None, chain: str) -> Iterator[str]:
        """The properties that reading a chain may run."""
        rest, _, name = chain.rpartition(".")
        if name not in self._properties:
            return
        for item in self._follow(facts, fact, rest, 0):
            if item.kind == "unknown":
                yield from self._properties[name]
            elif item.kind == "instance":
                yield from self._method(item.id, name)

    def properties_among(self, functions: frozenset[str]) -> Iterator[str]:
        """The names of the properties among some functions."""
        for name, ids in self._properties.items():
            if not functions.isdisjoint(ids):
                yield name

    def methods_among(self, functions: frozenset[str]) -> Iterator[str]:
        """The names of the methods among some functions, but for those that containers have as well."""
        for name, ids in self._by_method.items():
            if name not in _COMMON and not functions.isdisjoint(ids):
                yield name

    # Following a chain.

    def _follow(self, facts: Facts, fact: FunctionFact | None, chain: str, depth: int) -> Meaning:
        """What a chain stands for; `f()` in it is what calling gives."""
        if depth > _DEEPEST:
            return _ANYTHING
        found: Meaning = ()
        for number, part in enumerate(chain.split(".")):
            name, *calls = part.split("()")
            if number == 0 and name == "super" and calls:
                found = self._above(facts, fact)
                calls = calls[1:]
            elif number == 0:
                found = self._name(facts, fact, name, depth)
            else:
                found = self._members(found, name, depth)
            for _ in calls:
                found = _union(self._called(item, depth) for item in found)
        return found

    def _members(self, items: Meaning, name: str, depth: int) -> Meaning:
        """What `name` may be on any of several things."""
        meanings = [self._member(item, name, depth) for item in items]
        key = tuple(map(id, meanings))
        if len(key) < 2 or not self._of_family.keys() >= set(key):
            return _union(iter(meanings))
        if key not in self._unions:
            self._unions[key] = union = _union(iter(meanings))
            self._of_family[id(union)] = tuple(dict.fromkeys(id_ for one in key for id_ in self._of_family[one]))
        return self._unions[key]

    def _above(self, facts: Facts, fact: FunctionFact | None) -> Meaning:
        """`super()`: the bases of the class around, and what they derive from."""
        scope = fact
        while scope is not None and not scope.owner:
            scope = facts.functions.get(scope.nested_in)
        if scope is None:
            return _ANYTHING
        above = self._classes.lineage(f"{facts.module}:{scope.owner}")[1:]
        own = tuple(_defined("instance", item) for item in above if self._index.class_fact(item) is not None)
        return own or _LIBRARY

    def _name(self, facts: Facts, fact: FunctionFact | None, name: str, depth: int) -> Meaning:
        scope = fact
        while scope is not None:
            found = self._local(facts, scope, name, depth)
            if found is not None:
                return found
            scope = facts.functions.get(scope.nested_in)
        return self._global(facts.module, name, depth)

    def _local(self, facts: Facts, scope: FunctionFact, name: str, depth: int) -> Meaning | None:
        inner = f"{scope.qualname}.<locals>.{name}"
        if inner in facts.functions:
            return (Definition("function", facts.module, inner),)
        if inner in facts.classes:
            return (Definition("class", facts.module, inner),)
        guess = _SESSION if is_session_name(name) else _ANYTHING
        if name in scope.sketch.bound:
            return guess
        made = [chain for bound, chain in scope.sketch.made if bound == name]
        if made:
            # `query = query.filter(…)` adds nothing to what the name is otherwise bound to.
            others = [chain for chain in made if chain.partition(".")[0] != name]
            found = _union(self._follow(facts, scope, chain, depth + 1) for chain in others)
            return guess if not found or guess == _SESSION and NOTHING in found else found
        for position, item in enumerate(scope.parameters):
            if item.name == name:
                if position == 0 and scope.binds and item.annotation is None:
                    return (Definition("instance", facts.module, scope.owner),)
                return guess if item.annotation is None else self._annotated(facts.module, item.annotation, depth)
        return None

    def _global(self, module: str, name: str, depth: int) -> Meaning:
        return self._resolved(self._index.find(module, name), depth)

    def _resolved(self, found: Definition, depth: int) -> Meaning:
        """A definition as a meaning: a variable is what it is declared to be."""
        if found.kind != "variable":
            return (found,)
        if is_session_name(found.name):
            return _SESSION
        return self._declared(found.module, self._index.modules[found.module].variables[found.name], depth + 1)

    def _declared(self, module: str, declared: Declared, depth: int) -> Meaning:
        if declared.annotation is not None:
            return self._annotated(module, declared.annotation, depth)
        return self._expression(module, declared.value, depth)

    def _expression(self, module: str, value: Expression | None, depth: int) -> Meaning:
        if depth > _DEEPEST:
            return _ANYTHING
        match value:
            case Name(id=name):
                return self._global(module, name, depth + 1)
            case Member(base=base, name=name):
                return _union(self._member(item, name, depth + 1) for item in self._expression(module, base, depth + 1))
            case Apply(function=function):
                return _union(self._called(item, depth + 1) for item in self._expression(module, function, depth + 1))
        return _ANYTHING

    def _annotated(self, module: str, annotation: Expression | None, depth: int) -> Meaning:
        """What a value annotated so may be."""
        if depth > _DEEPEST:
            return _ANYTHING
        match annotation:
            case Literal(value=None):
                return ()
            case Literal(value=str(text)):
                return self._annotated(module, parse_annotation(text), depth + 1)
            case Choice(options=options):
                return _union(self._annotated(module, item, depth + 1) for item in options) or _ANYTHING
            case Index(base=base, items=items):
                last = self._classes.words.word(module, base)
                if last in _HOLDERS:
                    kept = items if last == "Union" else items[:1]
                    return _union(self._annotated(module, item, depth + 1) for item in kept) or _ANYTHING
                return self._annotated(module, base, depth + 1)
        found = self._index.resolve(module, annotation)
        if found.kind == "class":
            return _SESSION if self._classes.session_kind(found.id) else (_defined("instance", found.id),)
        if found.kind != "external" or found.name.rpartition(".")[2] in _SAYS_NOTHING:
            return _ANYTHING
        return _SESSION if found.name in CLASSES or found.name in REGISTRIES else _STATEMENT

    # One step.

    def _member(self, item: Definition, name: str, depth: int) -> Meaning:
        """`item.name`."""
        if is_session_name(name) and item.kind in ("external", "unknown"):
            return _SESSION
        match item.kind:
            case "module" | "external":
                return self._resolved(self._index.member(item, name), depth) if item.module or item.name else _LIBRARY
            case "class" | "instance":
                return self._of_class(item, name, depth)
            case "session":
                return _ROW_OF if name in _LOADS else _STATEMENT if name in METHODS else _ANYTHING
            case "statement":
                return _ROW_OF if name in _TAKES else _STATEMENT
        return _ANYTHING

    def _of_class(self, item: Definition, name: str, depth: int) -> Meaning:
        family = self._family(item.id, name)
        if family:
            return family
        inner = self._index.member(item, name) if item.kind == "class" else NOTHING
        if inner.kind == "class":
            return (inner,)
        info = self._classes.mapping(item.id)
        relationship = info.relationships.get(name)
        if relationship is not None and item.kind == "instance" and relationship.target:
            return _STATEMENT if relationship.collection else (_defined("instance", relationship.target),)
        if name in info.columns:
            return _LIBRARY
        if info.mapped and name == "query":
            return _STATEMENT
        for module, fact in self._classes.facts(item.id):
            declared = fact.attributes.get(name) or fact.self_attributes.get(name)
            if declared is not None and (declared.annotation is not None or isinstance(declared.value, Apply)):
                return _SESSION if is_session_name(name) else self._declared(module, declared, depth + 1)
        return _SESSION if is_session_name(name) else _ANYTHING

    def _called(self, item: Definition, depth: int) -> Meaning:
        """What calling `item` gives."""
        match item.kind:
            case "class":
                return _SESSION if self._classes.session_kind(item.id) else (_defined("instance", item.id),)
            case "function":
                fact = self._index.function_fact(item.id)
                if fact is None or fact.returns is None or fact.is_generator or fact.decorators:
                    return _ANYTHING
                return self._annotated(item.module, fact.returns, depth + 1)
            case "external":
                if item.name in SELECTS:
                    return _STATEMENT
                if item.name in CLASSES or item.name in REGISTRIES or item.name in MAKERS:
                    return _SESSION
                head = item.name.partition(".")[0]
                return _ANYTHING if head in _PASSING or item.name.endswith("aliased") else _LIBRARY
            case "session" | "statement":
                return (item,)
        return _ANYTHING


def _defined(kind: str, id_: str) -> Definition:
    module, _, name = id_.partition(":")
    return Definition(kind, module, name)


def _union(meanings: Iterator[Meaning]) -> Meaning:
    first, second = next(meanings, ()), next(meanings, None)
    if second is None:
        return first
    return tuple(dict.fromkeys(item for meaning in chained((first, second), meanings) for item in meaning))
