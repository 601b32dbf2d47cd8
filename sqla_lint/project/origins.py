"""What an expression of a declaration comes from: the names that lead to it followed through variables and calls."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.knowledge.mapping import MAKES_BASE, is_family
from sqla_lint.knowledge.sessions import FRAMEWORKS
from sqla_lint.project.names import NOTHING, Definition, NameIndex
from sqla_lint.survey.expressions import Apply, Choice, Expression, Index, Items, Member, Name, dotted
from sqla_lint.survey.facts import ClassFact

_DEEPEST = 12


class Origins:
    """Follows names. What a library makes is told by its call: `registry()` gives `sqlalchemy.orm.registry()`."""

    def __init__(self, index: NameIndex) -> None:
        self.index = index
        self._known: dict[tuple[str, str], Definition] = {}
        self._lineages: dict[str, tuple[str, ...]] = {}

    def origin(self, module: str, expression: Expression | None, depth: int = 0) -> Definition:
        """The class, function, module or external name that an expression stands for; "unknown" where none is."""
        chain = dotted(expression)
        if not chain:
            return self._origin(module, expression, depth)
        key = (module, chain)
        if key not in self._known:
            self._known[key] = NOTHING  # a name that leads back to itself leads nowhere
            self._known[key] = self._origin(module, expression, depth)
        return self._known[key]

    def _origin(self, module: str, expression: Expression | None, depth: int) -> Definition:
        if depth > _DEEPEST:
            return NOTHING
        match expression:
            case Name(id=name):
                return self.follow(self.index.find(module, name), depth)
            case Member(base=base, name=name):
                return self._member(self.origin(module, base, depth + 1), name, depth)
            case Apply(function=function):
                return self._made(self.origin(module, function, depth + 1), depth)
            case Choice(options=options):
                found = (self.origin(module, item, depth + 1) for item in options)
                return next((item for item in found if item.kind != "unknown"), NOTHING)
        return NOTHING

    def follow(self, found: Definition, depth: int = 0) -> Definition:
        """What a variable was bound to, if that is a class, a function, a module or something external."""
        if found.kind != "variable":
            return found
        declared = self.index.modules[found.module].variables[found.name]
        meant = self.origin(found.module, declared.value, depth + 1)
        if meant == NOTHING and declared.annotation is not None:
            return self._made(self.origin(found.module, declared.annotation, depth + 1), depth)
        return meant

    def _member(self, found: Definition, name: str, depth: int) -> Definition:
        known = self.index.member(found, name)
        if known == NOTHING and found.kind == "class":
            for module, fact in self.facts(found.id):
                if name in fact.attributes:
                    return self.origin(module, fact.attributes[name].value, depth + 1)
        return self.follow(known, depth + 1)

    def _made(self, found: Definition, depth: int) -> Definition:
        """What calling it gives: of the family told by the call, of a project function by what it returns."""
        match found.kind:
            case "external" if is_family(found.name):
                return Definition("external", "", f"{found.name}()")
            case "class":
                framework = next((item for item in self.lineage(found.id) if item in FRAMEWORKS), "")
                return Definition("external", "", f"{framework}()") if framework else NOTHING
            case "function":
                fact = self.index.function_fact(found.id)
                if fact is not None and fact.declares is not None:
                    return self.origin(found.module, fact.declares, depth + 1)
                if fact is not None and fact.returns is not None:
                    return self._made(self.origin(found.module, fact.returns, depth + 1), depth)
        return NOTHING

    # Classes.

    def lineage(self, id_: str) -> tuple[str, ...]:
        """A class and its bases, nearest first: those of the project by id, those outside it by dotted name.

        A base kept in a variable is told as `module:=name` before what it is, and one that nothing is known of as
        `?name`.
        """
        if id_ not in self._lineages:
            self._lineages[id_] = (id_,)
            self._lineages[id_] = tuple(dict.fromkeys(self._lineage(id_, frozenset())))
        return self._lineages[id_]

    def facts(self, id_: str) -> Iterator[tuple[str, ClassFact]]:
        """The classes of the lineage that are in the project, with their modules."""
        for item in self.lineage(id_):
            fact = self.index.class_fact(item)
            if fact is not None:
                yield item.partition(":")[0], fact

    def _lineage(self, id_: str, seen: frozenset[str]) -> Iterator[str]:
        if id_ in seen or len(seen) > 40:
            return
        yield id_
        fact = self.index.class_fact(id_)
        for base in fact.bases if fact is not None else ():
            yield from self._base(id_.partition(":")[0], base, seen | {id_})

    def _base(self, module: str, base: Expression, seen: frozenset[str], depth: int = 0) -> Iterator[str]:
        if isinstance(base, Index):
            base = base.base
        root = base
        while isinstance(root, Member):
            root = root.base
        found = self.index.resolve(module, root)
        if found.kind == "variable" and depth < _DEEPEST:
            declared = self.index.modules[found.module].variables[found.name]
            yield f"{found.module}:={found.name}"
            if isinstance(base, Name) and declared.value is not None:
                yield from self._base(found.module, declared.value, seen, depth + 1)
                return
            yield from self._given(found.module, declared.value, seen)
        origin = self.origin(module, base)
        match origin.kind, base:
            case "class", _:
                yield from self._lineage(origin.id, seen)
            case "external", _:
                yield from self._given(module, base, seen)
                yield origin.name
            case _, Apply(arguments=(_, *bases)) if dotted(base.function).rpartition(".")[2] == "with_metaclass":
                for item in bases:
                    yield from self._base(module, item, seen, depth + 1)
            case _:
                yield f"?{dotted(base)}"

    def _given(self, module: str, made: Expression | None, seen: frozenset[str]) -> Iterator[str]:
        """The classes that a made base derives from: `declarative_base(cls=Model)`."""
        if not isinstance(made, Apply):
            return
        called = self.origin(module, made.function)
        name = called.name.rpartition(".")[2] if called.kind == "external" else "SQLAlchemy"
        given = made.keyword(MAKES_BASE.get(name, ""))
        for item in given.items if isinstance(given, Items) else (given,) if given is not None else ():
            found = self.origin(module, item)
            if found.kind == "class":
                yield from self._lineage(found.id, seen)
