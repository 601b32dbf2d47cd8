"""Methods of rows that Python calls by itself: to make a text, to compare, to sort, to ask for the truth of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.instances import note_argument_read
from sqla_lint.flow.questions import AttributeMeans, MayLoad
from sqla_lint.flow.values import FunctionValue, Instance, Mapping, OneOf, Symbol, TupleValue, Value
from sqla_lint.knowledge.reflection import COMPARED, FORMATTING, LOGGED, REFLECTED, SOUGHT, TELLING

# So far from a parameter may stand what is told of to callers.
_LONGEST = 1
_PERCENT = re.compile(r"%(?:\((?P<key>\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?P<how>[a-zA-Z%])")
_BRACES = re.compile(r"\{(?P<key>\w*)[^{}!:]*(?:!(?P<how>[rsa]))?(?::[^{}]*)?\}")
_OPERATORS: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.GreaterThan: ">", cst.LessThanEqual: "<=",
    cst.GreaterThanEqual: ">=",
}  # fmt: skip


def called(
    frame: Frame, value: Value, names: Sequence[str], node: cst.CSTNode, given: Arguments | None = None
) -> Value | None:
    """Call the first of these methods that the class of a row has, where such a method may load something."""
    if isinstance(value, OneOf):
        value = next((item for item in value.values if isinstance(item, Instance)), value)
    if not isinstance(value, Instance | Symbol) or not any(frame.ask(MayLoad(name)) for name in names):
        return None
    if isinstance(value, Symbol):
        if len(value.path) <= _LONGEST:
            note_argument_read(frame, (*value.path, names[0]), value.rows, node)
        return None
    for name in names:
        found = frame.ask(AttributeMeans(value.cls, name))
        if isinstance(found, FunctionValue):
            return frame.call(FunctionValue(found.id, value), given or Arguments(), node)
    return None


def tell(frame: Frame, value: Value, node: cst.CSTNode, how: str) -> None:
    """Make a text of a value. how: "r", or "a", as `repr()` does, as `str()`, or empty as `format()` does."""
    called(frame, value, TELLING[1:] if how in ("r", "a") else TELLING if how else FORMATTING, node)


def compare(frame: Frame, operator: cst.BaseCompOp, left: Value, right: Value, node: cst.CSTNode) -> None:
    """`left == right`, `left in right` and their like, of rows."""
    if isinstance(operator, cst.In | cst.NotIn):
        called(frame, right, SOUGHT, node, Arguments((left,), nodes=(cst.Name("_"),)))
    elif sign := _OPERATORS.get(type(operator)):
        found = called(frame, left, COMPARED[sign], node, Arguments((right,), nodes=(cst.Name("_"),)))
        if found is None and isinstance(left, Instance) and sign in REFLECTED:
            called(frame, right, REFLECTED[sign], node, Arguments((left,), nodes=(cst.Name("_"),)))


def interpolate(frame: Frame, pattern: cst.BaseExpression, value: Value, node: cst.CSTNode) -> None:
    """`"%s" % order`, `"%s: %s" % (number, order)`, `"%(order)s" % {"order": order}`."""
    text = _text_of(pattern)
    if text is not None:
        entries = dict(value.entries) if isinstance(value, Mapping) else {}
        several = value.items if isinstance(value, TupleValue) else (value,)
        for how, held in _placed(_PERCENT, text, several, entries):
            tell(frame, held, node, how)


def log_or_format(frame: Frame, arguments: Arguments, node: cst.Call) -> None:
    """`logger.info("%s", order)`, `"{}".format(order)`: what the text has a place for is made a text of."""
    if not isinstance(node.func, cst.Attribute) or not any(map(_is_row, arguments.all())):
        return
    name, owner = node.func.attr.value, node.func.value
    if name == "format" and (text := _text_of(owner)) is not None:
        for how, value in _placed(_BRACES, text, arguments.positional, arguments.keywords):
            tell(frame, value, node, how)
    elif name in LOGGED and _is_logger(owner) and arguments.nodes:
        first = 1 if name == "log" else 0
        pattern = _text_of(arguments.nodes[first]) if len(arguments.nodes) > first else None
        given = arguments.positional[first + 1 :]
        for spelled in (_PERCENT, _BRACES) if pattern is not None and given else ():
            for how, value in _placed(spelled, pattern or "", given, arguments.keywords):
                tell(frame, value, node, how or "s")


def _is_row(value: Value) -> bool:
    return isinstance(value, Instance | Symbol) or isinstance(value, OneOf) and any(map(_is_row, value.values))


def _is_logger(node: cst.BaseExpression) -> bool:
    """Whether a name, or what calls give, is a logger by what it is called."""
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return "log" in name.lower()
        case cst.Call(func=function):
            return _is_logger(function)
    return False


def _text_of(node: cst.BaseExpression) -> str | None:
    """The text that is written there."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            text = node.evaluated_value
            return text if isinstance(text, str) else None
    return None


def _placed(
    spelled: re.Pattern[str], text: str, several: Sequence[Value], named: dict[str, Value]
) -> Iterator[tuple[str, Value]]:
    """How each place of a text shows what, of what it is given in order or by name."""
    at = 0
    for match in spelled.finditer(text):
        key, how = match["key"] or "", match["how"] or ""
        if how == "%":
            continue
        if not key or key.isdecimal():
            index, at = int(key or at), at + 1
            if index < len(several):
                yield how, several[index]
        elif key in named:
            yield how, named[key]
