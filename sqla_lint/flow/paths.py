"""The steps of access paths that lead into a function: what it reads of what it is given is read by them."""

from __future__ import annotations


def passed(function: str, parameter: str) -> str:
    """The last step of a path to what a function of the project is given as a parameter."""
    return f"{function}({parameter})"


def passed_to(step: str) -> tuple[str, str]:
    """The function and the parameter of such a step; empty texts where it is a name."""
    function, _, parameter = step.rpartition("(")
    return function, parameter.rstrip(")") if function else ""
