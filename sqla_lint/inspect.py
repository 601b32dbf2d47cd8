"""From sources to diagnostics: survey, project, flow and checks in their order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sqla_lint.checks import CHECKS
from sqla_lint.config import Config
from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Note, Span
from sqla_lint.discover import module_name
from sqla_lint.flow.events import Committed, Event, RelationshipRead
from sqla_lint.flow.frame import TooComplex
from sqla_lint.flow.questions import Summary, SummaryOf
from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices, Unsliceable
from sqla_lint.project.templates import Templates
from sqla_lint.source import Source
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.reader import survey
from sqla_lint.trouble import internal_error, not_analysed


def inspect(
    sources: Iterator[Source], targets: frozenset[str], config: Config, templates: Iterable[str] = ()
) -> Iterator[Diagnostic]:
    """Yield the diagnostics of the files whose shown names are targets, knowing all sources and templates."""
    everything = "SQLA_LINT_EVERYTHING" in os.environ
    project = Project(_survey(sources, config.root), Slices(), everything, Templates(templates))
    inspection = Inspection(project)
    wanted = [facts for facts in project.files if facts.path in targets]
    for facts, qualname in project.suspects.roots(wanted, everything):
        inspection.root(facts, qualname)
    inspection.ask_callers()
    yield from (item for item in inspection.diagnostics() if item.span.path in targets)


def _survey(sources: Iterator[Source], root: Path) -> Iterator[Facts]:
    """The facts of every file; a module name belongs to one file alone."""
    taken: set[str] = set()
    for source in sources:
        names = list(module_name(source.path, root))
        free = [name for name in names if name not in taken]
        primary = free[0] if free else f"{names[0]}@{source.shown}"
        taken.add(primary)
        aliases = [name for name in names if name != primary]
        yield survey(source.tree, source.shown, [primary, *aliases], source.text)


def _identity(diagnostic: Diagnostic, event: Event, function: str) -> tuple[object, ...]:
    """Equal for what is one defect: one read per loop, and one call whatever it reads inside."""
    match event:
        case Committed(loop=loop) if loop:
            return (diagnostic.code, diagnostic.span.path, function, loop.id)
        case RelationshipRead(loop=loop, instance=instance) if loop and loop.id and instance:
            where = (diagnostic.span.path, function, loop.id)
            return (diagnostic.code, where, instance.cls, instance.path, event.relationship)
        case RelationshipRead(outside=True, instance=instance) if instance:
            return (diagnostic.code, diagnostic.span, instance.cls, instance.path, event.relationship)
    return (diagnostic.code, diagnostic.span)


def _as_one(group: list[Diagnostic]) -> Diagnostic:
    """A place that does the same in several ways is one finding; the other ways are its notes."""
    first, *others = group
    notes = (Note(item.notes[-1].span if item.notes else item.span, item.message) for item in others)
    return replace(first, notes=(*first.notes, *list(notes)[:_MOST_NOTES])) if others else first


def _is_inferred(diagnostic: Diagnostic) -> bool:
    return diagnostic.confidence is Confidence.MEDIUM


_MOST_NOTES = 5


def _rank(diagnostic: Diagnostic) -> tuple[bool, Span, str]:
    """What is seen comes before what is inferred, the first place before later ones."""
    return (_is_inferred(diagnostic), diagnostic.span, diagnostic.message)


class Inspection:
    """Walks roots and keeps what the checks say of their events."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._context = Context(project)
        self._found: dict[tuple[object, ...], Diagnostic] = {}
        self._troubles: list[Diagnostic] = []
        self._failures: dict[tuple[str, str], Diagnostic] = {}
        self._walked: set[str] = set()
        self._owed: set[tuple[str, ...]] = set()
        self._asking: set[str] = set()
        self._owing: dict[tuple[Span, str], tuple[str, ...]] = {}
        self._settled: set[tuple[str, ...]] = set()
        self._confirmed: set[tuple[str, ...]] = set()

    def root(self, facts: Facts, qualname: str) -> None:
        """Walk one root; a failure costs that root alone."""
        function = f"{facts.module}:{qualname}"
        self._walked.add(function)
        line = facts.functions[qualname].line if qualname in facts.functions else 1
        try:
            summary = self._project.inspect(facts, qualname, lambda event: self._event(event, qualname))
            if self._passes_on(summary):
                self._asking.add(function)
        except Unsliceable as error:
            self._troubles.append(not_analysed(facts.path, f"`{qualname}` could not be read: {error}", line))
        except TooComplex as error:
            self._troubles.append(not_analysed(facts.path, str(error), line))
        except Exception as error:
            if "SQLA_LINT_TRACEBACK" in os.environ:
                raise
            # One fault of ours often shows in many functions: a line per file says it.
            self._failures.setdefault(
                (facts.path, repr(error)), internal_error(facts.path, f"`{qualname}`", error, line)
            )

    def _event(self, event: Event, function: str) -> None:
        if isinstance(event, RelationshipRead) and event.owed:
            known = event.producer is not None and event.producer.seen
            if not event.emits_sql:
                self._settled.add(event.owed)
            elif known and event.loop is not None:
                self._confirmed.add(event.owed)
        for check in CHECKS.get(type(event), ()):
            for diagnostic in check(event, self._context):
                self._keep(diagnostic, event, function)

    def _keep(self, diagnostic: Diagnostic, event: Event, function: str) -> None:
        key = _identity(diagnostic, event, function)
        known = self._found.get(key)
        if known is None or _rank(diagnostic) < _rank(known):
            self._found[key] = diagnostic
        if isinstance(event, RelationshipRead) and event.owed and _is_inferred(diagnostic):
            self._owed.add(event.owed)
            self._owing[(diagnostic.span, diagnostic.message)] = event.owed

    def ask_callers(self) -> None:
        """Walk the callers of functions that loop over rows which come from elsewhere: they may know those rows."""
        asked: set[str] = set()
        while self._asking:
            function = self._asking.pop()
            asked.add(function)
            for facts, qualname in self._project.suspects.callers(function):
                caller = f"{facts.module}:{qualname}"
                if caller not in self._walked:
                    self.root(facts, qualname)
                elif caller not in asked and self._passes_on(self._project.ask(SummaryOf(caller))):
                    self._asking.add(caller)

    def _passes_on(self, summary: Summary) -> bool:
        """Whether a function reads relationships of rows that its callers give it, once for each."""
        return any(read.repeated or read.owed in self._owed for read in summary.reads)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What stands at the end: findings on rows of unseen origin fall where every known caller loads them."""
        yield from self._troubles
        yield from self._failures.values()
        settled = self._settled - self._confirmed
        groups: dict[tuple[Span, str], list[Diagnostic]] = {}
        for diagnostic in self._found.values():
            if self._owing.get((diagnostic.span, diagnostic.message)) in settled and _is_inferred(diagnostic):
                continue
            groups.setdefault((diagnostic.span, diagnostic.code), []).append(diagnostic)
        for group in groups.values():
            yield _as_one(sorted(group, key=_rank))
