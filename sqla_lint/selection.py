"""What is left of the diagnostics: their rule is on, their file does not ignore it, and no `# noqa` says otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from sqla_lint.checks import RULES
from sqla_lint.config import Config, enabled, expand
from sqla_lint.diagnostic import Diagnostic
from sqla_lint.patterns import Patterns
from sqla_lint.source import Unreadable, read_text
from sqla_lint.suppress import Comments, comments, suppressed
from sqla_lint.trouble import OWN_RULES, is_trouble

_TESTS = frozenset({"tests", "test"})
# What pytest takes for a file of tests by its name, and what then stands in it; a program's own file may be called so.
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
_TESTING = re.compile(r"^(?:import|from) +(?:pytest|unittest)\b|^(?:async )?def test|^class \w*Test", re.MULTILINE)


def selection(config: Config, paths: Sequence[Path]) -> Callable[[Diagnostic], bool]:
    """Return the test that a diagnostic has to pass; raise ConfigError for a selection that cannot be followed.

    What costs time with real data alone is not worth a line in a test suite, unless that is what was asked for.
    """
    rules = {**RULES, **OWN_RULES}
    for origin, selectors in config.overridden:
        expand(selectors, rules, origin)
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
        try:
            return comments(read_text(Path(name)))
        except Unreadable:
            return Comments()

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
    if not name.is_relative_to(start) or not _TESTS.isdisjoint(name.relative_to(start).parts[:-1]):
        return True
    return name != start and _TEST_FILE.fullmatch(name.name) is not None and _tests(name)


def _tests(name: Path) -> bool:
    try:
        return _TESTING.search(read_text(name)) is not None
    except Unreadable:
        return False
