"""What a check may see besides its event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqla_lint.flow.questions import ClassInfo, MappingOf
from sqla_lint.flow.values import class_name

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
        return self._project.mostly_async

    def class_name(self, class_id: str) -> str:
        """The simple name of a class."""
        return class_name(class_id)
