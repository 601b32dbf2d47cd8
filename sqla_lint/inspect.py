"""From sources to diagnostics: survey, project, flow and checks in their order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqla_lint.checks import CHECKS
from sqla_lint.config import Config
from sqla_lint.context import Context
from sqla_lint.diagnostic import Confidence, Diagnostic, Note, Span
from sqla_lint.discover import module_name
from sqla_lint.flow.events import Event, RelationshipRead
from sqla_lint.flow.frame import TooComplex
from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices, Unsliceable
from sqla_lint.source import Source
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.reader import survey
from sqla_lint.trouble import internal_error, not_analysed


def inspect(sources: Iterator[Source], targets: frozenset[str], config: Config) -> Iterator[Diagnostic]:
    """Yield the diagnostics of the files whose shown names are targets, knowing all sources."""
    project = Project(_survey(sources, config.root), Slices())
    inspection = Inspection(project)
    wanted = [facts for facts in project.files if facts.path in targets]
    for facts, qualname in project.suspects.roots(wanted, everything="SQLA_LINT_EVERYTHING" in os.environ):
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
        yield survey(source.tree, source.shown, [primary, *aliases])


def _identity(diagnostic: Diagnostic, event: Event, function: str) -> tuple[object, ...]:
    """Equal for what is one defect: one read per loop, and one call whatever it reads inside."""
    match event:
        case RelationshipRead(via=None, loop=loop, instance=instance) if loop and loop.id and instance:
            where = (diagnostic.span.path, function, loop.id)
            return (diagnostic.code, where, instance.cls, instance.path, event.relationship)
    return (diagnostic.code, diagnostic.span)


_MOST_NOTES = 5


def _rank(diagnostic: Diagnostic) -> tuple[bool, Span, str]:
    """What is seen comes before what is inferred, the first place before later ones."""
    return (diagnostic.confidence is Confidence.MEDIUM, diagnostic.span, diagnostic.message)


class Inspection:
    """Walks roots and keeps what the checks say of their events."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._context = Context(project)
        self._found: dict[tuple[object, ...], Diagnostic] = {}
        self._beside: dict[tuple[str, Span], dict[str, Diagnostic]] = {}
        self._troubles: list[Diagnostic] = []
        self._walked: set[str] = set()
        self._owed: dict[tuple[Span, str], str] = {}
        self._settled: set[Span] = set()
        self._confirmed: set[Span] = set()

    def root(self, facts: Facts, qualname: str) -> None:
        """Walk one root; a failure costs that root alone."""
        self._walked.add(f"{facts.module}:{qualname}")
        line = facts.functions[qualname].line if qualname in facts.functions else 1
        function = qualname.rpartition(".")[2]
        try:
            self._project.inspect(facts, qualname, lambda event: self._event(event, function))
        except Unsliceable as error:
            self._troubles.append(not_analysed(facts.path, f"`{qualname}` could not be read: {error}", line))
        except TooComplex as error:
            self._troubles.append(not_analysed(facts.path, str(error), line))
        except Exception as error:
            if "SQLA_LINT_TRACEBACK" in os.environ:
                raise
            self._troubles.append(internal_error(facts.path, f"`{qualname}`", error, line))

    def _event(self, event: Event, function: str) -> None:
        if isinstance(event, RelationshipRead) and event.obligation and event.via is not None:
            known = event.producer is not None and event.producer.seen
            if not event.emits_sql:
                self._settled.add(event.place.span)
            elif known and event.loop is not None:
                self._confirmed.add(event.place.span)
        for check in CHECKS.get(type(event), ()):
            for diagnostic in check(event, self._context):
                self._keep(diagnostic, event, function)

    def _keep(self, diagnostic: Diagnostic, event: Event, function: str) -> None:
        key = _identity(diagnostic, event, function)
        known = self._found.get(key)
        if known is None or _rank(diagnostic) < _rank(known):
            self._found[key] = diagnostic
        if event.via is not None:
            self._beside.setdefault((diagnostic.code, diagnostic.span), {})[diagnostic.message] = diagnostic
        if diagnostic.confidence is Confidence.MEDIUM:
            self._owed[(diagnostic.span, diagnostic.code)] = function

    def ask_callers(self) -> None:
        """Walk the callers of functions whose rows come from elsewhere: they may know whether those are loaded."""
        names = set(self._owed.values())
        if not names:
            return
        for facts in self._project.files:
            for qualname, fact in facts.functions.items():
                if "<locals>" in qualname or f"{facts.module}:{qualname}" in self._walked:
                    continue
                if any(chain.rpartition(".")[2] in names for chain in fact.sketch.calls):
                    self.root(facts, qualname)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What stands at the end: findings on rows of unseen origin fall where every known caller loads them."""
        yield from self._troubles
        settled = self._settled - self._confirmed
        for diagnostic in self._found.values():
            if diagnostic.confidence is Confidence.MEDIUM and diagnostic.span in settled:
                continue
            yield self._with_others(diagnostic)

    def _with_others(self, diagnostic: Diagnostic) -> Diagnostic:
        """A call that does the same in several ways is one finding; the other ways are notes."""
        others = self._beside.get((diagnostic.code, diagnostic.span), {})
        notes = tuple(
            Note(item.notes[-1].span if item.notes else item.span, message)
            for message, item in sorted(others.items())
            if message != diagnostic.message
        )
        return replace(diagnostic, notes=(*diagnostic.notes, *notes[:_MOST_NOTES])) if notes else diagnostic
