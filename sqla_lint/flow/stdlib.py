"""What the builtins and the functions of the standard library give that go through other things."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import libcst as cst

from sqla_lint.flow.comprehensions import each_row, over_each
from sqla_lint.flow.containers import EMPTY_DICT, EMPTY_LIST, with_item
from sqla_lint.flow.fielded import row_method
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.lattice import join
from sqla_lint.flow.lending import drawn
from sqla_lint.flow.noted import note_iterated
from sqla_lint.flow.reaching import Getter
from sqla_lint.flow.telling import called, tell
from sqla_lint.flow.truths import note_truth
from sqla_lint.flow.uses import note_rows
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    Collection,
    Constant,
    Coroutine,
    Mapping,
    Object,
    Producer,
    Result,
    Statement,
    Symbol,
    TupleValue,
    Value,
)
from sqla_lint.flow.walkers import named
from sqla_lint.knowledge import calls as known
from sqla_lint.knowledge.reflection import BUILTINS, HASHED, SORTED, TELLERS

# Builtins that go through all of what they are given, at once.
_GATHERING = frozenset({"frozenset", "list", "set", "sorted", "tuple"})
# Those that call a method of each of them, where no `key` says otherwise.
_PER_ROW = {"sorted": SORTED, "min": SORTED, "max": SORTED, "heapq.nlargest": SORTED, "heapq.nsmallest": SORTED,
            "set": HASHED, "frozenset": HASHED, "dict.fromkeys": HASHED, "collections.Counter": HASHED}  # fmt: skip


def from_stdlib(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """What calling a function of the standard library gives, or None where it is not one that is known."""
    given = _mapped(frame, dotted, arguments, node)
    first = arguments.first()
    _note_builtin(frame, dotted.removeprefix("builtins."), arguments, node)
    if dotted in known.SAME_ELEMENTS:
        index = known.SAME_ELEMENTS[dotted]
        if index < len(arguments.positional):
            return _listed(frame, arguments.positional[index], node)
        return EMPTY_LIST
    if dotted in known.ONE_ELEMENT:
        several = len(arguments.positional) > 1 and dotted != "builtins.next"
        if several:
            return reduce(join, arguments.positional)
        return drawn(frame, dotted, arguments, node) or frame.elements(first, node, 0)
    if dotted in known.TUPLES:
        found = tuple(frame.elements(item, node, 0) for item in arguments.positional)
        return Collection(TupleValue(found), _producer(first))
    if dotted in known.PAIRS:
        element = frame.elements(first, node, 0)
        return Collection(TupleValue((element, element)), _producer(first))
    if dotted in known.AWAITING:
        return _awaiting(frame, dotted, arguments, node)
    match dotted:
        case "builtins.map" | "itertools.starmap":
            return Collection(given, _producer(arguments.get(1, "") or UNKNOWN))
        case "builtins.enumerate":
            return Collection(TupleValue((UNKNOWN, frame.elements(first, node, 0))), _producer(first), _limit(first))
        case "itertools.groupby":
            return Collection(TupleValue((given, _listed(frame, first, node))), _producer(first))
        case "itertools.batched":
            return Collection(_listed(frame, first, node), _producer(first))
        case "itertools.chain":
            return _chained(frame, arguments.positional, node)
        case "itertools.chain.from_iterable" | "builtins.sum":
            return _flattened(frame, first, node)
        case "builtins.range":
            return Collection(UNKNOWN, limit=_turns(arguments))
        case "builtins.getattr" if len(arguments.positional) > 1:
            return named(frame, arguments, node)
        case "operator.attrgetter" | "operator.itemgetter":
            return _getter(dotted, arguments)
        case "dataclasses.replace" | "attr.evolve" | "attrs.evolve" | "copy.replace" if isinstance(first, Object):
            return row_method(first, "_replace", arguments)
        case "copy.copy" if isinstance(first, Collection | Mapping):
            return first
    return _dict(frame, dotted, arguments, node)


def _note_builtin(frame: Frame, name: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """What a builtin does with what it is given, besides giving something."""
    if name in TELLERS:
        for value in arguments.positional:
            tell(frame, value, node, {"repr": "r", "format": ""}.get(name, "s"))
    elif name in BUILTINS and name != "bool" and arguments.positional:
        called(frame, arguments.positional[0], BUILTINS[name], node)
    elif name == "bool" and arguments.nodes:
        note_truth(frame, arguments.positional[0], arguments.nodes[0])
    elif name in _GATHERING and arguments.nodes and "key" not in arguments.keywords:
        note_iterated(frame, arguments.positional[0], node)
        if isinstance(arguments.positional[0], Statement | Result) and isinstance(node, cst.Call):
            note_rows(frame, arguments.positional[0], name, node)
    if name in _PER_ROW and len(arguments.nodes) == 1 and "key" not in arguments.keywords:
        each_row(frame, _PER_ROW[name], (arguments.positional[0], arguments.nodes[0]), node)


def _mapped(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Call the function that is to be called once per item, and give what it gives."""
    where = known.PER_ITEM.get(dotted)
    if where is None:
        return UNKNOWN
    position, index = where
    function = arguments.get(position, "key") if position is not None else arguments.keywords.get("key")
    if function in (None, UNKNOWN, Constant(None)) or index >= len(arguments.positional):
        return UNKNOWN
    assert function is not None
    source = (arguments.positional[index], arguments.nodes[index])
    return over_each(frame, function, source, node, dotted == "itertools.starmap")


