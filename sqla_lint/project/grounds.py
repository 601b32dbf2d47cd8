"""Questions that walks depend on besides those of flow: asked by the project itself, so that they are recorded too."""

from __future__ import annotations

from dataclasses import dataclass

from sqla_lint.flow.questions import Question


@dataclass(frozen=True, slots=True)
class KeepersOf(Question[tuple[str, tuple[str, ...]]]):
    """The methods that set an attribute of `self` to what may be rows, and the class of `self` if not their own."""

    cls: str
    name: str


@dataclass(frozen=True, slots=True)
class AllKeepersOf(Question[tuple[tuple[str, str, tuple[str, ...]], ...]]):
    """Of each attribute of `self` that methods set: the class of `self` if not their own, its name, the methods."""

    cls: str


@dataclass(frozen=True, slots=True)
class BodyOf(Question[str]):
    """What a function, or the body of a module, is made of: a digest of its lines, its place, and what they lead to."""

    function: str


@dataclass(frozen=True, slots=True)
class OverridersOf(Question[tuple[str, ...]]):
    """The methods that may run where a method of a class is called that only says what those do."""

    cls: str
    name: str


@dataclass(frozen=True, slots=True)
class OneOfMany(Question[bool]):
    """Whether a class derives, with very many others, from the one that has a method, and is no case of its own."""

    function: str
    this: str


@dataclass(frozen=True, slots=True)
class MostlyAsync(Question[bool]):
    """Whether the project works with AsyncSession rather than with Session."""
