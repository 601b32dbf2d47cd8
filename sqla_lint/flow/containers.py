"""Lists, sets and dicts: what their methods and operators give, and what changes the names that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.doing import note_done
from sqla_lint.flow.events import Injected
from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.instances import in_rows
from sqla_lint.flow.lattice import bounded, join
from sqla_lint.flow.values import (
    NEVER,
    UNKNOWN,
    ClassValue,
    Collection,
    Constant,
    Mapping,
    Object,
    Producer,
    Reflection,
    Result,
    Session,
    Symbol,
    TupleValue,
    Value,
    class_name,
)

_MOST_ENTRIES = 24
EMPTY_LIST = Collection(UNKNOWN, literal=True, limit=0)
EMPTY_DICT = Mapping(NEVER, NEVER, whole=True)
_JOINING = frozenset({"union", "symmetric_difference"})
_KEEPING = frozenset({"copy", "difference", "intersection"})
_PUTTING = frozenset({"append", "add", "insert", "appendleft"})
_POURING = frozenset({"extend", "update", "extendleft"})
_OF_DICTS = frozenset({"setdefault", "update"})
_MUTATING = _PUTTING | _POURING | {"setdefault"}
_LOSING = frozenset({"clear", "pop", "popitem"})


def collection_method(
    frame: Frame, value: Collection | Mapping, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A method of a list, set or dict: what it gives. What it changes, `mutate` does."""
    if isinstance(value, Mapping):
        return _mapping_method(frame, value, name, arguments)
    if name in ("pop", "popleft"):
        return in_rows(value.element, frame.loops[-1].id) if frame.loops else value.element
    if name in _KEEPING:
        return value
    if name in _JOINING:
        joined: Value = value
        for item in arguments.positional:
            joined = _together(joined, _poured(frame, item, node))
        return joined
    return UNKNOWN


def _mapping_method(frame: Frame, value: Mapping, name: str, arguments: Arguments) -> Value:
    key, held = (UNKNOWN if part == NEVER else part for part in (value.key, value.value))
    match name:
        case "items":
            return Collection(TupleValue((key, held)))
        case "keys":
            return Collection(key)
        case "values":
            return Collection(held)
        case "copy":
            return value
        case "popitem":
            return TupleValue((key, held))
        case "most_common":
            return Collection(TupleValue((key, UNKNOWN)))
        case "get" | "pop" | "setdefault":
            found = item_of(value, arguments.first())
            fallback = arguments.get(1, "default")
            if lacks(value, arguments.first()):
                return fallback or (Constant(None) if name == "get" else UNKNOWN)
            if name == "setdefault" and fallback is not None:
                return join(found, fallback)
            return UNKNOWN if found == NEVER else found
    return UNKNOWN


def item_of(value: Mapping, key: Value) -> Value:
    """What a dict holds under a key; a row also tells of its entities by their classes."""
    if isinstance(key, ClassValue):
        key = Constant(class_name(key.id))
    if isinstance(key, Constant) and isinstance(key.value, str):
        for name, held in value.entries:
            if name == key.value:
                return held
    return value.value


def lacks(value: Mapping, key: Value) -> bool:
    """Whether a dict surely holds nothing under a key."""
    told = value.whole and isinstance(key, Constant) and isinstance(key.value, str)
    return told and all(name != getattr(key, "value", None) for name, _ in value.entries)


def without(value: Mapping, key: Value) -> Mapping:
    """The dict with an item taken out of it."""
    if not isinstance(key, Constant):
        return replace(value, whole=False)
    return replace(value, entries=tuple(item for item in value.entries if item[0] != key.value))


def item_at(value: Value, index: Value) -> Value:
    """`value[index]` of a tuple, a list or a dict."""
    match value:
        case Mapping():
            held = item_of(value, index)
            return UNKNOWN if held == NEVER else held
        case TupleValue(items=items) if isinstance(index, Constant) and isinstance(index.value, int):
            return items[index.value] if -len(items) <= index.value < len(items) else UNKNOWN
        case Object(fields=fields, row=True) if isinstance(index, Constant) and isinstance(index.value, int):
            return fields[index.value][1] if -len(fields) <= index.value < len(fields) else UNKNOWN
        case Collection(element=element) | Result(element=element):
            return element
    return UNKNOWN


def with_item(value: Mapping, key: Value, held: Value) -> Mapping:
    """The dict with an item set."""
    entries = dict(value.entries)
    whole = value.whole and isinstance(key, Constant) and isinstance(key.value, str)
    if isinstance(key, Constant) and isinstance(key.value, str):
        if key.value in entries or len(entries) < _MOST_ENTRIES:
            entries[key.value] = held
        else:
            whole = False
    else:
        entries = {name: join(known, held) for name, known in entries.items()}
    return Mapping(join(value.key, key), join(value.value, held), tuple(entries.items()), whole)