def _listed(frame: Frame, value: Value, node: cst.CSTNode) -> Value:
    return Collection(frame.elements(value, node, 0), _producer(value), _limit(value))


def _chained(frame: Frame, values: Sequence[Value], node: cst.CSTNode) -> Value:
    elements = [frame.elements(item, node, 0) for item in values]
    return Collection(reduce(join, elements), _producer(values[0])) if elements else EMPTY_LIST


def _flattened(frame: Frame, value: Value, node: cst.CSTNode) -> Value:
    """All the elements of a list of lists; a sum of anything else is a number."""
    inner = frame.elements(value, node, 0)
    if not isinstance(inner, Collection | TupleValue):
        return UNKNOWN
    return Collection(frame.elements(inner, node, 0), inner.producer if isinstance(inner, Collection) else None)


def _getter(dotted: str, arguments: Arguments) -> Value:
    names = tuple(item.value for item in arguments.positional if isinstance(item, Constant))
    if not names or len(names) != len(arguments.positional):
        return UNKNOWN
    return Getter(tuple(names), dotted.endswith("itemgetter"))


def _awaiting(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`gather(a, b)` and its like: what is handed to them is awaited."""
    found = tuple(frame.await_(item) for item in arguments.positional)
    if dotted == "asyncio.run":
        # What a parameter is awaited for is another thing than the parameter.
        return found[0] if found and not isinstance(found[0], Symbol) else UNKNOWN
    if dotted != "asyncio.gather":
        return Coroutine(found[0]) if found else UNKNOWN
    starred = isinstance(node, cst.Call) and any(item.star for item in node.args)
    return Coroutine(Collection(reduce(join, found)) if starred and found else TupleValue(found))


def _dict(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    first = arguments.first()
    match dotted:
        case "builtins.dict" | "collections.OrderedDict":
            made = _pairs(first) if arguments.positional else EMPTY_DICT
            for name, value in arguments.keywords.items():
                made = with_item(made, Constant(name), value)
            return made
        case "builtins.dict.fromkeys":
            return Mapping(frame.elements(first, node, 0), arguments.get(1, "value") or UNKNOWN)
        case "collections.Counter":
            return Mapping(frame.elements(first, node, 0), UNKNOWN)
        case "collections.defaultdict":
            with frame.silent():
                held = frame.call(first, Arguments(), node) if arguments.positional else NEVER
            return Mapping(NEVER, held)
    return None


def _pairs(value: Value) -> Mapping:
    match value:
        case Mapping():
            return value
        case Collection(element=TupleValue(items=(key, held))):
            return Mapping(key, held)
    return Mapping(UNKNOWN, UNKNOWN)


def _turns(arguments: Arguments) -> int | None:
    match arguments.positional:
        case (Constant(value=int(stop)),):
            return stop
        case (Constant(value=int(start)), Constant(value=int(stop))):
            return max(0, stop - start)
    return None


def _producer(value: Value) -> Producer | None:
    return value.producer if isinstance(value, Collection | Result) else None


def _limit(value: Value) -> int | None:
    return value.limit if isinstance(value, Collection | Result | Statement) else None
