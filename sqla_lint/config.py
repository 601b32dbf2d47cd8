"""The configuration: `[tool.sqla-lint]` of a pyproject.toml, and which rules it turns on.

In goes a place to start from, out comes an immutable Config; whatever is wrong with the file becomes one clear line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqla_lint.knowledge.versions import Versions, versions
from sqla_lint.metadata import sqlalchemy_of
from sqla_lint.patterns import Patterns, too_costly
from sqla_lint.source import Unreadable, read_bytes
from sqla_lint.text import escape

if TYPE_CHECKING:
    from sqla_lint.rule import Rule

TABLE = "[tool.sqla-lint]"
KEYS = ("select", "extend-select", "ignore", "exclude", "per-file-ignores", "jobs", "sqlalchemy-version")
_MARKERS = ("pyproject.toml", "setup.cfg", ".git")
_MAX_BYTES = 1_000_000
# A file that mentions nothing like our name is not read any further: it may be anything.
_MENTION = re.compile(rb"sqla.?lint", re.IGNORECASE)


class ConfigError(Exception):
    """A configuration that cannot be followed; its text is one line for the user."""


@dataclass(frozen=True, slots=True)
class Config:
    """What to check and what to leave out; `root` is the project's folder and `origin` the file this came from.

    jobs: how many processes share the work; 0 for none but this one, None where nothing is said. overridden: selectors
    that must make sense, with where they stand, though the command line says otherwise. stated: the generations of
    SQLAlchemy that are said to be possible, None where the project's metadata tells.
    """

    root: Path
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    force_exclude: bool = False
    jobs: int | None = None
    origin: str = "the command line"
    overridden: tuple[tuple[str, tuple[str, ...]], ...] = ()
    stated: Versions | None = None

    @property
    def versions(self) -> Versions:
        """The generations of SQLAlchemy that the project may run on, as stated or by its metadata."""
        return self.stated or sqlalchemy_of(self.root)


def load(start: Path) -> Config:
    """Return the configuration for `start`: of the nearest pyproject.toml above with our table, else the defaults.

    The search ends at the top of a repository, whose owner has no say about what lies above.
    """
    start = start.resolve()
    here = start if start.is_dir() else start.parent
    for folder in (here, *here.parents):
        if config := read(folder / "pyproject.toml"):
            return config
        if (folder / ".git").exists():
            break
    return Config(root=project_root(start) or here)


def project_root(start: Path) -> Path | None:
    """Return the nearest folder at or above `start` that looks like the top of a project."""
    here = start if start.is_dir() else start.parent
    for folder in (here, *here.parents):
        if any((folder / marker).exists() for marker in _MARKERS):
            return folder
    return None


def read(path: Path, *, required: bool = False) -> Config | None:
    """Return the configuration in the file at `path`; None when it has none, unless it is `required`."""
    if not required and not path.is_file():
        return None
    shown = escape(str(path))
    try:
        data = read_bytes(path, _MAX_BYTES)
    except Unreadable as error:
        raise ConfigError(f"{shown}: cannot be read: {error.reason}") from error
    if not required and not _MENTION.search(data):
        return None
    table = _our_table(_parse(data, shown), shown)
    if table is not None:
        return _config(table, path.resolve().parent, f"{shown}, {TABLE}")
    if required:
        raise ConfigError(f"{shown}: has no table {TABLE}")
    return None


def _parse(data: bytes, shown: str) -> dict[str, Any]:
    """Return the content of a TOML file."""
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown}:{line}: is not UTF-8, as TOML must be") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown}: is not valid TOML: {escape(str(error))}") from error
    except RecursionError as error:
        raise ConfigError(f"{shown}: nests too deep") from error
    except ValueError as error:  # such as an integer of too many digits
        raise ConfigError(f"{shown}: is not valid TOML: {escape(str(error))}") from error


def _our_table(document: dict[str, Any], shown: str) -> dict[str, Any] | None:
    """Return our table of a pyproject.toml, if it has one."""
    tools = document.get("tool", {})
    if not isinstance(tools, dict):
        raise ConfigError(f"{shown}: `tool` must be a table, not {_kind(tools)}")
    if (table := tools.get("sqla-lint")) is None:
        for name in tools:
            if re.fullmatch(r"(?i)sqla[_. ]?lint|sqla-lint", name):
                raise ConfigError(f"{shown}: unknown table [tool.{escape(name)}], did you mean {TABLE}?")
        return None
    if not isinstance(table, dict):
        raise ConfigError(f"{shown}: {TABLE} must be a table, not {_kind(table)}")
    return table


def _config(table: dict[str, Any], root: Path, origin: str) -> Config:
    """Return the configuration that a table describes; a key or a value nobody knows is an error."""
    for key in table:
        if key not in KEYS:
            raise ConfigError(f"{origin}: unknown key `{escape(key)}`{_nearest(key, KEYS, 'known are')}")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConfigError(f"{origin}: `per-file-ignores` must be a table of patterns, not {_kind(per_file)}")
    exclude = _strings(table, "exclude", origin)
    _check_patterns((*exclude, *per_file), origin)
    return Config(
        root=root,
        select=_strings(table, "select", origin),
        extend_select=_strings(table, "extend-select", origin),
        ignore=_strings(table, "ignore", origin),
        exclude=exclude,
        per_file_ignores=tuple((pattern, _strings(per_file, pattern, origin)) for pattern in per_file),
        jobs=_count(table, "jobs", origin),
        origin=origin,
        stated=_stated(table, origin),
    )


def _stated(table: dict[str, Any], origin: str) -> Versions | None:
    """Return what is said of the version of SQLAlchemy, None where nothing is."""
    value = table.get("sqlalchemy-version")
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{origin}: `sqlalchemy-version` must be a string, not {_kind(value)}")
    found = versions(value)
    if found is None:
        raise ConfigError(f"{origin}: `sqlalchemy-version` is no version or range of them: `{escape(value[:40])}`")
    return found


def _count(table: dict[str, Any], key: str, origin: str) -> int | None:
    """Return the positive number under a key, None when there is none."""
    value = table.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        shown = _kind(value) if not isinstance(value, int) or isinstance(value, bool) else value
        raise ConfigError(f"{origin}: `{escape(key)}` must be a number from 1 on, not {shown}")
    return value


def _strings(table: dict[str, Any], key: str, origin: str) -> tuple[str, ...]:
    """Return the list of strings under a key, empty when there is none."""
    values = table.get(key, [])
    if not isinstance(values, list):
        raise ConfigError(f"{origin}: `{escape(key)}` must be a list of strings, not {_kind(values)}")
    for value in values:
        if not isinstance(value, str):
            raise ConfigError(f"{origin}: `{escape(key)}` must hold strings only, not {_kind(value)}")
    return tuple(values)


def _check_patterns(patterns: Iterable[str], origin: str) -> None:
    """Refuse patterns that cannot be read, or whose matching could take for ever."""
    for pattern in patterns:
        if too_costly(pattern):
            raise ConfigError(f"{origin}: the pattern `{escape(pattern)[:80]}` has too many stars")
        if Patterns([pattern]).skipped:
            raise ConfigError(f"{origin}: `{escape(pattern)}` is not a valid pattern")


def enabled(config: Config, rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return the codes of the rules that are on; rules of the linter itself are, unless they are ignored."""
    chosen = expand(config.select, rules, config.origin) if config.select else default_codes(rules)
    own = {code for code in rules if code.startswith("ORM9")}
    more = expand(config.extend_select, rules, config.origin)
    return frozenset((chosen | more | own) - expand(config.ignore, rules, config.origin))


