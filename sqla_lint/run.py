"""The whole story on one page: paths go in, a report comes out.

discover finds the files, gather turns each into facts, inspect knows the rest (project of all facts, flow through
suspicious functions, checks on what happens there), and what is left after selection, per-file ignores and `# noqa` is
reported in order of place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqla_lint.checks import RULES
from sqla_lint.config import Config, enabled, expand
from sqla_lint.diagnostic import Diagnostic
from sqla_lint.discover import Discovery, discover, module_name, shown
from sqla_lint.gather import File, gather
from sqla_lint.inspect import inspect
from sqla_lint.patterns import Patterns
from sqla_lint.source import Unreadable, read_text
from sqla_lint.suppress import Comments, comments, suppressed
from sqla_lint.text import lines_of
from sqla_lint.trouble import OWN_RULES, is_trouble

_TESTS = frozenset({"tests", "test"})

# Told how many files were read, and of how many.
Progress = Callable[[int, int], None]

# How many seconds one file may take to read, or one function to walk.
_LIMIT, _USUAL_LIMIT = "SQLA_LINT_LIMIT", "60"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found: the diagnostics in order, how many files it looked at, and how many it could not analyse."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    failures: int


def check(paths: Sequence[Path], config: Config, progress: Progress = lambda done, total: None) -> Report:
    """Return the report about the Python files that `paths` name."""
    wanted = _wanted(config, paths)  # first, so that a mistake in the configuration shows at once
    discovery = discover(paths, config)
    targets = frozenset(map(shown, discovery.targets))
    limit = float(os.environ.get(_LIMIT, _USUAL_LIMIT))
    jobs = 0 if "SQLA_LINT_TRACEBACK" in os.environ else config.jobs or 0
    files = list(_files(discovery))
    facts, unread = gather(files, jobs, limit, lambda done: progress(done, len(files)))
    troubles = (one for one in unread if one.span.path in targets)
    found = inspect(facts, targets, map(shown, discovery.templates), jobs, limit)
    kept = {diagnostic for diagnostic in (*discovery.problems, *troubles, *found) if wanted(diagnostic)}
    failed = {diagnostic.span.path for diagnostic in kept if is_trouble(diagnostic)}
    return Report(tuple(sorted(kept, key=lambda one: one.sort_key)), len(targets), len(failed))


def read_lines(name: str) -> Sequence[str]:
    """Return the lines of the file shown as `name`, none when it cannot be read."""
    try:
        return lines_of(read_text(Path(name)))
    except Unreadable:
        return ()


def _files(discovery: Discovery) -> Iterator[File]:
    """Yield the files of the project with their names; a module name belongs to one file alone."""
    taken: set[str] = set()
    for path in discovery.known:
        name = shown(path)
        names = list(module_name(path, discovery.root))
        primary = next((one for one in names if one not in taken), f"{names[0]}@{name}")
        taken.add(primary)
        yield File(path, name, (primary, *(one for one in names if one != primary)))


def _wanted(config: Config, paths: Sequence[Path]) -> Callable[[Diagnostic], bool]:
    """Return the test that a diagnostic has to pass: its rule is on, its file does not ignore it, no `noqa` says so.

    What costs time with real data alone is not worth a line in a test suite, unless that is what was asked for.
    """
    rules = {**RULES, **OWN_RULES}
    on = enabled(config, rules)
    ignores = [
        (Patterns([pattern]), expand(selectors, rules, config.origin)) for pattern, selectors in config.per_file_ignores
    ]

    @cache
    def ignored_in(name: str) -> frozenset[str]:
        try:
            relative = Path(name).absolute().relative_to(config.root).as_posix()
        except ValueError:
            return frozenset()
        return frozenset().union(*(codes for patterns, codes in ignores if patterns.decide(relative)))

    @cache
    def in_test_suite(name: str) -> bool:
        return all(_is_test_below(Path(name).absolute(), path.absolute()) for path in paths)

    @cache
    def comments_in(name: str) -> Comments:
        return comments("\n".join(read_lines(name)))

    def wanted(diagnostic: Diagnostic) -> bool:
        name = diagnostic.span.path
        if diagnostic.code not in on or diagnostic.code in ignored_in(name):
            return False
        if rules[diagnostic.code].costs and in_test_suite(name):
            return False
        return is_trouble(diagnostic) or not suppressed(diagnostic, comments_in(name))

    return wanted


def _is_test_below(name: Path, start: Path) -> bool:
    """Whether a file is a test's to somebody who looks from `start`; what is not below it says nothing."""
    return not name.is_relative_to(start) or not _TESTS.isdisjoint(name.relative_to(start).parts[:-1])
