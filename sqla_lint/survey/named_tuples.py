"""Named tuples that a call makes: `Pair = namedtuple("Pair", "order customer")`, as if written as a class."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sqla_lint.survey.expressions import Name, reduce
from sqla_lint.survey.facts import ClassFact, Declared

_MAKING = frozenset({"NamedTuple", "namedtuple"})
_ANYTHING = Name("object")


def is_named_tuple(node: ast.AST | None, imports: Mapping[str, str]) -> bool:
    """Whether a call makes one, whatever the function is imported as."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[_, _, *_]):
            return imports.get(name, name).rpartition(".")[2] in _MAKING
    return False


def made_by(node: ast.Call, name: str) -> ClassFact:
    """The class that a call makes."""
    return ClassFact(name, node.lineno, (reduce(node.func),), (), (), dict(fields(node)), {}, {}, {}, {})


def fields(node: ast.Call) -> Iterator[tuple[str, Declared]]:
    """The fields of a named tuple: as one text, as texts, or as pairs with their types."""
    match node.args[1]:
        case ast.Constant(value=str(text)):
            yield from ((name, Declared(_ANYTHING, None)) for name in text.replace(",", " ").split())
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                match item:
                    case ast.Constant(value=str(name)):
                        yield name, Declared(_ANYTHING, None)
                    case ast.Tuple(elts=[ast.Constant(value=str(name)), annotation]):
                        yield name, Declared(reduce(annotation), None)
