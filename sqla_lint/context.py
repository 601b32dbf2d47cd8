"""What a check may see besides its event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqla_lint.flow.questions import ClassInfo, MappingOf, PossibleVersions
from sqla_lint.flow.values import class_name
from sqla_lint.knowledge.versions import Versions
from sqla_lint.project.grounds import MostlyAsync

if TYPE_CHECKING:
    from sqla_lint.project.project import Project


@dataclass(frozen=True, slots=True)
class Context:
    """Read-only surroundings of an event: the mapped classes of the project."""

    _project: Project

    def mapping(self, class_id: str) -> ClassInfo | None:
        """How a class is mapped."""
        return self._project.ask(MappingOf(class_id))

    @property
    def mostly_async(self) -> bool:
        """Whether the project works with AsyncSession rather than with Session."""
        return self._project.ask(MostlyAsync())

    @property
    def databases(self) -> frozenset[str]:
        """The dialects of the database URLs in the project: "sqlite", "postgresql" and so on; empty where none is."""
        return self._project.databases

    @property
    def version(self) -> Versions:
        """The generations of SQLAlchemy that the project may run on: a claim has to hold on each of them."""
        return self._project.ask(PossibleVersions())

    def class_name(self, class_id: str) -> str:
        """The simple name of a class."""
        return class_name(class_id)
