"""The whole story on one page: paths go in, a report comes out.

discover finds the files, read turns each into text and tree, inspect knows the rest (survey of every file, project
of all surveys, flow through suspicious functions, checks on what happens there), and what is left after selection,
per-file ignores and `# noqa` is reported in order of place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqla_lint.checks import RULES
from sqla_lint.config import Config, enabled, expand
from sqla_lint.diagnostic import Diagnostic
from sqla_lint.discover import Discovery, discover, shown
from sqla_lint.inspect import inspect
from sqla_lint.patterns import Patterns
from sqla_lint.room import with_room
from sqla_lint.source import Source, Unreadable, read, read_text
from sqla_lint.suppress import Comments, comments, suppressed
from sqla_lint.text import lines_of
from sqla_lint.trouble import OWN_RULES, is_trouble, not_analysed

_TESTS = frozenset({"tests", "test"})

# Told how many files were read, and of how many.
Progress = Callable[[int, int], None]


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
    troubles = list(discovery.problems)
    templates = list(map(shown, discovery.templates))
    sources = _sources(discovery, targets, troubles, progress)
    found = with_room(lambda: list(inspect(sources, targets, config, templates)))
    kept = {diagnostic for diagnostic in (*troubles, *found) if wanted(diagnostic)}
    failed = {diagnostic.span.path for diagnostic in kept if is_trouble(diagnostic)}
    return Report(tuple(sorted(kept, key=lambda one: one.sort_key)), len(targets), len(failed))


def read_lines(name: str) -> Sequence[str]:
    """Return the lines of the file shown as `name`, none when it cannot be read."""
    try:
        return lines_of(read_text(Path(name)))
    except Unreadable:
        return ()


def _sources(
    discovery: Discovery, targets: frozenset[str], troubles: list[Diagnostic], progress: Progress
) -> Iterator[Source]:
    """Yield every readable file; a target that is not goes to `troubles`."""
    for done, path in enumerate(discovery.known):
        progress(done, len(discovery.known))
        name = shown(path)
        try:
            yield read(path, name)
        except Unreadable as error:
            if name in targets:
                troubles.append(not_analysed(name, error.reason, error.line, error.column))
    progress(len(discovery.known), len(discovery.known))


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
