"""Which functions a framework asks for a session, and whether anybody closes what they give, by names alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from sqla_lint.knowledge.calls import ENDING_REQUESTS, REQUEST_METHODS
from sqla_lint.project.mentions import last, last_names
from sqla_lint.project.names import NameIndex
from sqla_lint.survey.expressions import Apply, Expression, Index, Literal, Member, Name, dotted, parse_annotation
from sqla_lint.survey.facts import Facts, FunctionFact, Parameter

_DEPENDING = frozenset({"Depends", "Security"})
_CLOSING = frozenset({"aclose", "close", "close_all", "invalidate", "remove", "reset"})
# These close the sessions of a request by themselves.
_MANAGING = ("zope.sqlalchemy", "pyramid_tm", "pyramid_sqlalchemy")


class Providing:
    """Answers what a function gives its sessions for, as long as nobody who gets one closes it."""

    def __init__(self, files: Sequence[Facts], index: NameIndex) -> None:
        self._files = files
        self._index = index

    def serves(self, function: str) -> str:
        """ "dependency" where parameters depend on the function, "request" where it is a method of requests, or ""."""
        taken = self._dependencies.get(function)
        if taken is not None:
            return "" if any(_closes(fact, name) for fact, name in taken) else "dependency"
        fact = self._index.function_fact(function)
        return "request" if fact is not None and self._is_of_requests(fact) else ""

    def closed_under(self, name: str) -> bool:
        """Whether a function that speaks of an attribute or a key of that name may close what it finds there."""
        facts = (fact for facts in self._files for fact in facts.functions.values())
        return any(_speaks_of(fact, name) and _ends(fact, name) for fact in facts)

    @cached_property
    def _dependencies(self) -> dict[str, list[tuple[FunctionFact, str]]]:
        """The functions that others depend on, with those and the parameters that get what they give."""
        found: dict[str, list[tuple[FunctionFact, str]]] = {}
        for facts in self._files:
            for fact in facts.functions.values():
                for parameter in fact.parameters:
                    for module, provider in self._providers(facts.module, parameter):
                        meant = self._index.resolve(module, provider)
                        if meant.kind == "function":
                            found.setdefault(f"{meant.module}:{meant.name}", []).append((fact, parameter.name))
        return found

    def _providers(self, module: str, parameter: Parameter) -> Iterator[tuple[str, Expression]]:
        """`db: Session = Depends(get_db)`, `db: Annotated[Session, Depends(get_db)]`, or an alias of that."""
        annotation = parameter.annotation
        if isinstance(annotation, Literal) and isinstance(annotation.value, str):
            annotation = parse_annotation(annotation.value)
        written = [(module, parameter.default), *((module, item) for item in _items(annotation))]
        if isinstance(annotation, Name | Member):
            alias = self._index.resolve(module, annotation)
            if alias.kind == "variable":
                declared = self._index.modules[alias.module].variables[alias.name]
                written += [(alias.module, item) for item in _items(declared.value)]
        for where, item in written:
            if isinstance(item, Apply) and item.arguments and self._is_depending(where, item.function):
                yield where, item.arguments[0]

    def _is_depending(self, module: str, function: Expression) -> bool:
        meant = self._index.resolve(module, function)
        return last(meant.name if meant.kind == "external" else dotted(function)) in _DEPENDING

    def _is_of_requests(self, fact: FunctionFact) -> bool:
        """Whether a function is nobody's to call but a request's, of a project that ends no request by hand."""
        if not fact.parameters or fact.parameters[0].name != "request" or fact.owner or fact.nested_in:
            return False
        return bool(self._request_calls) and fact.name not in self._called

    @cached_property
    def _request_calls(self) -> bool:
        """Whether methods are given to requests, and nothing is said that is done when they are over."""
        imports = (target for facts in self._files for target in facts.imports.values())
        if any(target.startswith(_MANAGING) for target in imports):
            return False
        return not self._called.isdisjoint(REQUEST_METHODS) and self._called.isdisjoint(ENDING_REQUESTS)

    @cached_property
    def _called(self) -> frozenset[str]:
        """The last names of all that the project calls."""
        bodies = [facts.body_sketch for facts in self._files]
        sketches = [*bodies, *(fact.sketch for facts in self._files for fact in facts.functions.values())]
        return frozenset(last(chain) for sketch in sketches if sketch is not None for chain in sketch.calls)


def _items(annotation: Expression | None) -> tuple[Expression, ...]:
    return annotation.items if isinstance(annotation, Index) else ()


def _closes(fact: FunctionFact, name: str) -> bool:
    """Whether a function may close what it is given, or hands it on to somebody who may."""
    if name in fact.sketch.entered or any(chain == f"{name}.{last(chain)}" for chain in fact.sketch.entered):
        return True
    return any(chain.rpartition(".")[0] == name and last(chain) in _CLOSING for chain in fact.sketch.calls)


def _speaks_of(fact: FunctionFact, name: str) -> bool:
    if name in fact.sketch.keys:
        return True
    return any(f".{name}." in f"{chain}." for chain in (*fact.sketch.reads, *fact.sketch.calls))


def _ends(fact: FunctionFact, name: str) -> bool:
    """Whether a function may close what is kept under a name: it enters that or any variable, or calls what closes."""
    chains = (*fact.sketch.calls, *fact.sketch.reads)
    if any("()" not in chain or name in chain.split(".") for chain in fact.sketch.entered):
        return True
    return not last_names(chains).isdisjoint(_CLOSING)
