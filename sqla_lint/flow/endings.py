"""Events about the ends of sessions: those that come too early, too late or never, and what is read past a lock."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.decorating import Users
from sqla_lint.flow.events import Event
from sqla_lint.flow.places import Place
from sqla_lint.flow.values import Session


@dataclass(frozen=True, slots=True)
class SessionKept(Event):
    """A session lives as long as the process. kind: "default" of a parameter, "class", whose attribute it is, "module".

    name: the parameter, the attribute or the variable. user: the function, the class, or who uses the variable.
    """

    kind: str = ""
    name: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class RegistryMade(Event):
    """A module makes a `scoped_session` for its threads, and these use it.

    tasks: it is an `async_scoped_session`, for the tasks of an event loop.
    """

    name: str = ""
    users: Users = field(default_factory=Users)
    tasks: bool = False


@dataclass(frozen=True, slots=True)
class LockedStale(Event):
    """A statement locks the row of an object that was loaded before, at `loaded`; name: what that is bound to."""

    name: str = ""
    cls: str = ""
    loaded: Place | None = None


@dataclass(frozen=True, slots=True)
class EngineMade(Event):
    """An engine with a pool is made and neither kept nor disposed of; serves: what the function runs for each time.

    serves: "request", "task", or "session" where it gives a session.
    """

    serves: str = ""


@dataclass(frozen=True, slots=True)
class UsedAgain(Event):
    """A session is asked something after it was closed, at `closing`, and is left so; name: what it is bound to."""

    session: Session | None = None
    name: str = ""
    closing: Place | None = None


@dataclass(frozen=True, slots=True)
class TakenLate(Event):
    """Rows of a Result are taken after its session was closed by `by`, at `closing`; text: the Result as written."""

    by: str = ""
    closing: Place | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ClosedBehind(Event):
    """Something is returned that needs a session, which is closed on the way out, by a block or a `finally`.

    kind: "session", the session itself; "rows" not taken yet, or "query". by: "block" or the name of the method that
    closes it, at `closing`. text: what is returned, as written.
    """

    session: Session | None = None
    kind: str = ""
    by: str = ""
    closing: Place | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReadStale(Event):
    """A loop that waits, at `loop`, reads a column that no turn of it can find changed; text: it as written."""

    text: str = ""
    loop: Place | None = None


@dataclass(frozen=True, slots=True)
class ReturnedOpen(Event):
    """A function that a framework asks for a session returns one that it has opened, and that nobody closes.

    serves: what it is asked for, "dependency" or "request". text: what is returned, as written.
    """

    session: Session | None = None
    serves: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SessionStored(Event):
    """A session is opened into an item or an attribute of what the function is given, and nobody closes it there.

    text: the item or attribute, as written.
    """

    session: Session | None = None
    text: str = ""
