"""The facts of one file as lines of text, each short enough for a comment.

| fact                                                | rendered                                              |
|-----------------------------------------------------|-------------------------------------------------------|
| an import, a star import                            | `import np = numpy`, `star shop.models`               |
| another import of the same name                     | `otherwise np = compat.np`                            |
| a variable of the module                            | `variable engine = create_engine('sqlite://')`        |
| a class, an attribute of its body, one set on self  | `class Order(Base)`, `Order.id: Mapped[int]`,         |
|                                                     | `Order.self.session = session in __init__`            |
| a function                                          | `def Order.total(self, rate: float = 1) -> int`,      |
|                                                     | with `async`, `yields`, `@decorator`, `within outer`; |
|                                                     | the second of one name is `def name again()`          |
| a relationship set after its class                  | `late Order.lines = relationship(Line)`               |
| a class mapped to a table by a call                | `mapping m = registry.map_imperatively(Order, t)`     |
| a key that is a statement, in a class or after it   | `key Order: Index('ix', number)`, `key: Index(…)`     |
| a call under `if __name__ == "__main__"`            | `main calls run`                                      |

Sketches are words in any order: `f()` a call, `order.lines` a read, `x=f()` a name and the chain it is bound to, `x=…`
a name bound otherwise; after `loop` the calls and reads inside one.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from sqla_lint.survey.facts import Declared, Facts, FunctionFact, Parameter, Sketch


def expression(value: Expression | None) -> str:
    """A declared expression as Python would spell it; `…` where nothing is known."""
    match value:
        case Name(id=name):
            return name
        case Member(base=base, name=name):
            return f"{expression(base)}.{name}"
        case Apply(function=function, arguments=arguments, keywords=keywords):
            given = [*map(expression, arguments), *(f"{name}={expression(item)}" for name, item in keywords)]
            return f"{expression(function)}({', '.join(given)})"
        case Index(base=base, items=items):
            return f"{expression(base)}[{', '.join(map(expression, items))}]"
        case Literal(value=literal):
            return repr(literal)
        case Items(items=items):
            return f"[{', '.join(map(expression, items))}]"
        case Pairs(items=pairs):
            return f"{{{', '.join(f'{key!r}: {expression(item)}' for key, item in pairs)}}}"
        case Choice(options=options):
            return " | ".join(map(expression, options))
        case Produce(body=body):
            return f"lambda: {expression(body)}"
    return "…"


def facts(found: Facts) -> Iterator[str]:
    """Every fact but the sketches."""
    yield from (f"import {name} = {target}" for name, target in found.imports.items())
    yield from (f"otherwise {name} = {target}" for name, target in found.other_imports.items())
    yield from (f"otherwise {name} = {target}" for name, target in found.other_imports.items())
    yield from (f"star {module}" for module in found.star_imports)
    yield from (f"variable {_declared(name, item)}" for name, item in found.variables.items())
    for name, fact in found.classes.items():
        given = [*map(expression, fact.bases), *(f"{key}={expression(item)}" for key, item in fact.keywords)]
        marked = "".join(f"@{expression(item)} " for item in fact.decorators)
        yield f"{marked}class {name}({', '.join(given)})"
        yield from (f"{name}.{_declared(attribute, item)}" for attribute, item in fact.attributes.items())
        for attribute, item in fact.self_attributes.items():
            yield f"{name}.self.{_declared(attribute, item)} in {item.within}"
    yield from map(function, found.functions.values())
    yield from (f"late {expression(cls)}.{name} = {expression(value)}" for cls, name, value in found.late)
    yield from (f"mapping {name or '_'} = {expression(call)}" for name, call in found.mappings)
    yield from (f"key{owner and f' {owner}'}: {expression(call)}" for owner, call in found.keys)
    yield from (f"main calls {name}" for name in found.main_calls)


def _declared(name: str, item: Declared) -> str:
    annotation = f": {expression(item.annotation)}" if item.annotation is not None else ""
    value = f" = {expression(item.value)}" if item.value is not None else ""
    return f"{name}{annotation}{value}"


def function(fact: FunctionFact) -> str:
    """The fact of one function."""
    marked = "".join(f"@{expression(item)} " for item in fact.decorators)
    name, again, _ = fact.qualname.partition("@")
    told = f"{marked}{'async ' if fact.is_async else ''}def {name}{' again' if again else ''}"
    told += f"({', '.join(map(_parameter, fact.parameters))})"
    told += f" -> {expression(fact.returns)}" if fact.returns is not None else ""
    told += " yields" if fact.is_generator else ""
    told += f" declares {expression(fact.declares)}" if fact.declares is not None else ""
    return told + (f" within {fact.nested_in}" if fact.nested_in else "")


def _parameter(item: Parameter) -> str:
    stars = {"args": "*", "kwargs": "**"}.get(item.kind, "")
    told = f"{stars}{item.name}" + (f": {expression(item.annotation)}" if item.annotation is not None else "")
    return told + (f" = {expression(item.default)}" if item.default is not None else "")


def sketch(found: Sketch) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a sketch: all, and those inside a loop."""
    every = {f"{name}()" for name in found.calls} | found.reads
    every |= {f"{name}={chain}" for name, chain in found.made} | {f"{name}=…" for name in found.bound}
    every |= {f"await={name}" for name in found.awaited} | {f"states={name}" for name in found.stated}
    inside = {f"{name}()" for name in found.loop_calls} | found.loop_reads
    return frozenset(every), frozenset(inside)
