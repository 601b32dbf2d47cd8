"""Executing statements: branches, `with`, `try`, assignments. Loops are in `loops`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import libcst as cst

from sqla_lint.flow.blocks import body_of, match_, try_, with_
from sqla_lint.flow.branches import assume, decide
from sqla_lint.flow.changed import note_augmented, note_changed, note_target
from sqla_lint.flow.containers import delete_item, item_at, operator, set_item
from sqla_lint.flow.counted import note_counted
from sqla_lint.flow.cutting import note_unset
from sqla_lint.flow.dropped import note_dropped, note_used
from sqla_lint.flow.failures import give_back
from sqla_lint.flow.fielded import position
from sqla_lint.flow.frame import Frame, path_of
from sqla_lint.flow.guesses import by_name
from sqla_lint.flow.half_built import note_completed
from sqla_lint.flow.halves import note_half_set
from sqla_lint.flow.helping import note_returning
from sqla_lint.flow.instances import is_mapped, replace_relationship
from sqla_lint.flow.keeping import note_kept
from sqla_lint.flow.lattice import join
from sqla_lint.flow.lending import note_returned, note_stored, store
from sqla_lint.flow.loops import for_loop, while_loop
from sqla_lint.flow.lost import note_given
from sqla_lint.flow.mistaken import note_given_back
from sqla_lint.flow.nested import define, define_class
from sqla_lint.flow.noted import note_row_read, note_rows_returned
from sqla_lint.flow.questions import AnnotationMeans
from sqla_lint.flow.replacing import note_item, note_set
from sqla_lint.flow.schemas import respond
from sqla_lint.flow.second import note_changed_row
from sqla_lint.flow.sessions import set_value
from sqla_lint.flow.state import GONE, RETURNED, State, gather
from sqla_lint.flow.told import described
from sqla_lint.flow.transactions import use, write
from sqla_lint.flow.truths import note_truth
from sqla_lint.flow.turns import note_relinked
from sqla_lint.flow.unwritten import shown
from sqla_lint.flow.values import (
    UNKNOWN,
    Collection,
    Constant,
    Coroutine,
    Instance,
    Mapping,
    Object,
    OneOf,
    Session,
    TupleValue,
    Value,
)

Executor = Callable[[Frame, Any], list[State]]


def run_block(frame: Frame, statements: Sequence[cst.CSTNode], states: list[State]) -> list[State]:
    """Execute statements in order on every path; the states at the end of the block."""
    for statement in statements:
        if not states:
            break
        after: list[State] = []
        for state in states:
            frame.state = state
            after += execute(frame, statement)
        states = gather(after) if len(after) > 1 else after
    return states


def execute(frame: Frame, node: cst.CSTNode) -> list[State]:
    """Execute one statement in the current state; the states in which the next one runs."""
    frame.step()
    if isinstance(node, cst.SimpleStatementLine):
        if len(node.body) == 1 and (choices := _choices(node.body[0])):
            return _chosen(frame, *choices)
        for small in node.body:
            if not simple(frame, small):
                return []
        return [frame.state]
    handler = TABLE.get(type(node))
    return handler(frame, node) if handler else [frame.state]


def _choices(node: cst.CSTNode) -> tuple[cst.BaseExpression, cst.Assign, cst.Assign] | None:
    """`x = a if test else b` and `x = a or b` as a test and the two assignments that it chooses from."""
    match node:
        case cst.Assign(value=cst.IfExp(test=test, body=body, orelse=orelse)):
            return test, node.with_changes(value=body), node.with_changes(value=orelse)
        case cst.Assign(value=cst.BooleanOperation(left=cst.Name() as left, operator=cst.Or(), right=right)):
            return left, node.with_changes(value=left), node.with_changes(value=right)
    return None


def _chosen(frame: Frame, test: cst.BaseExpression, first: cst.Assign, second: cst.Assign) -> list[State]:
    """What is assigned where the test holds and where it does not: a later test of the same tells them apart."""
    frame.evaluate(test)
    known, before = decide(frame, test), frame.state
    states = []
    for truth, assignment in ((True, first), (False, second)):
        if known is not (not truth):
            frame.state = before.copy()
            assume(frame, test, truth)
            if simple(frame, assignment):
                states.append(frame.state)
    return states


def simple(frame: Frame, node: cst.BaseSmallStatement) -> bool:
    """Execute a simple statement; False where nothing runs after it."""
    frame.stopped = False
    match node:
        case cst.Expr(value=value):
            frame.bare = value
            note_dropped(frame, value, frame.evaluate(value))
        case cst.Global(names=names):
            frame.globals |= {item.name.value for item in names}
        case cst.Assign(targets=targets, value=value):
            given = frame.evaluate(value)
            if len(targets) == 1 and isinstance(targets[0].target, cst.Name):
                note_dropped(frame, value, given, targets[0].target.value)
            for target in targets:
                if given == UNKNOWN and isinstance(target.target, cst.Name):
                    given = by_name(frame, target.target.value, value)
                note_counted(frame, target.target, value)
                assign(frame, target.target, given, value)
        case cst.AnnAssign():
            _annotated(frame, node)
        case cst.AugAssign():
            _augmented(frame, node)
        case cst.Return(value=value):
            return _return(frame, value)
        case cst.Raise():
            if node.exc is not None:
                frame.evaluate(node.exc)
            frame.exits.raised.append(frame.state.copy())
            return False
        case cst.Break():
            frame.exits.broken.append(frame.state.copy())
            return False
        case cst.Continue():
            frame.exits.continued.append(frame.state.copy())
            return False
        case cst.Del(target=target):
            _delete(frame, target)
        case cst.Assert(test=test):
            return _assert(frame, test)
        case cst.Import() | cst.ImportFrom():
            _import(frame, node)
    stopped, frame.stopped = frame.stopped, False
    return not stopped


def _assert(frame: Frame, test: cst.BaseExpression) -> bool:
    """After an `assert` its test holds."""
    note_truth(frame, frame.evaluate(test), test)
    if decide(frame, test) is False:
        frame.exits.raised.append(frame.state.copy())
        return False
    frame.may_raise()
    assume(frame, test, True)
    return True


def _return(frame: Frame, value: cst.BaseExpression | None) -> bool:
    given: Value = Constant(None)
    if value is not None:
        given = frame.evaluate(value)
        note_rows_returned(frame, given, value)
        note_given_back(frame, given, value)
        given = _kept(frame, given)
        respond(frame, given, value)
    give_back(frame, given)
    if frame.emitting:
        note_returning(frame, given)
        if given != UNKNOWN and not isinstance(given, Constant):
            frame.state.names[RETURNED] = given
            note_returned(frame, given, value)
    if not (isinstance(given, Session) and given.key not in frame.state.lives):
        frame.escape(given)
    frame.exits.returned.append(frame.state.copy())
    return False


def _delete(frame: Frame, target: cst.BaseDelTargetExpression) -> None:
    match target:
        case cst.Name(value=name):
            frame.state.bind(name, UNKNOWN)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for item in elements:
                if isinstance(item.value, cst.BaseDelTargetExpression):
                    _delete(frame, item.value)
        case _:
            delete_item(frame, target)
            note_target(frame, target, target)
            if isinstance(target, cst.Subscript):
                note_item(frame, target, None)


def _kept(frame: Frame, value: Value) -> Value:
    """A session that someone else keeps as well is not its receiver's to close."""
    match value:
        case Session(key=key) if frame.state.lives.get(key) == frozenset({GONE}):
            return replace(value, owner="unknown")
        case OneOf(values=values):
            return OneOf(tuple(_kept(frame, item) for item in values))
    return value


