"""The command `sqla-lint`: understands its arguments, calls the run, prints, and chooses the exit code.

0: nothing found. 1: findings. 2: wrong usage or configuration, internal trouble, or a file that could not be
analysed. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sqla_lint import __version__, terminal

if TYPE_CHECKING:
    from sqla_lint.cache import Cache
    from sqla_lint.config import Config
    from sqla_lint.rule import Rule
    from sqla_lint.run import Report

_FORMATS = ("flake8", "full", "json")
_CACHE_FOLDER = "SQLA_LINT_CACHE_DIR"  # empty: none
_FIXES = {"safe": "fix", "unsafe": "unsafe fix", "shown": "advises a fix"}
_SWITCHES = ("--version", "--help", "-h")


class _Group(click.Group):
    """A group of commands of which `check` goes without saying where a path or an option stands in its place."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command to run; a misspelt one is pointed out."""
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        if os.path.lexists(args[0]) or args[0].startswith("-") or any(mark in args[0] for mark in "/\\."):
            return super().resolve_command(ctx, ["check", *args])
        from sqla_lint.config import nearest

        guess = nearest(args[0], self.commands)
        raise click.UsageError(
            f"{args[0]!r} is neither a command nor an existing path" + (f", did you mean {guess!r}?" if guess else ".")
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave options that are not the group's own to `check`."""
        if args and args[0].startswith("-") and args[0] not in _SWITCHES:
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sqla-lint", message="%(prog)s %(version)s")
def app() -> None:
    """Find misused SQLAlchemy sessions: unclosed, committed per row, lazily loaded in loops, and more."""


@app.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--select", multiple=True, metavar="RULES", help="Check these only: codes, names, families, ALL.")
@click.option("--extend-select", multiple=True, metavar="RULES", help="Check these as well.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave these out.")
@click.option("--output-format", type=click.Choice(_FORMATS), default="flake8", show_default=True)
@click.option("--statistics", is_flag=True, help="Print how often each rule was broken instead of where.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings.")
@click.option("--force-exclude", is_flag=True, help="Apply `exclude` to files named on the command line too.")
@click.option(
    "--config", "config_file", type=click.Path(path_type=Path), metavar="FILE", help="Use this pyproject.toml."
)
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Share the work among N processes.  [default: CPUs]")
@click.option("--cache-dir", type=click.Path(path_type=Path), metavar="DIR", help="Keep what was found out there.")
@click.option("--no-cache", is_flag=True, help="Find everything out anew, and keep nothing.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True)
def check(
    paths: tuple[Path, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    output_format: str,
    statistics: bool,
    exit_zero: bool,
    force_exclude: bool,
    config_file: Path | None,
    jobs: int | None,
    cache_dir: Path | None,
    no_cache: bool,
    color: str,
) -> int:
    """Check Python files; folders with all that is below them; the current folder when none is named."""
    import dataclasses

    from sqla_lint.report import FORMATS
    from sqla_lint.run import check as run_check
    from sqla_lint.run import read_lines

    paths = paths or (Path(),)
    config = _config(paths, config_file, _split(select), _split(extend_select), _split(ignore), force_exclude)
    config = dataclasses.replace(config, jobs=jobs or config.jobs or _cpus())
    progress = terminal.Progress()
    try:
        report = run_check(paths, config, progress, None if no_cache else _cache(cache_dir))
    finally:
        progress.finish()
    if statistics:
        lines = iter(_statistics(report, output_format))
    else:
        lines = FORMATS[output_format](report.diagnostics, read_lines)
    terminal.write(lines, colour=terminal.wants_colour(color, sys.stdout))
    click.echo(_summary(report), err=True)
    if report.failures:
        return 2
    return 1 if report.diagnostics and not exit_zero else 0


@app.command()
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def rules(output_format: str) -> int:
    """List all rules, family by family."""
    import json

    known = _rules()
    if output_format == "json":
        fields = ("code", "name", "family", "since", "severity", "default", "fix")
        rows = (
            (rule.code, rule.name, rule.family, rule.since, rule.severity.value, rule.default, rule.fix.value)
            for rule in known.values()
        )
        terminal.write([json.dumps([dict(zip(fields, row, strict=True)) for row in rows], indent=2)])
        return 0
    lines: list[str] = []
    name_width = max(len(rule.name) for rule in known.values())
    family = None
    for rule in known.values():
        if rule.family != family:
            family = rule.family
            lines += [*([""] if lines else []), family]
        lines.append(
            f"  {rule.code}  {rule.name:{name_width}}  {rule.severity.value:7}  "
            f"{'on' if rule.default else 'off':3}  {_FIXES[rule.fix.value]}"
        )
    terminal.write(lines)
    return 0


@app.command()
@click.argument("rule", metavar="CODE|NAME")
def explain(rule: str) -> int:
    """Print the page about a rule: what it finds, why that hurts, and how to do better."""
    from sqla_lint.config import nearest
    from sqla_lint.pages import page
    from sqla_lint.trouble import EXPLANATIONS

    known = _rules()
    wanted = rule.strip().lower()
    for one in known.values():
        if wanted in (one.code.lower(), one.name):
            try:
                text = page(one.name)
            except LookupError:
                text = EXPLANATIONS.get(one.code, f"# {one.name}\n\n{one.message}\n")
            terminal.write([text.rstrip("\n")])
            return 0
    guess = nearest(rule, [*known, *(one.name for one in known.values())])
    raise click.UsageError(f"there is no rule {rule!r}" + (f", did you mean {guess!r}?" if guess else "."))


def main() -> None:
    """Run the command line and exit."""
    terminal.prepare()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments and return the exit code; nothing escapes as a traceback."""
    try:
        result = app.main(arguments, prog_name="sqla-lint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        from sqla_lint.config import ConfigError

        if isinstance(error, ConfigError):
            return _complain(str(error))
        if os.environ.get("SQLA_LINT_TRACEBACK"):
            import traceback

            traceback.print_exc()
        from sqla_lint.text import escape

        words = escape(f"{type(error).__name__}: {error}")[:500]
        return _complain(f"internal error: {words} (SQLA_LINT_TRACEBACK=1 shows where)")
    return result if isinstance(result, int) else 0


def _complain(words: str) -> int:
    """Print one line about what went wrong and return the exit code for it."""
    click.echo(f"sqla-lint: {words}", err=True)
    return 2


def _rules() -> dict[str, Rule]:
    """Return all rules by code, those of the linter itself among them."""
    from sqla_lint.checks import RULES
    from sqla_lint.trouble import OWN_RULES

    return dict(sorted({**RULES, **OWN_RULES}.items()))


def _config(
    paths: tuple[Path, ...],
    file: Path | None,
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    force_exclude: bool,
) -> Config:
    """Return the configuration: the command line, and what it does not say from the file."""
    import dataclasses

    from sqla_lint import config as configuration

    if file is not None:
        config = configuration.read(file, required=True)
        assert config is not None
    else:
        config = configuration.load(_common_folder(paths))
    # A mistake in the file is told even where the command line wins.
    own = (*config.select, *config.extend_select, *config.ignore)
    asked = (("--select", select), ("--extend-select", extend_select), ("--ignore", ignore))
    overridden = ((config.origin, own), *asked)
    config = dataclasses.replace(config, overridden=overridden, force_exclude=force_exclude)
    if select:
        config = dataclasses.replace(config, select=select, extend_select=(), ignore=())
    more = (*config.extend_select, *extend_select)
    return dataclasses.replace(config, extend_select=more, ignore=(*config.ignore, *ignore))


def _cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cache(folder: Path | None) -> Cache | None:
    """Return the cache in a folder, where none is given in that which the environment names, else in the user's."""
    from sqla_lint.cache import Cache, usual_folder

    named = os.environ.get(_CACHE_FOLDER)
    if folder is None:
        folder = usual_folder() if named is None else Path(named) if named else None
    return Cache(folder) if folder is not None and "SQLA_LINT_TRACEBACK" not in os.environ else None


def _common_folder(paths: tuple[Path, ...]) -> Path:
    """Return the innermost folder that holds all the paths that exist."""
    folders = [path if path.is_dir() else path.parent for path in (one.resolve() for one in paths) if path.exists()]
    return Path(os.path.commonpath(folders)) if folders else Path.cwd()


def _split(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the selectors of a repeatable option whose values may hold several, with commas between."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _statistics(report: Report, output_format: str) -> list[str]:
    """Return the lines saying how often each rule was broken, the most frequent first."""
    import collections
    import json

    counts = collections.Counter((one.code, one.rule) for one in report.diagnostics)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if output_format == "json":
        return [json.dumps([{"code": code, "name": name, "count": count} for (code, name), count in ordered], indent=2)]
    return [f"{count}\t{code}\t{name}" for (code, name), count in ordered]


def _summary(report: Report) -> str:
    """Return the closing line; it never calls files fine that were not analysed."""
    from sqla_lint.trouble import is_trouble

    findings = [one for one in report.diagnostics if not is_trouble(one)]
    if not report.files and not report.failures:
        return "no Python files found"
    if findings:
        touched = len({one.span.path for one in findings})
        words = f"{_plural(len(findings), 'finding')} in {touched} of {_plural(report.files, 'file')}"
    else:
        words = f"no findings in {_plural(report.files, 'file')}"
    return words + (f", {_plural(report.failures, 'file')} could not be analysed" if report.failures else "")


def _plural(count: int, word: str) -> str:
    """Return a count with its word."""
    return f"{count} {word}{'' if count == 1 else 's'}"
