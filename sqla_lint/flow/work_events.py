"""Events of the unit of work: what it does not notice, and what it writes otherwise than the code reads."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.columns import Column
from sqla_lint.flow.events import Event, Loop, Repeating
from sqla_lint.flow.places import Place
from sqla_lint.flow.values import UNKNOWN, Instance, Session, Value


@dataclass(frozen=True, slots=True)
class ChangedInPlace(Event):
    """The value of a column is changed in place, and nothing in the function tells the session of it.

    row: the instance; text: the row as written. column: None never reaches a rule. changed: the value as written, an
    alias where that is what is changed. again: the attribute is then set to the object that it holds already.
    """

    row: Value = UNKNOWN
    text: str = ""
    column: Column | None = None
    changed: str = ""


@dataclass(frozen=True, slots=True)
class CollectionShrinks(Repeating):
    """A turn of a loop takes something out of the collection of a row that the loop goes through.

    collection: as written. how: "remove", "pop" or, where the other side of the relationship is set, that attribute.
    """

    collection: str = ""
    how: str = ""
    loop: Loop | None = None


@dataclass(frozen=True, slots=True)
class AddedAgain(Repeating):
    """One new object is given other values and added in every turn of a loop. made: where it is made, before it."""

    row: Instance | None = None
    name: str = ""
    attribute: str = ""
    loop: Loop | None = None
    made: Place | None = None


@dataclass(frozen=True, slots=True)
class RowsOutOfDate(Event):
    """A row is read that a statement has written past the session, and nothing has loaded it again since.

    cls: its class. name, column: what is read. written: where the statement is.
    """

    cls: str = ""
    name: str = ""
    column: str = ""
    written: Place | None = None


@dataclass(frozen=True, slots=True)
class RemovedCalled(Event):
    """A call that SQLAlchemy 2.0 does not have any more.

    text: the callee as written. how, keyword: what of it is gone, in the words of `knowledge.removed`. cure: what to
    write instead.
    """

    text: str = ""
    how: str = ""
    keyword: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class OutOfStep(Event):
    """A relationship or its foreign key is read that does not know yet what the other one was set to.

    kind: what is read, "key" or "relationship", or "new" for the relationship of an object that no flush has written.
    read, given: both as written. place_given: where the other was set.
    """

    kind: str = ""
    read: str = ""
    given: str = ""
    place_given: Place | None = None


@dataclass(frozen=True, slots=True)
class LinkCut(Event):
    """A row is taken from its parent, without which its foreign key may not be.

    text: what takes it, as written. owner, column: the class and the column that is set to NULL.
    """

    text: str = ""
    owner: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class ReadFlushes(Event):
    """A function of the project that only reads is called, and its query writes what waits in the session.

    call: as written. cls: the class of a row that waits. changed: where it was changed, added or deleted.
    """

    session: Session | None = None
    call: str = ""
    cls: str = ""
    changed: Place | None = None


@dataclass(frozen=True, slots=True)
class HalfBuilt(Event):
    """A query flushes a new object before it is given what one of its columns must hold.

    cls, column: what is missing. added: where the object came into the session. given: where it gets the value.
    """

    session: Session | None = None
    cls: str = ""
    column: str = ""
    added: Place | None = None
    given: Place | None = None


@dataclass(frozen=True, slots=True)
class Counted(Event):
    """A row that this function has loaded without a lock gets a number that is made of the one it was loaded with.

    cls, column: whose and which. text: what is set, as written. entry: the process ends with the function, in `module`.
    """

    cls: str = ""
    column: str = ""
    text: str = ""
    module: str = ""
    entry: bool = False


@dataclass(frozen=True, slots=True)
class InsertedUnguarded(Event):
    """A new object of a class is added after a look for its unique value, and nothing catches that it is there."""

    cls: str = ""
    column: str = ""