def operator(left: Value, sign: cst.BaseBinaryOp, right: Value) -> Value:
    """`a + b`, `a | b` and their like on lists, sets, dicts and tuples."""
    match left, sign, right:
        case TupleValue(items=one), cst.Add(), TupleValue(items=other):
            return TupleValue((*one, *other))
        case Collection() | TupleValue(), cst.Add() | cst.BitOr() | cst.BitXor(), Collection() | TupleValue():
            return _together(_as_list(left), _as_list(right))
        case Mapping(), cst.BitOr(), Mapping():
            return merged(left, right)
        case Collection(element=Reflection()), cst.Subtract() | cst.BitAnd(), _:
            return UNKNOWN  # which of the names are left cannot be told
        case Collection(), cst.Subtract() | cst.BitAnd(), _:
            return left
        case Collection(), cst.Multiply(), _:
            return replace(left, limit=None, items=())
    return UNKNOWN


def _as_list(value: Value) -> Value:
    if not isinstance(value, TupleValue):
        return value
    if not value.items:
        return EMPTY_LIST
    return Collection(reduce(join, value.items), literal=True, limit=len(value.items), items=value.items)


def _together(left: Value, right: Value) -> Value:
    """Both lists in one."""
    if not isinstance(left, Collection) or not isinstance(right, Collection):
        return UNKNOWN
    joined = join(left, right)
    if not isinstance(joined, Collection):
        return UNKNOWN
    limit = None if left.limit is None or right.limit is None else left.limit + right.limit
    return replace(joined, limit=limit, items=())


def merged(left: Mapping, right: Mapping) -> Mapping:
    """One dict updated with another."""
    entries = {**dict(left.entries), **dict(right.entries)}
    whole = left.whole and right.whole
    return Mapping(join(left.key, right.key), join(left.value, right.value), tuple(entries.items()), whole)


def _poured(frame: Frame, value: Value, node: cst.CSTNode) -> Value:
    """The elements of whatever is put into a list, as a list."""
    element = in_rows(frame.elements(value, node, 0), 0)
    limit = value.limit if isinstance(value, Collection) else None
    return Collection(element, value.producer if isinstance(value, Collection) else None, limit)


def mutate(frame: Frame, node: cst.Call, arguments: Arguments) -> None:
    """`rows.append(x)` changes what the name `rows` holds, `groups[key].append(x)` what `groups` does."""
    note_done(frame, node, arguments)
    match node.func:
        case cst.Attribute(value=owner, attr=cst.Name(value=method)) if method in _MUTATING:
            empty = EMPTY_DICT if method in _OF_DICTS else EMPTY_LIST
            if method in _OF_DICTS:
                _inject(frame, arguments, node)
            if update(frame, owner, lambda held: _mutated(frame, held, method, arguments, node), empty):
                for value in arguments.all():
                    frame.escape(value)
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=method)) if method in _LOSING:
            held = frame.state.names.get(owner)
            if isinstance(held, Mapping) and held.whole:
                frame.state.names[owner] = without(held, arguments.first() if method == "pop" else UNKNOWN)


def _inject(frame: Frame, arguments: Arguments, node: cst.Call) -> None:
    """`kwargs.update(session=session)`, `kwargs.setdefault("session", session)`: what is called with them gets it."""
    given = dict(arguments.keywords)
    match arguments.positional:
        case (Constant(value=str(name)), value):
            given[name] = value
    note_injected(frame, given.items(), node)


def note_injected(frame: Frame, given: Iterable[tuple[str | int, Value]], node: cst.CSTNode) -> None:
    """Tell which of the parameters of a function that was handed in get a session."""
    for parameter, value in given:
        if isinstance(value, Session):
            frame.emit(Injected(frame.place(node), None, parameter, value))


