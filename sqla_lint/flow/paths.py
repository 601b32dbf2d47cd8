"""Steps of an access path that are no attribute: what a row turned out to be, what a function reads of it."""

from __future__ import annotations

# The query that a dynamic relationship sends; a row as an instance of the class that follows.
SENT = "<sent>"
AS = "<as> "


def passed(function: str, parameter: str) -> str:
    """The last step of a path to what a function of the project is given as a parameter."""
    return f"{function}({parameter})"


def passed_to(step: str) -> tuple[str, str]:
    """The function and the parameter of such a step; empty texts where it is a name."""
    function, _, parameter = step.rpartition("(")
    return function, parameter.rstrip(")") if function else ""
