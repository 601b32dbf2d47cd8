"""What a check may see besides its event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqla_lint.flow.loading import LoadTree
from sqla_lint.flow.questions import AttributeMeans, ClassInfo, MappingOf, NameMeans, PossibleVersions
from sqla_lint.flow.steps import ANY_COLUMN
from sqla_lint.flow.values import UNKNOWN, External, FunctionValue, Instance, Statement, class_name
from sqla_lint.knowledge.concurrency import SERVERS
from sqla_lint.knowledge.databases import is_postgresql
from sqla_lint.knowledge.migrations import OP
from sqla_lint.knowledge.versions import Versions
from sqla_lint.project.grounds import MostlyAsync

if TYPE_CHECKING:
    from sqla_lint.project.project import Project

# The strategies that need all rows of a statement at once.
NEEDING = ("joined", "subquery")


def along(steps: Iterable[str], last: str) -> str:
    """The loader option `last` at the end of a path: `selectinload(Customer.orders).joinedload(Order.shop)`."""
    return ".".join([*(f"selectinload({step})" for step in steps), last])


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

    def is_revision(self, module: str) -> bool:
        """Whether a module is a revision of Alembic."""
        operations, before = (self._project.ask(NameMeans(module, name)) for name in ("op", "down_revision"))
        return operations == External(OP) and before != UNKNOWN

    @property
    def serves(self) -> bool:
        """Whether the project imports a framework that answers requests in an event loop."""
        imports = (target for facts in self._project.files for target in facts.imports.values())
        return any(target.partition(".")[0] in SERVERS for target in imports)

    @property
    def databases(self) -> frozenset[str]:
        """The dialects of the database URLs in the project: "sqlite", "postgresql" and so on; empty where none is."""
        return self._project.databases

    @property
    def may_be_postgresql(self) -> bool:
        """Whether the project may run on PostgreSQL: a URL of a database says so, or none says anything."""
        return not self.databases or is_postgresql(self.databases)

    @property
    def version(self) -> Versions:
        """The generations of SQLAlchemy that the project may run on: a claim has to hold on each of them."""
        return self._project.ask(PossibleVersions())

    def declares(self, class_id: str, name: str) -> bool:
        """Whether a class, or one that it derives from, has a method or a property of that name."""
        return isinstance(self._project.ask(AttributeMeans(class_id, name)), FunctionValue)

    def led_to(self, class_id: str, path: tuple[str, ...]) -> str:
        """The class that a path of relationships leads to, empty where that cannot be told."""
        for name in path:
            info = self.mapping(class_id) if class_id else None
            class_id = info.relationships[name].target if info is not None and name in info.relationships else ""
        return class_id

    def may_be(self, class_id: str, other: str) -> bool:
        """Whether rows of one class may be of the other too; so it is where that cannot be told."""
        infos = [self.mapping(one) for one in (class_id, other)]
        if any(info is None or not info.mapped for info in infos):
            return True
        return any(info is not None and {class_id, other} <= set(info.lineage) for info in infos)

    def class_name(self, class_id: str) -> str:
        """The simple name of a class."""
        return class_name(class_id)

    def one_at_most(self, statement: Statement, in_sight: bool = False) -> bool:
        """Whether a statement is asked for by what is unique, or for no more than one row, so that it gives one.

        in_sight: only by criteria that are; else others may be unique.
        """
        if statement.limit == 1:
            return True
        asked = {column for column, _ in statement.criteria}
        if "<pk>" in asked or ANY_COLUMN in asked and not in_sight:
            return True
        found = statement.entities[0] if statement.entities else None
        apart = {item.cls for item in statement.steps if item.name in ("asks", "join", "outerjoin")}
        cls = found.cls if isinstance(found, Instance) else "".join(apart) if len(apart) == 1 else ""
        info = self.mapping(cls) if cls else None
        return info is not None and any(keys and keys <= asked for keys in (info.primary, *info.unique))

    def needs_all_rows(
        self, cls: str, tree: LoadTree, strategies: tuple[str, ...] = NEEDING, above: frozenset[str] = frozenset()
    ) -> tuple[str, str]:
        """What of a class comes with its rows, a collection by a join or anything by `subqueryload()`: it, and how."""
        info, above = self.mapping(cls), above | {cls}
        for own in info.relationships.values() if info is not None and not tree.doubtful else ():
            told = tree.strategy(own.name)
            strategy = told or own.lazy
            if strategy not in strategies or told is None and own.target in above:
                continue  # a mapping joins no class that is joined already
            if own.collection or strategy == "subquery":
                return f"{self.class_name(cls)}.{own.name}", strategy
            if (found := self.needs_all_rows(own.target, tree.below(own.name), strategies, above))[0]:
                return found
        return "", ""
