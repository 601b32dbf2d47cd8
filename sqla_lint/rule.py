"""A rule is a value: its identity, its message, and the checks that yield its diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqla_lint.diagnostic import Confidence, Diagnostic, Fix, Note, Safety, Severity, Span
from sqla_lint.flow.asked import Operation

if TYPE_CHECKING:
    from sqla_lint.context import Context
    from sqla_lint.flow.operations import Operated

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

    instead_of: the name of a rule whose finding about the same subject, at the same place, is left out where this one
    is on and has one.

    since_generation: it speaks only where a project surely runs on that generation of SQLAlchemy, or a later one, as
    it says itself.
    """

    name: str
    code: str
    since: str
    message: str
    severity: Severity
    default: bool = True
    fix: Safety = Safety.SHOWN
    costs: bool = False
    since_generation: str = ""
    instead_of: str = ""
    checks: dict[type, Check] = field(default_factory=dict, compare=False)
    calls: dict[tuple[str, str], Check] = field(default_factory=dict, compare=False)
    beside: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, compare=False)
    operations: dict[str, Operation] = field(default_factory=dict, compare=False)

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

    def on_operation(
        self, *names: str, down: bool = True, databases: Collection[str] = ()
    ) -> Callable[[Callable[[Operated, Context], Iterator[Diagnostic]]], Check]:
        """Register the decorated generator as this rule's check for operations of Alembic of these names.

        down: those of a downgrade as well. databases: only in projects whose databases are these and no others.
        """
        from sqla_lint.flow.operations import Operated  # which a run that finds nothing changed does without

        where = Operation(down, frozenset(databases))

        def register(check: Callable[[Operated, Context], Iterator[Diagnostic]]) -> Check:
            def chosen(step: Operated, context: Context) -> Iterator[Diagnostic]:
                if step.operation not in self.operations or step.going_down and not down:
                    return iter(())
                return check(step, context) if not databases or context.databases == where.databases else iter(())

            self.operations.update(dict.fromkeys(names, where))
            return self.on(Operated)(chosen)

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
        about: str = "",
        told_of: Span | None = None,
        **fields: object,
    ) -> Diagnostic:
        """Return a diagnostic of this rule at `span`; `fields` fill the rule's message (or `message`).

        told_of: where what it is about stands, if that is elsewhere.
        """
        text = (message or self.message).format(**fields)
        given = (fix, notes, confidence, steps, about, told_of)
        return Diagnostic(span, self.code, self.name, text, self.severity, *given)