def delete_item(frame: Frame, target: cst.BaseExpression) -> None:
    """`del groups[key]`, and what else is no name: it is evaluated."""
    frame.evaluate(target)
    match target:
        case cst.Subscript(value=cst.Name(value=owner), slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
            held = frame.state.names.get(owner)
            if isinstance(held, Mapping) and held.whole:
                frame.state.names[owner] = without(held, _peek(frame, key))


def _mutated(frame: Frame, held: Value, method: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A list or dict after a call of one of its methods."""
    if method in _PUTTING and arguments.positional:
        return _put(held, in_rows(arguments.positional[-1], 0), once=not frame.loops)
    if method in _POURING:
        return _pour(frame, held, arguments.first(), arguments, node)
    if method == "setdefault" and len(arguments.positional) == 2 and isinstance(held, Mapping):
        return with_item(held, *arguments.positional)
    return held


def set_item(frame: Frame, owner: cst.BaseExpression, target: cst.Subscript, value: Value) -> None:
    """`groups[key] = value`."""
    match target.slice:
        case [cst.SubscriptElement(slice=cst.Index(value=inner))]:
            update(frame, owner, lambda held: _with_changed(frame, held, inner, lambda known: in_rows(value, 0)))


def update(
    frame: Frame, owner: cst.BaseExpression, change: Callable[[Value], Value], empty: Collection | Mapping = EMPTY_DICT
) -> bool:
    """Change what the name at the root of `owner` holds; False where that is no list or dict.

    `empty`: what is changed of a parameter, whose callers have the rest.
    """
    match owner:
        case cst.Subscript(value=outer, slice=[cst.SubscriptElement(slice=cst.Index(value=inner))]):
            key = inner
        case cst.Call(func=cst.Attribute(value=outer, attr=cst.Name(value="setdefault" | "get")), args=[first, *_]):
            key = first.value
        case _:
            path = path_of(owner)
            held = frame.state.names.get(path)
            if held is None and _is_own(frame, path):
                note_filled(frame, path, change(empty))  # another method has put it there
            elif held is not None and is_given(held, path):
                note_filled(frame, path, change(empty))
            if not isinstance(held, Collection | Mapping):
                return False
            frame.state.names[path] = bounded(change(held))
            return True
    return update(frame, outer, lambda held: _with_changed(frame, held, key, change))


def _peek(frame: Frame, node: cst.BaseExpression) -> Value:
    with frame.silent():
        return in_rows(frame.evaluate(node), 0)


def _with_changed(frame: Frame, held: Value, node: cst.BaseExpression, change: Callable[[Value], Value]) -> Value:
    match held:
        case Mapping():
            key = _peek(frame, node)
            known = item_of(held, key)
            return with_item(held, key, change(EMPTY_LIST if known == NEVER else known))
        case Collection(limit=limit) if limit != 0:
            return replace(held, element=change(held.element), items=())
    return held


def _put(held: Value, given: Value, once: bool = False) -> Value:
    """A list with another item, or with several; `once` where it is one, and no loop adds it again."""
    if not isinstance(held, Collection):
        return held
    limit = held.limit + 1 if once and held.literal and held.limit is not None else None
    element = given if held.limit == 0 else join(held.element, given)
    return replace(held, element=element, limit=limit, items=())


def _pour(frame: Frame, held: Value, given: Value, arguments: Arguments, node: cst.CSTNode) -> Value:
    match held, given:
        case Collection(), _:
            return _put(held, in_rows(frame.elements(given, node, 0), 0))
        case Mapping(), Mapping():
            held = merged(held, given)
        case Mapping(), Collection(element=TupleValue(items=(key, value))):
            held = with_item(held, key, value)
    if isinstance(held, Mapping):
        for name, value in arguments.keywords.items():
            held = with_item(held, Constant(name), value)
    return held


# Lists and dicts that a function is given, and fills.


def is_given(value: Value, name: str) -> bool:
    """Whether a value is still what the function was given as its parameter of that name."""
    match value:
        case Symbol(path=path):
            return path == (name,)
        case Collection(producer=Producer(root=root)):
            return root == (name,)
    return False


def _is_own(frame: Frame, path: str) -> bool:
    """Whether a path is an attribute of the object whose method this is."""
    owner, _, name = path.partition(".")
    this = frame.info.parameters[0].name if frame.info.binds == "self" and frame.info.parameters else ""
    return bool(name) and "." not in name and owner == this and isinstance(frame.state.names.get(owner), Object)


def note_filled(frame: Frame, parameter: str, given: Value) -> None:
    """Keep, for the summary, what a list or a dict of the caller's gets."""
    if frame.emitting and given != UNKNOWN:
        known = frame.outcome.fills.get(parameter, NEVER)
        frame.outcome.fills[parameter] = bounded(join(known, given))


def fill(frame: Frame, owner: cst.BaseExpression, given: Value) -> None:
    """A callee puts into the list or dict that `owner` names what `given` holds."""
    if frame.loops:
        given = _many(in_rows(given, 0))
    update(frame, owner, lambda held: _filled(held, given), given if isinstance(given, Mapping) else EMPTY_LIST)


def _many(value: Value) -> Value:
    """What each turn of a loop puts into it: more than one call does."""
    match value:
        case Mapping(value=held, entries=entries):
            return replace(value, value=_many(held), entries=tuple((name, _many(item)) for name, item in entries))
        case Collection(element=element):
            return replace(value, element=in_rows(element, 0), limit=None, items=())
    return value


def _filled(held: Value, given: Value) -> Value:
    match held, given:
        case Collection(), Collection(element=element):
            return _put(held, element)
        case Mapping(), Mapping():
            return merged(held, given)
    return held
