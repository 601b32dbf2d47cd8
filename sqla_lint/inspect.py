"""From facts to diagnostics: project, flow and checks in their order, the roots shared out among workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from sqla_lint.checks import RULES, asked_by
from sqla_lint.diagnostic import Diagnostic, Note, Span
from sqla_lint.knowledge.versions import Versions
from sqla_lint.memory import Memory
from sqla_lint.project.generations import shown_by
from sqla_lint.project.project import Project
from sqla_lint.project.records import Ledger
from sqla_lint.project.slices import Slices, trust_parser
from sqla_lint.project.templates import Templates
from sqla_lint.room import with_room
from sqla_lint.roots import Identity, Owed, Walked, check_classes, is_inferred, rank, walk_recorded, walk_root
from sqla_lint.survey.facts import Facts
from sqla_lint.trouble import lost_to
from sqla_lint.workers import Crew, Lost
from sqla_lint.workers import Note as Tell

Root = tuple[str, str]  # a module, and the qualified name of a function in it

_MOST_NOTES = 5
_LINES_PER_WORKER = 500  # fewer are walked sooner than another process starts


def inspect(
    files: Sequence[Facts],
    targets: frozenset[str],
    templates: Iterable[str],
    jobs: int,
    limit: float,
    rules: Collection[str],
    versions: Versions,
    memory: Memory | None = None,
) -> Iterator[Diagnostic]:
    """Yield the diagnostics of the files whose shown names are targets, knowing all facts and templates.

    rules: the codes of those that are on; what others alone would ask for is not looked at. versions: the generations
    of SQLAlchemy that a claim has to hold on. memory: what is known of an earlier run, and told of this one.
    """
    everything = "SQLA_LINT_EVERYTHING" in os.environ

    def link() -> tuple[Project, list[Root]]:
        shown = shown_by(files, versions)
        project = Project(files, Slices(), everything, Templates(templates), asked_by(rules, shown), shown)
        if memory is not None:
            memory.check(project)
        wanted = [facts for facts in project.files if facts.path in targets]
        return project, [(facts.module, name) for facts, name in project.suspects.roots(wanted, everything)]

    project, roots = with_room(link)
    inspection = Inspection(project, rules)
    recall = memory.recall if memory is not None else lambda function: None
    costs = [_lines(project, root) for root in roots if recall(":".join(root)) is None]
    if costs:
        import sqla_lint.flow.visitor  # noqa: F401, here and not in each worker
    with Crew(_start(project, memory is not None), min(jobs, 1 + sum(costs) // _LINES_PER_WORKER), limit) as crew:
        while roots:
            known = {root: walked for root in roots if (walked := recall(":".join(root))) is not None}
            new = [root for root in roots if root not in known]
            found = dict(zip(new, crew.map(new, [_lines(project, root) for root in new]), strict=True))
            inspection.add(roots, [known.get(root) or found[root] for root in roots])
            if memory is not None and not crew.blamed:
                memory.take(item for item in found.values() if isinstance(item, Walked))
            roots = inspection.callers()
    inspection.blame(crew.blamed)
    yield from (item for item in inspection.diagnostics() if item.span.path in targets)
    yield from check_classes(project, targets)


def _start(project: Project, recorded: bool) -> Callable[[Tell], Callable[[Root, frozenset[str]], Walked]]:
    """How a worker begins that walks roots. recorded: it tells what the outcome depends on."""
    parent = os.getpid()

    def start(tell: Tell) -> Callable[[Root, frozenset[str]], Walked]:
        if os.getpid() != parent:
            trust_parser()
        project.note = tell
        ledger = Ledger(project.records, project.ask)

        def work(root: Root, avoid: frozenset[str]) -> Walked:
            module, qualname = root
            if f"{module}:{qualname}" in avoid:
                return Walked(f"{module}:{qualname}")  # to blame for a lost worker, which is said elsewhere
            project.avoid = avoid
            facts = project.index.modules[module]
            return walk_recorded(project, facts, qualname, ledger) if recorded else walk_root(project, facts, qualname)

        return work

    return start


def _lines(project: Project, root: Root) -> int:
    """What walking a root costs, very roughly."""
    facts = project.index.modules[root[0]]
    fact = facts.functions.get(root[1])
    return fact.end_line - fact.line + 1 if fact else 50


class Inspection:
    """Keeps what the checks say of the roots that were walked, and knows whom to ask next."""

    def __init__(self, project: Project, rules: Collection[str]) -> None:
        self._project = project
        self._rules = rules
        self._walked: dict[str, Walked] = {}
        self._asked: set[str] = set()
        self._owed: set[Owed] = set()
        self._troubles: list[Diagnostic] = []
        self._failures: dict[tuple[str, str], Diagnostic] = {}

    def add(self, roots: Sequence[Root], results: Sequence[Walked | Lost]) -> None:
        """Take note of what walking some roots gave."""
        for (module, qualname), result in zip(roots, results, strict=True):
            function = f"{module}:{qualname}"
            if isinstance(result, Lost):
                self._troubles.append(self._lost(function, result))
                self._walked[function] = Walked(function)
                continue
            self._walked[function] = result
            self._owed |= result.owed
            if result.trouble and result.fault:
                # One fault of ours often shows in many functions: a line per file says it.
                self._failures.setdefault((result.trouble.span.path, result.fault), result.trouble)
            elif result.trouble:
                self._troubles.append(result.trouble)

    def blame(self, blamed: dict[str, Lost]) -> None:
        """Take note of functions that brought a worker down."""
        self._troubles += [self._lost(function, lost) for function, lost in sorted(blamed.items())]

    def _lost(self, function: str, lost: Lost) -> Diagnostic:
        module, _, qualname = function.partition(":")
        facts = self._project.index.modules[module]
        fact = facts.functions.get(qualname)
        line = fact.line if fact else 1
        return lost_to(facts.path, f"`{qualname}`", lost.how, line, stalled=lost.stalled)

    def callers(self) -> list[Root]:
        """The callers, not walked yet, of functions that loop over rows which come from elsewhere: they may know them.

        Whoever passes on what is owed is asked, whenever that shows: the outcome does not depend on any order.
        """
        asking = [
            walked.function
            for walked in self._walked.values()
            if walked.function not in self._asked and (walked.repeats or not walked.reads.isdisjoint(self._owed))
        ]
        self._asked.update(asking)
        found = {
            (facts.module, qualname)
            for function in asking
            for facts, qualname in self._project.suspects.callers(function)
            if f"{facts.module}:{qualname}" not in self._walked
        }
        return sorted(found)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What stands at the end: findings on rows of unseen origin fall where every known caller loads them."""
        yield from self._troubles
        yield from self._failures.values()
        walked = list(self._walked.values())
        settled = {owed for item in walked for owed in item.settled}
        settled -= {owed for item in walked for owed in item.confirmed}
        owing = {place: owed for item in walked for place, owed in item.owing}
        groups: dict[tuple[Span, str], list[Diagnostic]] = {}
        told = list(_in_place(list(_told(walked)), self._rules))
        # What a caller's rows show at a place may be another rule's: then there is nothing left to infer.
        seen = {(one.span, owing.get((one.span, one.message))) for one in told if not is_inferred(one)}
        for diagnostic in told:
            owed = owing.get((diagnostic.span, diagnostic.message))
            if owed and is_inferred(diagnostic) and (owed in settled or (diagnostic.span, owed) in seen):
                continue
            groups.setdefault((diagnostic.span, diagnostic.code), []).append(diagnostic)
        for group in groups.values():
            yield _as_one(sorted(group, key=rank))


def _told(walked: Sequence[Walked]) -> Iterator[Diagnostic]:
    """All findings; of one that several roots have, the first in rank."""
    shared: dict[Identity, Diagnostic] = {}
    for item in walked:
        yield from item.own
        for identity, diagnostic in item.shared:
            known = shared.get(identity)
            if known is None or rank(diagnostic) < rank(known):
                shared[identity] = diagnostic
    yield from shared.values()


def _in_place(told: Sequence[Diagnostic], on: Collection[str]) -> Iterator[Diagnostic]:
    """The findings but for those in whose place there is one of another rule that is on."""
    instead = {
        (one.spoken or one.span, one.subject, RULES[one.code].instead_of)
        for one in told
        if one.subject and one.code in on
    }
    yield from (one for one in told if (one.spoken or one.span, one.subject, one.rule) not in instead)


def _as_one(group: list[Diagnostic]) -> Diagnostic:
    """A place that does the same in several ways is one finding; the other ways are its notes."""
    first, *others = group
    notes = (Note(item.notes[-1].span if item.notes else item.span, item.message) for item in others)
    return replace(first, notes=(*first.notes, *list(notes)[:_MOST_NOTES])) if others else first
