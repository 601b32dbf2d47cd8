"""Names as the last resort: where nothing says what a value is, and nothing speaks against it, `session` is one."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.questions import KindByUse, Question, SignatureOf
from sqla_lint.flow.values import (
    UNKNOWN,
    External,
    FunctionValue,
    Instance,
    Manager,
    Method,
    Session,
    Statement,
    Symbol,
    Value,
)
from sqla_lint.knowledge import sessions

_ENTERING = frozenset({"enter_context", "enter_async_context"})
# Builtins that give what they are given, or part of it.
_TRANSPARENT = frozenset({"builtins.getattr", "builtins.next", "builtins.anext"})


@dataclass(frozen=True, slots=True)
class DynamicNamed(Question[tuple[str, frozenset[str]]]):
    """The class that every dynamic relationship of a name leads to, and the relationships that lead back from it.

    The class is empty where there is none, or several.
    """

    name: str


def dynamic(frame: Frame, method: Symbol, node: cst.CSTNode) -> Statement | None:
    """`customer.orders` in `customer.orders.all()` of something unknown: lists have no such method."""
    path = method.path[:-1]
    target, back = frame.ask(DynamicNamed(path[-1]))
    if not target:
        return None
    return Statement(
        "query", (Instance(target, free=back),), place=frame.place(node), owner=method, root=path, plain=True
    )


def attribute(frame: Frame, name: str, node: cst.CSTNode) -> Value:
    """An attribute or an item called `session` of something unknown."""
    if not sessions.is_session_name(name) or not frame.info.guesses:
        return UNKNOWN
    text = frame.text(node)
    kind = kind_of(frame, text)
    return Session(f"named:{text}", kind, "unknown", guessed=True) if kind else UNKNOWN


def kind_of(frame: Frame, text: str) -> str:
    """The kind of a session known by its name alone, as the function around uses it; "" where that is no session."""
    return frame.ask(KindByUse(frame.info.id, text))


def of_library(frame: Frame, value: External, name: str, node: cst.CSTNode) -> Value | None:
    """`value.name` where `value` comes from a package that is not at hand, and both names speak of a session."""
    if not frame.info.guesses or not sessions.is_foreign(value.dotted):
        return None
    if name in sessions.METHODS and sessions.is_registry_name(value.dotted, name):
        kind = kind_of(frame, frame.text(node.value)) if isinstance(node, cst.Attribute) else "unknown"
        return Method(Session(f"global:{value.dotted}", kind, "registry", True, True), name) if kind else None
    return None


def by_name(frame: Frame, name: str, source: cst.BaseExpression) -> Value:
    """`session = self.database.get_session()`: a call that cannot be followed, and a name that says what it gives.

    A function that asks elsewhere may be given another one, however alike they call it.
    """
    kind = kind_of(frame, name) if may_be_session(frame, name, source) else ""
    if not kind:
        return UNKNOWN
    bound = isinstance(source, cst.Call) and frame.gets_connection(tuple(item.value for item in source.args))
    return Session(f"named:{frame.info.id}:{name}", kind, "unknown", guessed=True, bound_to_connection=bound)


def may_be_session(frame: Frame, target: str, source: cst.BaseExpression | None) -> bool:
    """Whether `target = source` may be believed to bind a session: a call that nobody answers for, and its names."""
    if isinstance(source, cst.Await):
        source = source.expression
    if not frame.info.guesses or not isinstance(source, cst.Call):
        return False
    function = _last(source.func)
    named = sessions.is_session_name(target) and sessions.may_make_session(function)
    if not named and not sessions.names_opening(target, function):
        return False
    with frame.silent():
        callee = frame.evaluate(source.func)
    match callee:
        case FunctionValue(id=id_):
            known = frame.ask(SignatureOf(id_))
            return known is not None and known.returns == UNKNOWN and known.guesses and "session" in known.name.lower()
        case External(dotted=dotted) | Method(receiver=External(dotted=dotted)):
            return dotted in _TRANSPARENT or sessions.is_foreign(dotted)
        case Method(receiver=Manager(), name=name) if name in _ENTERING and source.args:
            return may_be_session(frame, target, source.args[0].value)
    return callee == UNKNOWN or isinstance(callee, Symbol)


def _last(function: cst.BaseExpression) -> str:
    """The last name of what is called."""
    match function:
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
    return ""
