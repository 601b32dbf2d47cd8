"""Tests: which way a branch goes where that is known, and what holds after it."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.containers import item_of, lacks
from sqla_lint.flow.failures import answered, answered_by
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.loaded import set_loaded
from sqla_lint.flow.narrowing import narrow_test, narrowed
from sqla_lint.flow.questions import MappingOf
from sqla_lint.flow.state import GONE
from sqla_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Constant,
    Instance,
    Mapping,
    OneOf,
    Session,
    SessionFactory,
    Value,
)
from sqla_lint.knowledge.sessions import is_session_name


def decide(frame: Frame, test: cst.BaseExpression) -> bool | None:
    """Whether a test is known to hold, or known not to."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            known = decide(frame, inner)
            return None if known is None else not known
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            return _decide_both(decide(frame, left), decide(frame, right), isinstance(operator, cst.And))
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator, cst.Name(value="None"))]):
            if isinstance(operator, cst.Is | cst.IsNot):
                absent = _is_none(_peek(frame, left))
                if absent is not None:
                    return absent if isinstance(operator, cst.Is) else not absent
        case cst.Name() | cst.Attribute() if frame.text(test) in _NEVER_HOLDS:
            return False
        case cst.NamedExpr(target=target):
            return decide(frame, target)
        case cst.Name():
            truth = _truth(_peek(frame, test))
            if truth is not None:
                return truth
        case cst.Call() | cst.Comparison() if (listed := _asked_of_dict(frame, test)) is not None:
            return listed
    return frame.state.assumed.get(_key(frame, test))


def _asked_of_dict(frame: Frame, test: cst.Call | cst.Comparison) -> bool | None:
    """`options.get("lines")`, `"lines" in options`, where all that the dict holds is known."""
    match test:
        case cst.Call(func=cst.Attribute(value=cst.Name() as owner, attr=cst.Name(value="get")), args=[first, *rest]):
            held, key = _peek(frame, owner), _text(first.value)
            if not isinstance(held, Mapping) or not held.whole or key is None or len(rest) > 1:
                return None
            if lacks(held, key):
                return _truth(_peek(frame, rest[0].value) if rest else Constant(None))
            return _truth(item_of(held, key))
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator, cst.Name() as owner)]):
            held, key = _peek(frame, owner), _text(left)
            if isinstance(held, Mapping) and held.whole and key and isinstance(operator, cst.In | cst.NotIn):
                return lacks(held, key) == isinstance(operator, cst.NotIn)
    return None


def _text(node: cst.BaseExpression) -> Constant | None:
    return Constant(str(node.evaluated_value)) if isinstance(node, cst.SimpleString) else None


def _decide_both(left: bool | None, right: bool | None, conjunction: bool) -> bool | None:
    """`and` is settled by a false side, `or` by a true one; both by two known sides."""
    if (not conjunction) in (left, right):
        return not conjunction
    return None if None in (left, right) else conjunction


def _peek(frame: Frame, node: cst.BaseExpression) -> Value:
    if isinstance(node, cst.Name):
        known = frame.state.names.get(node.value)
        return known if known is not None else _LITERALS.get(node.value, UNKNOWN)
    return UNKNOWN


_NEVER_HOLDS = frozenset({"TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"})
_LITERALS = {"True": Constant(True), "False": Constant(False), "None": Constant(None)}


def _truth(value: Value) -> bool | None:
    match value:
        case Constant(value=held):
            return bool(held)
        case SessionFactory() | ClassValue() | Instance(new=True):
            return True
        case Session(owner="function"):
            return True
    return None


def _is_none(value: Value) -> bool | None:
    match value:
        case Constant(value=None):
            return True
        case Constant() | SessionFactory() | Instance(new=True):
            return False
        case Session(owner="function" | "manager"):
            return False
        case OneOf():
            return None
    return None


def _key(frame: Frame, test: cst.BaseExpression) -> str:
    return frame.text(test, 120)


