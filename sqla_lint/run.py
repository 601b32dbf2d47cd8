"""The whole story on one page: paths go in, a report comes out.

discover finds the files, gather turns each into facts, inspect knows the rest (project of all facts, flow through
suspicious functions, checks on what happens there), and what is left after selection is reported in order of place.
Where nothing has changed since an earlier run, its report is all there is to it: nothing heavy is imported before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqla_lint.cache import Cache, digest
from sqla_lint.config import Config
from sqla_lint.diagnostic import Diagnostic, plain, restored
from sqla_lint.discover import Discovery, File, discover, files, shown
from sqla_lint.knowledge.versions import Versions
from sqla_lint.source import MAX_BYTES, Unreadable, read_bytes, read_text
from sqla_lint.source import digest as digest_of
from sqla_lint.text import lines_of
from sqla_lint.trouble import INTERNAL_ERROR, is_trouble

# Told how many files were read, and of how many.
Progress = Callable[[int, int], None]

# How many seconds one file may take to read, or one function to walk.
_LIMIT, _USUAL_LIMIT = "SQLA_LINT_LIMIT", "60"
_SWITCHES = ("SQLA_LINT_EVERYTHING",)


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found: the diagnostics in order, how many files it looked at, and how many it could not analyse."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    failures: int


@dataclass(frozen=True, slots=True)
class _Work:
    """What there is to do: the paths named, the configuration, what was discovered, and the files with their names.

    versions: the generations of SQLAlchemy that the project may run on.
    """

    paths: Sequence[Path]
    config: Config
    discovery: Discovery
    files: tuple[File, ...]
    versions: Versions

    def contents(self) -> list[str]:
        """Return the digest of each file, then of each template."""
        return [_content(path) for path in (*self.discovery.known, *self.discovery.templates)]

    def key(self, linter: str, contents: Sequence[str]) -> str:
        """Return a digest of all that the report depends on."""
        asked = [str(path.absolute()) for path in (Path(), *self.paths)]
        targets = map(str, self.discovery.targets)
        templates = map(str, self.discovery.templates)
        settings = [repr(replace(self.config, jobs=None)), repr(self.discovery.problems)]
        settings += [*sorted(self.versions.possible), str(self.versions.told)]
        switches = [os.environ.get(switch, "") for switch in _SWITCHES]
        names = (name for file in self.files for name in (file.shown, *file.names, ""))
        lists = (asked, targets, templates, settings, switches, names, contents)
        return digest(linter, *(digest(*one) for one in lists))


def check(
    paths: Sequence[Path],
    config: Config,
    progress: Progress = lambda done, total: None,
    cache: Cache | None = None,
) -> Report:
    """Return the report about the Python files that `paths` name; `cache` knows what earlier runs found."""
    discovery = discover(paths, config)
    work = _Work(paths, config, discovery, tuple(files(discovery)), config.versions)
    if cache is None:
        return _look(work, progress, None, ())
    contents = work.contents()
    key = work.key(cache.linter, contents)
    if (kept := cache.report(key)) is not None:
        diagnostics, count, failures = kept
        return Report(tuple(map(restored, diagnostics)), count, failures)
    report = _look(work, progress, cache, contents)
    broken = any(one.code == INTERNAL_ERROR.code for one in report.diagnostics)
    if not broken and work.contents() == contents:
        cache.keep_report(key, [list(map(plain, report.diagnostics)), report.files, report.failures])
    return report


def read_lines(name: str) -> Sequence[str]:
    """Return the lines of the file shown as `name`, none when it cannot be read."""
    try:
        return lines_of(read_text(Path(name)))
    except Unreadable:
        return ()


def _look(work: _Work, progress: Progress, cache: Cache | None, contents: Sequence[str]) -> Report:
    """Return the report, found out anew but for what is known of files that have not changed."""
    from sqla_lint.checks import RULES
    from sqla_lint.config import enabled
    from sqla_lint.gather import gather
    from sqla_lint.inspect import inspect
    from sqla_lint.memory import Memory
    from sqla_lint.selection import selection
    from sqla_lint.trouble import OWN_RULES

    wanted = selection(work.config, work.paths)  # first, so that a mistake in the configuration shows at once
    on = enabled(work.config, {**RULES, **OWN_RULES})
    targets = frozenset(map(shown, work.discovery.targets))
    limit = float(os.environ.get(_LIMIT, _USUAL_LIMIT))
    jobs = 0 if "SQLA_LINT_TRACEBACK" in os.environ else work.config.jobs or 0
    count = len(work.files)
    project = str(work.discovery.root)
    earlier = (contents[:count], cache.facts(project)) if cache is not None else None
    gathered = gather(work.files, jobs, limit, lambda done: progress(done, count), earlier)
    if cache is not None and earlier is not None and gathered.entries.keys() != earlier[1].keys():
        cache.keep_facts(project, gathered.entries)
    troubles = (one for one in gathered.problems if one.span.path in targets)
    seen = f"{project} from {Path().absolute()}"  # places are told as they look from here
    everything = any(os.environ.get(switch) for switch in _SWITCHES)
    memory = Memory(cache.walks(seen)) if cache is not None and not everything else None
    templates = map(shown, work.discovery.templates)
    found = list(inspect(gathered.facts, targets, templates, jobs, limit, on, work.versions, memory))
    if cache is not None and memory is not None and memory.changed:
        cache.keep_walks(seen, memory.kept())
    kept = {diagnostic for diagnostic in (*work.discovery.problems, *troubles, *found) if wanted(diagnostic)}
    failed = {diagnostic.span.path for diagnostic in kept if is_trouble(diagnostic)}
    return Report(tuple(sorted(kept, key=lambda one: one.sort_key)), len(targets), len(failed))


def _content(path: Path) -> str:
    """Return the digest of a file, or why it cannot be read."""
    try:
        return digest_of(read_bytes(path, MAX_BYTES))
    except Unreadable as error:
        return f"!{error.reason}"
