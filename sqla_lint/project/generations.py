"""Which generations of SQLAlchemy the code of a project shows it to run on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqla_lint.knowledge.versions import SINCE_2_0, Versions
from sqla_lint.survey.facts import Facts


def shown_by(files: Iterable[Facts], known: Versions) -> Versions:
    """Return what is known of the generations, as told where the files import what no earlier one has."""
    if known.told or all(SINCE_2_0.isdisjoint(facts.imports.values()) for facts in files):
        return known
    return replace(known, told=True)
