"""A rule is a value: its identity, its message, and the checks that yield its diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Safety, Severity, Span

if TYPE_CHECKING:
    from sqla_lint.context import Context

FAMILIES = {
    "1": "Lifecycle",
    "2": "Transactions",
    "3": "Unit of work",
    "4": "Loading and statements",
    "5": "Async",
    "6": "Migrations",
    "9": "The linter itself",
}

E = TypeVar("E")
C = TypeVar("C")
Check = Callable[[Any, "Context"], Iterator[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `name` is the page, the module and the kebab-case name; `code` is its short alias.

    default: it is on unless it is ignored; advice is not. fix: the best that can be done about its findings.

    costs: what it finds is right but slow or wasteful, the more so the more data there is: no matter in a test suite.
    """

    name: str
    code: str
    since: str
    message: str
    severity: Severity
    default: bool = True
    fix: Safety = Safety.SHOWN
    costs: bool = False
    checks: dict[type, Check] = field(default_factory=dict, compare=False)
    calls: dict[tuple[str, str], Check] = field(default_factory=dict, compare=False)
    beside: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, compare=False)

    @property
    def family(self) -> str:
        """The family that the first digit of the code names."""
        return FAMILIES[self.code[3]]

    def on(self, event: type[E]) -> Callable[[Callable[[E, Context], Iterator[Diagnostic]]], Check]:
        """Register the decorated generator as this rule's check for events of exactly this type."""

        def register(check: Callable[[E, Context], Iterator[Diagnostic]]) -> Check:
            self.checks[event] = check
            return check

        return register

    def on_call(
        self, kind: str, *names: str, beside: Collection[str] = ()
    ) -> Callable[[Callable[[C, Context], Iterator[Diagnostic]]], Check]:
        """Register the decorated generator as this rule's check for calls of these names upon a kind of callee.

        It is given `Called` events, which are made of no other calls than those that some rule asks for. beside:
        the check finds nothing in a function that calls none of these too, so that it need not be looked at.
        """

        def register(check: Callable[[C, Context], Iterator[Diagnostic]]) -> Check:
            self.calls.update(dict.fromkeys(((kind, name) for name in names), check))
            self.beside.update(dict.fromkeys(((kind, name) for name in names), frozenset(beside)))
            return check

        return register

    def at(
        self,
        span: Span,
        *,
        fix: Fix,
        notes: tuple[Note, ...] = (),
        confidence: Confidence = Confidence.HIGH,
        message: str | None = None,
        steps: int = 0,
        **fields: object,
    ) -> Diagnostic:
        """Return a diagnostic of this rule at `span`; `fields` fill the rule's message (or `message`)."""
        text = (message or self.message).format(**fields)
        return Diagnostic(span, self.code, self.name, text, self.severity, fix, notes, confidence, steps)
