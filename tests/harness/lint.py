"""Run the linter in-process on a handful of files, and compare what it says with what the markers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqla_lint import config, run
from sqla_lint.diagnostic import Diagnostic
from tests.harness.markers import GAPS, LINTED, Kind, Marker


def lint(
    folder: Path,
    files: Mapping[str, str],
    *,
    report: Iterable[str] | None = None,
    rule: str = "",
    version: str = ">=2.0",
) -> list[Diagnostic]:
    """Write `files` (path → text) below `folder` as a project of its own; return what is found in `report` (all).

    `rule` is on besides those that are on by default, and the project says that it runs on `version` of SQLAlchemy.
    """
    stated = f'sqlalchemy-version = "{version}"\n' if version else ""
    (folder / "pyproject.toml").write_text(f'[tool.sqla-lint]\n{stated}extend-select = ["{rule}"]\n' if rule else "")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    named = (name for name in files if name.endswith(".py")) if report is None else report
    return check([folder / name for name in named])


def texts_of(folder: Path) -> dict[str, str]:
    """Return the files below a folder, templates included, as `lint` takes them."""
    files = (path for path in sorted(folder.rglob("*.*")) if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def check(paths: list[Path]) -> list[Diagnostic]:
    """Return the diagnostics of `paths`, files or folders, in order."""
    return list(run.check(paths, config.load(paths[0] if paths[0].is_dir() else paths[0].parent)).diagnostics)


def disagreements(diagnostics: Iterable[Diagnostic], markers: Iterable[Marker], own_rule: str | None) -> list[str]:
    """Say, line by line, where the diagnostics of one file and its markers differ; nothing when they agree.

    `own_rule` is the rule that a bare `# error` means. Anything unmarked must not be reported.
    """
    left = list(diagnostics)
    said: list[str] = []
    for marker in markers:
        if marker.kind not in LINTED:
            continue
        rule = marker.rule or own_rule
        hits = [one for one in left if one.span.line == marker.line and one.rule == rule and _worded(one, marker)]
        if hits:
            left.remove(hits[0])
        if marker.kind is Kind.MISSED and hits:
            said.append(f"line {marker.line}: {rule} is found now: make `missed` an `error`")
        elif marker.kind is not Kind.MISSED and not hits:
            verb = "is gone: drop the marker" if marker.kind in GAPS else "is expected, nothing is found"
            words = f' with "{marker.words}"' if marker.words else ""
            said.append(f"line {marker.line}: {rule}{words} {verb}")
    said += [f"line {one.span.line}: unexpected {one.code} {one.message}" for one in left]
    return said


def _worded(diagnostic: Diagnostic, marker: Marker) -> bool:
    return marker.words is None or marker.words in diagnostic.message
