"""Which databases a project works on, as far as URLs in its code tell."""

from __future__ import annotations

from collections.abc import Sequence

from sqla_lint.knowledge.migrations import MOST_UNBATCHED, TESTS, UNBATCHED
from sqla_lint.survey.facts import Facts


def databases(files: Sequence[Facts]) -> frozenset[str]:
    """The dialects of the database URLs in the project, its tests left out; `UNBATCHED` where there are others."""
    shipped = [facts.databases for facts in files if not TESTS.intersection(facts.path.split("/"))]
    found = frozenset[str]().union(*shipped)
    # A chain of revisions ends at the first one that fails: where many would, SQLite is for trying things out.
    return found if sum(UNBATCHED in names for names in shipped) > MOST_UNBATCHED else found - {UNBATCHED}
