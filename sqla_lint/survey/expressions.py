"""Declared expressions: the small, immutable, serialisable form in which facts keep the right side of a declaration."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, TypeAlias

from sqla_lint.survey.lambdas import paths


class Name(NamedTuple):
    """A plain name."""

    id: str


class Member(NamedTuple):
    """`base.name`."""

    base: Expression
    name: str


class Apply(NamedTuple):
    """`function(*arguments, **keywords)`; `**` arguments are left out."""

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...]

    def keyword(self, name: str) -> Expression | None:
        """The value given for a keyword, or None."""
        for key, value in self.keywords:
            if key == name:
                return value
        return None


class Index(NamedTuple):
    """`base[items]`."""

    base: Expression
    items: tuple[Expression, ...]


class Literal(NamedTuple):
    """A string, number, bool or None."""

    value: str | int | float | bool | None


class Items(NamedTuple):
    """A list, tuple or set display."""

    items: tuple[Expression, ...]


class Pairs(NamedTuple):
    """A dict display with literal keys."""

    items: tuple[tuple[str, Expression], ...]


class Choice(NamedTuple):
    """One of several: `a | b` in an annotation, `a or b`, `a if t else b`."""

    options: tuple[Expression, ...]


class Produce(NamedTuple):
    """The body of a lambda: what calling it gives. reads: the access paths from its first parameter that it reads."""

    body: Expression
    parameter: str = ""
    reads: tuple[tuple[str, ...], ...] = ()


class Word(NamedTuple):
    """A name that is known to stand for a word of a library; facts have none, linking puts them in."""

    word: str


class Bound(NamedTuple):
    """A type variable that stands for a class of the project; facts have none, linking puts them in."""

    cls: str


class Opaque(NamedTuple):
    """Anything else: nothing is known of it."""


Expression: TypeAlias = (
    Name | Member | Apply | Index | Literal | Items | Pairs | Choice | Produce | Word | Bound | Opaque
)
OPAQUE = Opaque()
named = cache(Name)  # the same few stand everywhere
_DEEPEST = 40
_INLINED = 6


def reduce(node: ast.expr | None, depth: int = 0) -> Expression:
    """Return the declared form of an `ast` expression; what has no declarative meaning becomes opaque."""
    if depth > _DEEPEST:
        return OPAQUE
    match node:
        case ast.Name(id=name):
            return named(name)
        case ast.Attribute(value=base, attr=name):
            return Member(reduce(base, depth + 1), name)
        case ast.Call():
            return _reduce_call(node, depth)
        case ast.Subscript(value=base, slice=ast.Tuple(elts=items)):
            return Index(reduce(base, depth + 1), tuple(reduce(item, depth + 1) for item in items))
        case ast.Subscript(value=base, slice=item):
            return Index(reduce(base, depth + 1), (reduce(item, depth + 1),))
        case ast.Constant(value=str() | int() | float() | bool() | None as value):
            return Literal(value)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return Items(tuple(reduce(item, depth + 1) for item in items[:64]))
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys[:64], values[:64], strict=True)
            return Pairs(tuple((k.value, reduce(v, depth + 1)) for k, v in pairs if _is_text(k)))  # type: ignore
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return Choice((reduce(left, depth + 1), reduce(right, depth + 1)))
        case ast.BinOp(op=ast.Add(), left=left, right=right) if _is_display(left) or _is_display(right):
            return Items((*_parts(left, depth), *_parts(right, depth)))
        case ast.BoolOp(op=ast.Or(), values=values):
            return Choice(tuple(reduce(value, depth + 1) for value in values[:8]))
        case ast.IfExp(body=body, orelse=orelse):
            return Choice((reduce(body, depth + 1), reduce(orelse, depth + 1)))
        case ast.Await(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
            return reduce(value, depth + 1)
        case ast.Lambda(body=body):
            return Produce(reduce(body, depth + 1), *paths(node))
    return OPAQUE


def inlined(expression: Expression, names: Mapping[str, Expression], depth: int = 0) -> Expression:
    """Return the expression with what stands for local names in their place."""
    if not names or depth > _INLINED:
        return expression
    match expression:
        case Name(id=name) if name in names:
            return inlined(names[name], {key: value for key, value in names.items() if key != name}, depth + 1)
        case Member(base=base, name=name):
            return Member(inlined(base, names, depth + 1), name)
        case Apply(function=function, arguments=arguments, keywords=keywords):
            given = tuple(inlined(item, names, depth + 1) for item in arguments)
            named = tuple((key, inlined(item, names, depth + 1)) for key, item in keywords)
            return Apply(inlined(function, names, depth + 1), given, named)
    return expression


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_display(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple)


def _parts(node: ast.expr, depth: int) -> tuple[Expression, ...]:
    """The items of one side of a sum of lists; one that is no display counts as one unknown item.

    `Base.__table_args__` is kept: what it holds are declarations.
    """
    found = reduce(node, depth + 1)
    if isinstance(found, Member) and found.name == "__table_args__":
        return (found,)
    return found.items if isinstance(found, Items) else (OPAQUE,)


def _reduce_call(node: ast.Call, depth: int) -> Apply:
    keywords = tuple((item.arg, reduce(item.value, depth + 1)) for item in node.keywords if item.arg)
    return Apply(reduce(node.func, depth + 1), tuple(reduce(item, depth + 1) for item in node.args[:64]), keywords)


def parse_annotation(text: str) -> Expression:
    """Return the declared form of an annotation written as a string; opaque where it does not parse."""
    try:
        return reduce(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return OPAQUE


def dotted(expression: Expression | None) -> str:
    """Return `a.b.c` for a chain of names, else an empty string."""
    parts: list[str] = []
    while isinstance(expression, Member):
        parts.append(expression.name)
        expression = expression.base
    if not isinstance(expression, Name):
        return ""
    parts.append(expression.id)
    return ".".join(reversed(parts))
