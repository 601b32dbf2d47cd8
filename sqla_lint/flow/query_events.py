"""What is told of queries that a loop sends again and again, and of what they have not loaded."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.events import Event, Loop, Repeating
from sqla_lint.flow.narrowed import Compared
from sqla_lint.flow.places import Place
from sqla_lint.flow.questions import Relationship
from sqla_lint.flow.values import Instance, Statement


@dataclass(frozen=True, slots=True)
class QueryRepeated(Repeating):
    """A query is sent whose criteria depend on the items of a loop: `depending` are those that do.

    apart: each turn opens the session that it is sent with. awaits: what a turn has done before may change what it
    gives. after_failure: only a turn that has failed comes here. searches: what it gives may end the loop.
    """

    statement: Statement = field(default_factory=lambda: Statement(""))
    depending: tuple[Compared, ...] = ()
    loop: Loop | None = None
    apart: bool = False
    awaits: bool = False
    after_failure: bool = False
    searches: bool = False


@dataclass(frozen=True, slots=True)
class OptionsPassedOver(Event):
    """A row is got by its key with an option for a relationship, and the session holds its object, which lacks it.

    name: what the object is bound to; loaded: where it was loaded. text: the call as written.
    """

    name: str = ""
    owner: str = ""
    relationship: str = ""
    collection: bool = False
    loaded: Place | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class PassedBy(Event):
    """A statement asks for a collection of rows that the session holds, where another one has filled it otherwise.

    name: what the objects are bound to. partly: that one has filled it with some of its rows, by a join, and this one
    asks for all; else the other way round. loaded: where.
    """

    name: str = ""
    owner: str = ""
    relationship: str = ""
    partly: bool = False
    loaded: Place | None = None


@dataclass(frozen=True, slots=True)
class EagerUnread(Event):
    """An option loads a relationship of a class with all rows of a statement, sent at `sent`, and nobody reads it."""

    cls: str = ""
    relationship: str = ""
    sent: Place | None = None


@dataclass(frozen=True, slots=True)
class RaisingRead(Event):
    """A relationship is read that is set to raise, of an instance that a query in sight gave without loading it.

    by_option: an option of the query says so, else the mapping. text: what is read, as written.
    """

    instance: Instance = field(default_factory=lambda: Instance(""))
    relationship: Relationship = field(default_factory=lambda: Relationship("", "", "", False, ""))
    by_option: bool = False
    asynchronous: bool = False
    text: str = ""

    @property
    def by(self) -> str:
        """What sets it to raise, in words that follow "raises" or "is set to raise"."""
        return "by an option of the query" if self.by_option else "by its mapping"