def _annotated(frame: Frame, node: cst.AnnAssign) -> None:
    given = frame.evaluate(node.value) if node.value is not None else _held(frame, node.target)
    text = frame.slice.text(node.annotation.annotation)
    declared = frame.ask(AnnotationMeans(frame.info.module, text, of_parameter=True))
    if isinstance(given, Coroutine) and isinstance(node.target, cst.Name) and node.value is not None:
        note_dropped(frame, node.value, given, node.target.value)
    elif not (isinstance(declared, Session) and isinstance(node.target, cst.Name) and given == Constant(None)):
        given = described(given, declared, frame.text(node.target))
    assign(frame, node.target, given, node.value)


def _held(frame: Frame, target: cst.BaseExpression) -> Value:
    """What a name goes on holding where it is only annotated."""
    return frame.state.names.get(target.value, UNKNOWN) if isinstance(target, cst.Name) else UNKNOWN


def _augmented(frame: Frame, node: cst.AugAssign) -> None:
    held = frame.evaluate(node.target)
    given = frame.evaluate(node.value)
    note_augmented(frame, node, given)
    note_counted(frame, node.target, node)
    changed = operator(held, _SIGNS.get(type(node.operator), cst.Power)(), given)
    if changed != UNKNOWN or not isinstance(held, Collection | Mapping):
        assign(frame, node.target, changed, None)


_SIGNS: dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.BitOrAssign: cst.BitOr,
    cst.BitAndAssign: cst.BitAnd,
    cst.SubtractAssign: cst.Subtract,
}


def assign(frame: Frame, target: cst.BaseExpression, value: Value, source: cst.BaseExpression | None) -> None:
    """Bind a target: a name, an attribute, an item, or a pattern of them."""
    match target:
        case cst.Name(value=name):
            frame.state.bind(name, value)
            if name in frame.globals:
                note_kept(frame, target, value, source)
                frame.escape(value)
            if isinstance(value, Session) and value.key in frame.opened:
                frame.opened_as.setdefault(value.key, name)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            note_used(frame, value, "iteration", source or target)
            _unpack(frame, elements, value)
        case cst.Attribute(value=owner, attr=cst.Name(value=name)):
            _set_attribute(frame, target, owner, name, value, source)
        case cst.Subscript(value=owner):
            frame.evaluate(target)
            note_changed(frame, owner, target)
            note_item(frame, target, value)
            store(frame, target, value, source)
            set_item(frame, owner, target, value)
        case cst.StarredElement(value=inner):
            assign(frame, inner, Collection(UNKNOWN), None)