def assume(frame: Frame, test: cst.BaseExpression, truth: bool) -> None:
    """Take a test as held, or as not held, from here on: a second test of the same names goes the same way."""
    settle_absent(frame, test, truth)
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            assume(frame, inner, not truth)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if isinstance(operator, cst.And) == truth:
                assume(frame, left, truth)
                assume(frame, right, truth)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.Is() | cst.IsNot() as operator, other)]):
            if isinstance(operator, cst.Is) == truth and isinstance(left, cst.Name):
                _let_go(frame, frame.state.names.get(left.value))
            narrow_test(frame, test, truth)
            frame.state.assumed[_key(frame, test)] = truth
            word = "is not" if isinstance(operator, cst.Is) else "is"
            frame.state.assumed[f"{frame.text(left)} {word} {frame.text(other)}"] = not truth
        case cst.Call() | cst.Await():
            answered(frame, test, truth)
            _assume_asked(frame, test, truth)
            narrow_test(frame, test, truth)
        case cst.NamedExpr(target=target):
            assume(frame, target, truth)
        case cst.Name():
            _assume_truth(frame, test, truth)
        case cst.Comparison(left=cst.SimpleString() as name, comparisons=[cst.ComparisonTarget(operator, held)]):
            if isinstance(operator, cst.In | cst.NotIn):
                _assume_listed(frame, name, held, isinstance(operator, cst.In) == truth)
            frame.state.assumed[_key(frame, test)] = truth
        case cst.Attribute() | cst.Comparison():
            narrow_test(frame, test, truth)
            frame.state.assumed[_key(frame, test)] = truth


def _assume_asked(frame: Frame, test: cst.BaseExpression, truth: bool) -> None:
    """`not session.in_transaction()`: whatever was sent before, nothing has begun one."""
    match test:
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="in_transaction"))) if not truth:
            with frame.silent():
                held = frame.evaluate(owner)
            if isinstance(held, Session):
                frame.state.begun.pop(held.key, None)


def _assume_listed(frame: Frame, name: cst.SimpleString, held: cst.BaseExpression, listed: bool) -> None:
    """`"lines" in order.__dict__`, `"lines" not in inspect(order).unloaded`: that relationship is loaded."""
    match held:
        case cst.Attribute(value=node, attr=cst.Name(value="__dict__")) if listed:
            pass
        case cst.Call(func=cst.Name(value="vars"), args=[cst.Arg(value=node)]) if listed:
            pass
        case cst.Attribute(value=cst.Call(args=[cst.Arg(value=node)]), attr=cst.Name(value="unloaded")) if not listed:
            pass
        case _:
            return
    set_loaded(frame, node, frozenset({str(name.evaluated_value)}))


def settle_absent(frame: Frame, test: cst.BaseExpression, truth: bool) -> None:
    """A many-to-one that turns out to be None has sent nothing: its foreign key is NULL."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            settle_absent(frame, inner, not truth)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if isinstance(operator, cst.And) == truth:
                settle_absent(frame, left, truth)
                settle_absent(frame, right, truth)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator, cst.Name(value="None"))]):
            if isinstance(operator, cst.Is | cst.IsNot):
                settle_absent(frame, left, isinstance(operator, cst.Is) != truth)
        case cst.Attribute(value=base, attr=cst.Name(value=name)) if not truth:
            mine = {item for item in frame.state.marks if item[1] == frame.number(test)}
            if mine:
                with frame.silent():
                    held = frame.evaluate(base)
                info = frame.ask(MappingOf(held.cls)) if isinstance(held, Instance) else None
                relationship = info.relationships.get(name) if info is not None else None
                if relationship is not None and relationship.many_to_one:
                    frame.state.marks -= mine


def _let_go(frame: Frame, held: Value | None) -> None:
    """A name that could hold a session holds none: it was not opened on this path, or someone else has it."""
    if isinstance(held, OneOf):
        for item in held.values:
            if isinstance(item, Session) and item.owner == "function":
                frame.set_life(item, GONE)


def _assume_truth(frame: Frame, node: cst.Name, truth: bool) -> None:
    """What is true is not None; a session that is not true is None."""
    name = node.value
    if frame.state.failed:
        answered_by(frame, name, truth)
    frame.state.assumed[name] = truth
    frame.state.told_by(name, truth)
    held = frame.state.names.get(name)
    if not truth:
        _let_go(frame, held)
    if truth or isinstance(held, Session) or is_session_name(name):
        frame.state.assumed[f"{name} is None"] = not truth
        frame.state.assumed[f"{name} is not None"] = truth
        if isinstance(held, OneOf):
            frame.state.names[name] = narrowed(frame, held, (Constant(None),), not truth)
