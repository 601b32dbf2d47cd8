"""The words that declarations are made of, whatever a file calls them: `sa.Column`, `rel`, `db.relationship`."""

from __future__ import annotations

from sqla_lint.knowledge.mapping import IMPERATIVE, WORDS, is_family
from sqla_lint.project.names import Definition, NameIndex
from sqla_lint.project.origins import Origins
from sqla_lint.project.parts import Parts
from sqla_lint.survey.expressions import (
    OPAQUE,
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
    Word,
    dotted,
    parse_annotation,
)
from sqla_lint.survey.facts import Declared, FunctionFact

_DEEPEST = 12


class Words:
    """Resolves words and respells declarations with them."""

    def __init__(self, index: NameIndex, origins: Origins, parts: Parts) -> None:
        self._index = index
        self._origins = origins
        self._parts = parts

    def word(self, module: str, expression: Expression | None) -> str:
        """The last part of the external name that an expression stands for; "" where it is the project's own.

        A word of SQLAlchemy's counts only where it comes from there. What cannot be resolved, as after a star import
        from an uninstalled package, is believed where the file has to do with SQLAlchemy.
        """
        if isinstance(expression, Index):
            expression = expression.base
        if isinstance(expression, Literal):
            expression = parse_annotation(expression.value) if isinstance(expression.value, str) else None
        spelled = dotted(expression).rpartition(".")[2]
        found = self._origins.origin(module, expression)
        match found.kind:
            case "external":
                name = found.name.rpartition(".")[2]
                if name not in WORDS or is_family(found.name):
                    return name
                return name if f".db.{name}" in found.name and self._believed(module) else ""
            case "unknown" if spelled:
                return spelled if self._believed(module) else ""
        return ""

    def decorator(self, module: str, expression: Expression) -> str:
        """The name of a decorator; one of the project's own is known by its spelling."""
        made = expression.function if isinstance(expression, Apply) else expression
        return self.word(module, made) or dotted(made).rpartition(".")[2]

    def _believed(self, module: str) -> bool:
        return self._parts.knows_library(self._index.modules[module])

    def declared(self, module: str, declared: Declared) -> Declared:
        """An attribute's declaration, respelled."""
        annotation = self.annotation(module, declared.annotation)
        value = self.respelled(module, declared.value)
        if isinstance(annotation, Index) and annotation.base == Word("Mapped"):
            if value is None:
                value = self._by_annotation(module, annotation.items[0])
            elif isinstance(value, Apply) and value.function == Word("mapped_column"):
                told = self._by_annotation(module, annotation.items[0])
                if isinstance(told, Apply):
                    value = Apply(
                        value.function, (*value.arguments, *told.arguments), _over(told.keywords, value.keywords)
                    )
        return declared._replace(annotation=annotation, value=value)

    def _by_annotation(self, module: str, annotation: Expression) -> Expression | None:
        """The column in `Mapped[key]` where `key = Annotated[int, mapped_column(…)]`."""
        held = self._held(module, annotation)
        if isinstance(held, Index) and len(held.items) > 1:
            column = next((item for item in held.items[1:] if isinstance(item, Apply)), None)
            return self.respelled(self._home(module, annotation), column)
        return None

    def respelled(self, module: str, expression: Expression | None, depth: int = 0) -> Expression | None:
        """An expression with words in place of the names that stand for them, and constants for their names."""
        if expression is None or depth > _DEEPEST:
            return expression
        match expression:
            case Apply():
                return self._call(module, expression, depth)
            case Items(items=items):
                return Items(tuple(self._part(module, item, depth) for item in items))
            case Pairs(items=items):
                return Pairs(tuple((key, self._part(module, item, depth)) for key, item in items))
            case Produce(body=body):
                return Produce(self._part(module, body, depth))
            case Index(base=base, items=items):
                return Index(self._part(module, base, depth), tuple(self._part(module, item, depth) for item in items))
            case Name() | Member():
                held = self._held(module, expression)
                return held if isinstance(held, Literal) else expression
        return expression

    def _part(self, module: str, expression: Expression, depth: int) -> Expression:
        return self.respelled(module, expression, depth + 1) or OPAQUE

    def _call(self, module: str, call: Apply, depth: int) -> Expression:
        """A call of a word; one of a `partial` or of a project function that returns such a call is seen through."""
        word = self.word(module, call.function)
        arguments = tuple(self._part(module, item, depth) for item in call.arguments)
        keywords = tuple((name, self._part(module, item, depth)) for name, item in call.keywords)
        if word in WORDS or word in IMPERATIVE:
            return Apply(Word(word), arguments, keywords)
        held = self._held(module, call.function)
        if isinstance(held, Apply) and self.word(module, held.function) == "partial" and held.arguments:
            home = self._home(module, call.function)
            inner = Apply(held.arguments[0], held.arguments[1:], held.keywords)
            bound = self.respelled(home, inner, depth + 1)
            if isinstance(bound, Apply):
                return Apply(bound.function, (*bound.arguments, *arguments), _over(bound.keywords, keywords))
        found = self._origins.origin(module, call.function)
        fact = self._index.function_fact(found.id) if found.kind == "function" else None
        if fact is not None and isinstance(fact.declares, Apply):
            returned = self.respelled(found.module, fact.declares, depth + 1)
            if isinstance(returned, Apply) and isinstance(returned.function, Word):
                return _bound(returned, fact, arguments, keywords)
        return Apply(call.function, arguments, keywords)

    def held(self, module: str, expression: Name | Member) -> tuple[str, Expression | None]:
        """What a variable of the project's modules is bound to, and the module it stands in."""
        return self._home(module, expression), self._held(module, expression)

    def _variable(self, module: str, expression: Expression) -> Definition:
        return self._index.resolve(module, expression)

    def _home(self, module: str, expression: Expression) -> str:
        return self._variable(module, expression).module or module

    def _held(self, module: str, expression: Expression) -> Expression | None:
        """What a variable of a module is bound to, as written there."""
        found = self._variable(module, expression) if isinstance(expression, Name | Member) else None
        if found is None or found.kind != "variable":
            return None
        return self._index.modules[found.module].variables[found.name].value

    def annotation(self, module: str, expression: Expression | None, depth: int = 0) -> Expression | None:
        """An annotation with words for its generic names, parsed where it is quoted."""
        if depth > _DEEPEST:
            return expression
        match expression:
            case Literal(value=str(text)):
                return self.annotation(module, parse_annotation(text), depth + 1)
            case Index(base=base, items=items):
                word = self.word(module, base)
                inner = tuple(self.annotation(module, item, depth + 1) or OPAQUE for item in items)
                return Choice(inner) if word == "Union" else Index(Word(word) if word else base, inner)
            case Choice(options=options):
                return Choice(tuple(self.annotation(module, item, depth + 1) or OPAQUE for item in options))
            case Name() | Member():
                held = self._held(module, expression)
                if isinstance(held, Index | Choice) and not self._is_column(held):
                    return self.annotation(self._home(module, expression), held, depth + 1)
        return expression

    def _is_column(self, held: Expression) -> bool:
        return isinstance(held, Index) and any(isinstance(item, Apply) for item in held.items)