def _unpack(frame: Frame, elements: Sequence[cst.BaseElement], value: Value) -> None:
    star = next((index for index, item in enumerate(elements) if isinstance(item, cst.StarredElement)), None)
    for index, item in enumerate(elements):
        if index == star:
            assign(frame, item.value, _rest(value, index, len(elements)), None)
            continue
        part = UNKNOWN
        match value:
            case Object(fields=()) if star is None:
                part = position(frame, value, Constant(index), item.value) or UNKNOWN
            case TupleValue() | Object():
                part = item_at(value, Constant(index if star is None or index < star else index - len(elements)))
            case Collection(element=element):
                part = element
        assign(frame, item.value, part, None)


def _rest(value: Value, star: int, targets: int) -> Value:
    """What a starred target takes: all but what the others do."""
    if isinstance(value, TupleValue):
        taken = value.items[star : len(value.items) - (targets - star - 1)]
        return Collection(reduce(join, taken) if taken else UNKNOWN)
    return value if isinstance(value, Collection) else Collection(UNKNOWN)


def _may_be_row(holder: Value, owner: cst.BaseExpression) -> bool:
    known = isinstance(holder, Instance)
    return known or holder == UNKNOWN and isinstance(owner, cst.Name) and owner.value not in ("self", "cls")


def _set_attribute(
    frame: Frame, target: cst.Attribute, owner: cst.BaseExpression, name: str, value: Value, source: Any
) -> None:
    holder = frame.evaluate(owner)
    if isinstance(value, Session):
        note_stored(frame, target, value, source)
        note_kept(frame, target, value, source)
    frame.escape(value)
    frame.fates.keeps_engine = frame.fates.keeps_engine or isinstance(value, Session)
    frame.state.dirty = True
    if not isinstance(holder, Object):
        frame.making.sets.add(name)
    frame.state.waiting |= _may_be_row(holder, owner)
    path = path_of(target)
    if isinstance(holder, Instance) and source is not None:
        if holder.expired:
            use(frame, holder.session, target)
        if not (holder.new or holder.detached) and is_mapped(frame, holder, name):
            write(frame, holder.session, target)
            note_changed_row(frame, holder.session, holder, target)
        replace_relationship(frame, holder, name, target)
        note_relinked(frame, holder, name, target, source)
        note_half_set(frame, holder, name, value, target)
        note_unset(frame, holder, name, value, target)
        frame.works_on_batch()
        note_completed(frame, holder, name, target)
        held = set_value(frame, holder, name, value, source)
        if own := path_of(owner):
            frame.state.names[own] = held
        note_given(frame, holder, name, value, target, source)
        note_set(frame, held, name, value, target, source)
        return
    note_row_read(frame, holder, name, target)
    shown(frame, (value,))
    if isinstance(holder, Session) and name == "autoflush":
        frame.state.no_autoflush |= {holder.key}
    if isinstance(value, Session) and value.owner == "function" and isinstance(source, cst.Call):
        value = replace(value, key=path, owner="unknown", opened=None)  # it lives as long as its holder
    if path:
        frame.state.bind(path, value)
        frame.outcome.keeps.add(path)


def _import(frame: Frame, node: cst.Import | cst.ImportFrom) -> None:
    """An import inside the function binds what the same import at the top of the module would."""
    if not isinstance(node.names, cst.ImportStar):
        for alias in node.names:
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                frame.state.names.pop(alias.asname.name.value, None)


def if_(frame: Frame, node: cst.If) -> list[State]:
    """`if`, `elif`, `else`."""
    note_truth(frame, frame.evaluate(node.test), node.test)
    known = decide(frame, node.test)
    states: list[State] = []
    before = frame.state
    if known is not False:
        frame.state = before.copy()
        assume(frame, node.test, True)
        states += _guarded(frame, node.test, known, body_of(node.body))
    if known is not True:
        frame.state = before.copy()
        assume(frame, node.test, False)
        match node.orelse:
            case cst.If() as other:
                states += if_(frame, other)
            case cst.Else(body=body):
                states += _guarded(frame, node.test, known, body_of(body))
            case None:
                states.append(frame.state)
    return states


def _guarded(frame: Frame, test: cst.BaseExpression, known: bool | None, body: Sequence[cst.CSTNode]) -> list[State]:
    """Run a branch; what it does is sure only where the test is known."""
    if known is not None:
        return run_block(frame, body, [frame.state])
    frame.guards.append(test)
    states = run_block(frame, body, [frame.state])
    frame.guards.pop()
    return states


TABLE: dict[type[cst.CSTNode], Executor] = {
    cst.If: if_,
    cst.For: for_loop,
    cst.While: while_loop,
    cst.With: with_,
    cst.Try: try_,
    cst.TryStar: try_,
    cst.Match: match_,
    cst.FunctionDef: define,
    cst.ClassDef: define_class,
}
