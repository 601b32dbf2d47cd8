"""The methods that have shaped a statement: how many rows it gives, in which order, joined to what."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqla_lint.flow.places import Place
from sqla_lint.knowledge.statements import COMBINING, SHAPING

# A step that stands for any: the statement has a part that is not in sight.
_ANY = "*"
# One that says of which classes, by their simple names, criteria or an order speak.
_NAMES = "names"
# The classes whose columns are asked for, or stand in criteria, those that criteria tie together, and what is not seen.
_OF_FROMS = frozenset({"asks", "refers", "links", "hidden", _NAMES})
# It asks for what the database works out of the columns of some class.
COMPUTES = "computes"
_JOINING = frozenset({"join", "outerjoin"})
# What stands among the columns of its criteria for those that are not in sight.
ANY_COLUMN = "<any column>"


@dataclass(frozen=True, slots=True)
class Step:
    """One method. cls, relationship: what a join goes along, or to. sure: it is taken on every path.

    keywords: the names of the arguments that it is given by keyword.
    """

    name: str
    cls: str = ""
    relationship: str = ""
    keywords: frozenset[str] = frozenset()
    sure: bool = True
    place: Place | None = field(default=None, compare=False)


Steps = tuple[Step, ...]
UNSEEN: Steps = (Step(_ANY, sure=False),)


def after(steps: Steps, step: Step) -> Steps:
    """The steps of a statement that takes another one; those that do not matter are left out."""
    if step.name in COMBINING:
        return UNSEEN if _ANY not in {item.name for item in steps} else steps
    if step.name not in SHAPING and step.name not in _OF_FROMS:
        return steps
    return (*(item for item in steps if replace(item, sure=step.sure) != step), step)


def either(left: Steps, right: Steps) -> Steps:
    """The steps of a statement that has taken the one way or the other: what only one of them has is unsure."""
    both = [item for item in left if item in right]
    apart = [replace(item, sure=False) for item in (*left, *right) if item not in both]
    return (*both, *dict.fromkeys(apart))


def surely(steps: Steps, *names: str) -> Step | None:
    """The last of the steps of these names that is taken on every path."""
    return next((item for item in reversed(steps) if item.name in names and item.sure), None)


def perhaps(steps: Steps, *names: str) -> bool:
    """Whether a step of one of these names may have been taken."""
    return any(item.name in names or item.name == _ANY for item in steps)


def joined(steps: Steps) -> tuple[tuple[str, str], ...]:
    """What is surely joined: a relationship of a class, or a class and ""."""
    return tuple((item.cls, item.relationship) for item in steps if item.name in _JOINING and item.cls and item.sure)


def naming(cls: str) -> Step:
    """Criteria or an order speak of a class, by its simple name."""
    return Step(_NAMES, cls)


def named(steps: Steps) -> frozenset[str]:
    """The simple names of the classes that criteria or an order may speak of."""
    return frozenset(item.cls for item in steps if item.name == _NAMES)
