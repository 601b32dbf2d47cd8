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


@dataclass(slots=True)
class Making:
    """makes: an object that is not flushed may be at hand. wrote: something may have been flushed already.

    sets: the attributes that are assigned, of whatever it is; "?" where something is called that cannot be followed.
    uses: what is made of the keys of parameters.
    """

    makes: bool = False
    wrote: bool = False
    sets: set[str] = field(default_factory=set)
    uses: set[KeyUse] = field(default_factory=set)
