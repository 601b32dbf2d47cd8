"""One suspicious function in, what the checks say of its events out, as a value that another process can send."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqla_lint.checks import CALLS, CHECKS, silent
from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Span
from sqla_lint.flow.events import Called, Committed, Event, RelationshipRead
from sqla_lint.flow.frame import TooComplex
from sqla_lint.flow.questions import Summary
from sqla_lint.flow.transacted import StreamCut
from sqla_lint.project.declarations import declared
from sqla_lint.project.project import Project
from sqla_lint.project.records import Entry, Ledger
from sqla_lint.project.revisions import left_behind
from sqla_lint.project.slices import Unsliceable
from sqla_lint.survey.facts import Facts
from sqla_lint.trouble import internal_error, not_analysed

# What callers may know of the rows that a function is given.
Owed = tuple[str, ...]
# Equal for what is one defect.
Identity = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """What walking one root gave.

    own: its findings in loops of its own; shared: by what they are about, those that other roots may have as well.
    owing: what callers may know of a finding's rows, or have shown. owed, settled, confirmed: such rows that some read
    of this root infers, has loaded, or has seen unloaded. repeats, reads: what the callers of this root are asked for.
    fault: the failure that `trouble` is about, the same in every function that has it. asked: the numbers of the
    questions that it comes of, each with its answer; told: what those numbers stand for that were not told before.
    """

    function: str
    own: tuple[Diagnostic, ...] = ()
    shared: tuple[tuple[Identity, Diagnostic], ...] = ()
    owing: tuple[tuple[tuple[Span, str], Owed], ...] = ()
    owed: frozenset[Owed] = frozenset()
    settled: frozenset[Owed] = frozenset()
    confirmed: frozenset[Owed] = frozenset()
    repeats: bool = False
    reads: frozenset[Owed] = frozenset()
    trouble: Diagnostic | None = None
    fault: str = ""
    asked: tuple[int, ...] = ()
    told: tuple[Entry, ...] = ()


def is_inferred(diagnostic: Diagnostic) -> bool:
    """Whether the rows that a finding speaks of were not seen."""
    return diagnostic.confidence is Confidence.MEDIUM


def rank(diagnostic: Diagnostic) -> tuple[bool, Span, int, str, tuple[Span, ...]]:
    """What is seen comes before what is inferred, the first place before later ones, what is near before far."""
    notes = tuple(note.span for note in diagnostic.notes)
    return (is_inferred(diagnostic), diagnostic.span, diagnostic.steps, diagnostic.message, notes)


def walk_recorded(project: Project, facts: Facts, qualname: str, ledger: Ledger) -> Walked:
    """Walk one root, and tell what the outcome depends on."""
    project.records.begin()
    walked = walk_root(project, facts, qualname)
    asked, told = ledger.enter(project.records.grounds(project.records.end()))
    return replace(walked, asked=asked, told=told)


def walk_root(project: Project, facts: Facts, qualname: str) -> Walked:
    """Walk one root; a failure costs that root alone."""
    notes = _Notes(project)
    function = f"{facts.module}:{qualname}"
    line = facts.functions[qualname].line if qualname in facts.functions else 1
    trouble: Diagnostic | None = None
    fault = ""
    summary = Summary()
    try:
        summary = project.inspect(facts, qualname, notes.take)
    except Unsliceable as error:
        trouble = not_analysed(facts.path, f"`{qualname}` could not be read: {error}", line)
    except TooComplex as error:
        trouble = not_analysed(facts.path, str(error), line)
    except Exception as error:
        if "SQLA_LINT_TRACEBACK" in os.environ:
            raise
        trouble, fault = internal_error(facts.path, f"`{qualname}`", error, line), repr(error)
    return Walked(
        function,
        tuple(notes.own.values()),
        tuple(notes.shared.items()),
        tuple(notes.owing.items()),
        frozenset(notes.owed),
        frozenset(notes.settled),
        frozenset(notes.confirmed),
        any(read.repeated for read in summary.reads),
        frozenset(read.owed for read in summary.reads if read.owed),
        trouble,
        fault,
    )


def check_classes(project: Project, targets: frozenset[str]) -> Iterator[Diagnostic]:
    """Yield what the checks say of the classes that the targets declare, and of revisions as a whole."""
    notes = _Notes(project)
    if "ClassDeclared" in project.asked.events:
        for event in declared(project, targets):
            notes.take(event)
    if "LeftBehind" in project.asked.events:
        for left in left_behind(project, targets):
            notes.take(left)
    yield from (*notes.own.values(), *notes.shared.values())


class _Notes:
    """What the checks say while one root is walked: what is one defect is kept once."""

    def __init__(self, project: Project) -> None:
        self._context = Context(project)
        self._silent = silent(project.versions)
        self.own: dict[Identity, Diagnostic] = {}
        self.shared: dict[Identity, Diagnostic] = {}
        self.owing: dict[tuple[Span, str], Owed] = {}
        self.owed: set[Owed] = set()
        self.settled: set[Owed] = set()
        self.confirmed: set[Owed] = set()

    def take(self, event: Event) -> None:
        """Ask the checks about an event."""
        if isinstance(event, RelationshipRead) and event.owed:
            known = event.producer is not None and event.producer.seen
            if not event.emits_sql:
                self.settled.add(event.owed)
            elif known and event.loop is not None:
                self.confirmed.add(event.owed)
        checks = CALLS[event.kind, event.name] if isinstance(event, Called) else CHECKS.get(type(event), ())
        for check in checks:
            for diagnostic in check(event, self._context):
                self._keep(diagnostic, event)

    def _keep(self, diagnostic: Diagnostic, event: Event) -> None:
        if diagnostic.code in self._silent:
            return
        identity = _in_loop(diagnostic, event)
        found, key = (self.own, identity) if identity else (self.shared, _at_place(diagnostic, event))
        known = found.get(key)
        if known is None or rank(diagnostic) < rank(known):
            found[key] = diagnostic
        if isinstance(event, RelationshipRead) and event.owed:
            self.owing[(diagnostic.span, diagnostic.message)] = event.owed
            if is_inferred(diagnostic):
                self.owed.add(event.owed)


def _in_loop(diagnostic: Diagnostic, event: Event) -> Identity:
    """What a loop does is one defect: one read per loop, and one call whatever it reads inside."""
    match event:
        case Committed(loop=loop) if loop:
            return (diagnostic.code, diagnostic.span.path, loop.id)
        case StreamCut(loop=loop):
            return (diagnostic.code, diagnostic.span.path, loop.id)
        case RelationshipRead(loop=loop, instance=instance) if loop and loop.id and instance:
            return (diagnostic.code, diagnostic.span.path, loop.id, instance.cls, instance.path, event.relationship)
    return ()


def _at_place(diagnostic: Diagnostic, event: Event) -> Identity:
    """Elsewhere there is one defect at one place, but for what is done outside the project there."""
    match event:
        case RelationshipRead(outside=str(reader), instance=instance) if reader and instance:
            return (diagnostic.code, diagnostic.span, instance.cls, instance.path, event.relationship)
    return (diagnostic.code, diagnostic.span)
