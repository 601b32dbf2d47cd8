"""Which bodies may send a query in each turn of a loop, decided on sketches."""

from __future__ import annotations

from sqla_lint.knowledge.sessions import is_session_name
from sqla_lint.knowledge.statements import NARROWING, QUERY_GETS
from sqla_lint.survey.facts import Sketch


def repeats(sketch: Sketch) -> bool:
    """Whether criteria are made in a loop, or a row is got by its key there."""
    return any(map(_narrows, sketch.loop_calls))


def _narrows(chain: str) -> bool:
    owner, _, name = chain.rpartition(".")
    if name in NARROWING:
        return owner != ""
    if name not in QUERY_GETS:
        return False
    before = owner.rpartition(".")[2].removesuffix("()")
    return name != "get" or before == "query" or is_session_name(before) or owner.endswith("()")