def _over(
    first: tuple[tuple[str, Expression], ...], second: tuple[tuple[str, Expression], ...]
) -> tuple[tuple[str, Expression], ...]:
    return tuple({**dict(first), **dict(second)}.items())


def _bound(
    call: Apply, fact: FunctionFact, arguments: tuple[Expression, ...], keywords: tuple[tuple[str, Expression], ...]
) -> Apply:
    """The call that a function returns, with what the function is given in place of its parameters."""
    plain = [item.name for item in fact.parameters if item.kind == "plain"]
    given = dict(zip(plain, arguments, strict=False))
    names = {item.name for item in fact.parameters}
    given |= {name: item for name, item in keywords if name in names}
    given = {item.name: item.default for item in fact.parameters if item.default is not None} | given
    kinds = {item.kind for item in fact.parameters}
    further = arguments[len(plain) :] if "args" in kinds else ()
    rest = tuple((name, item) for name, item in keywords if name not in names) if "kwargs" in kinds else ()

    def put(item: Expression) -> Expression:
        return given.get(item.id, item) if isinstance(item, Name) else item

    own = tuple(put(item) for item in call.arguments if not _starred(item, fact))
    return Apply(call.function, (*own, *further), _over(tuple((name, put(item)) for name, item in call.keywords), rest))


def _starred(item: Expression, fact: FunctionFact) -> bool:
    return isinstance(item, Name) and any(one.name == item.id and one.kind == "args" for one in fact.parameters)
