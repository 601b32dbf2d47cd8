"""What is noted of a function about objects that no flush has written yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqla_lint.flow.places import Place


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The primary key of a parameter is used before anything is flushed: `use` and `target` as `KeyRead` tells them."""

    parameter: str
    column: str
    use: str
    target: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Early:
    """A query has written an object of a class that lacked these columns; where it was added, the session's key."""

    cls: str
    missing: frozenset[str]
    session: str
    added: Place
    place: Place
    via: Place | None = None


@dataclass(slots=True)
class Making:
    """follows: rules ask when queries flush. makes: an object that is not flushed may be at hand.

    wrote: something may have been flushed already. sets: the attributes that are assigned, of whatever it is; "?" where
    something is called that cannot be followed. uses: what is made of the keys of parameters. early: the objects, by
    their identity, that a query has written too early if they are given later what they lacked. plain: the new objects
    that only code in sight has touched. related: those that others were given, by their identity.
    updated: something was, by a flush, that the database works out. settled: the new objects that a flush has written
    and no commit has kept since, by their identity: a rollback makes them plain objects again, which keep their values.
    renewed: a callee has refreshed something.
    """

    follows: bool = False
    makes: bool = False
    wrote: bool = False
    sets: set[str] = field(default_factory=set)
    uses: set[KeyUse] = field(default_factory=set)
    early: dict[int, Early] = field(default_factory=dict)
    plain: set[int] = field(default_factory=set)
    related: set[int] = field(default_factory=set)
    updated: bool = False
    settled: set[int] = field(default_factory=set)
    renewed: bool = False