def default_codes(rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return the codes of the rules that are on when nothing is selected."""
    return frozenset(code for code, rule in rules.items() if rule.default)


def expand(selectors: Iterable[str], rules: Mapping[str, Rule], origin: str) -> frozenset[str]:
    """Return the codes that selectors stand for.

    A selector is a code, the beginning of one, a rule's name, a family or a severity, or ALL.
    """
    codes: set[str] = set()
    for selector in selectors:
        codes |= _codes(selector, rules, origin)
    return frozenset(codes)


def _codes(selector: str, rules: Mapping[str, Rule], origin: str) -> set[str]:
    """Return the codes that one selector stands for."""
    upper = selector.strip().upper()
    if upper == "ALL":
        return set(rules)
    if re.fullmatch("ORM[0-9]{0,3}", upper) and (found := {code for code in rules if code.startswith(upper)}):
        return found
    if found := {code for code, rule in rules.items() if rule.name == selector.strip().lower()}:
        return found
    word = selector.strip().lower().replace(" ", "-")
    if found := {code for code, rule in rules.items() if word in (rule.severity.value, _family(rule))}:
        return found
    groups = {word for rule in rules.values() for word in (rule.severity.value, _family(rule))}
    names = [*rules, *(rule.name for rule in rules.values()), *sorted(groups), "ALL"]
    raise ConfigError(f"{origin}: unknown rule `{escape(selector)}`{_nearest(selector, names)}")


def _family(rule: Rule) -> str:
    """The family of a rule as it is selected: its name in lower case, with hyphens."""
    return rule.family.lower().replace(" ", "-")


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of `words` that `word` was most probably meant to be."""
    import difflib

    folded = {candidate.lower().replace("_", "-"): candidate for candidate in words}
    found = difflib.get_close_matches(word[:100].lower().replace("_", "-"), folded, n=1)
    return folded[found[0]] if found else None


def _nearest(word: str, words: Iterable[str], otherwise: str = "") -> str:
    """Return the end of a message about an unknown word."""
    words = tuple(words)
    if found := nearest(word, words):
        return f", did you mean `{found}`?"
    return f" ({otherwise} {', '.join(words)})" if otherwise else ""


def _kind(value: object) -> str:
    """Name the TOML type of a value."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return names.get(type(value), "a date")
