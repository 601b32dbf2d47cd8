"""Objects that become text: what `str()`, `print()` and an f-string read of them."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.applying import apply
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.questions import AttributeMeans, MayLoad
from sqla_lint.flow.values import FunctionValue, Instance, Value
from sqla_lint.knowledge.reflection import TELLING


def tell(frame: Frame, value: Value, node: cst.CSTNode, how: str) -> None:
    """Call the method of a row's class that makes a text of it, where such a method may load something.

    how: "r", or "a", as `repr()` does, or as `str()`.
    """
    names = TELLING if how == "s" else TELLING[1:]
    if not isinstance(value, Instance) or not any(frame.ask(MayLoad(name)) for name in names):
        return
    for name in names:
        found = frame.ask(AttributeMeans(value.cls, name))
        if isinstance(found, FunctionValue):
            apply(frame, FunctionValue(found.id, value), Arguments(), node)
            return
