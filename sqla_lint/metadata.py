"""Which SQLAlchemy a project runs on, by what it says of its dependencies. Nothing is imported or run.

What a lock file pins is what is installed. Else the declarations count together: pyproject.toml, setup.cfg, setup.py
and requirements files. Whatever is broken, foreign or odd in them says nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqla_lint.knowledge.versions import UNKNOWN_VERSIONS, Versions, agreed, versions
from sqla_lint.source import Unreadable, read_bytes

_LOCKS = {
    **dict.fromkeys(
        ("uv.lock", "poetry.lock", "pdm.lock"),
        re.compile(r'^name = "sqlalchemy"\r?\nversion = "([^"\n]{1,40})"', re.IGNORECASE | re.MULTILINE),
    ),
    "Pipfile.lock": re.compile(r'"sqlalchemy":\s*\{[^{}]{0,20000}?"version":\s*"==([^"\n]{1,40})"', re.IGNORECASE),
}
_REQUIREMENT = re.compile(r"\s*sqlalchemy\s*(?:\[[^\]]*\])?\s*\(?([^;#@)]*)\)?\s*(?:[;#].*)?", re.IGNORECASE)
_MOST_BYTES = 20_000_000
_MOST_FILES = 50


def sqlalchemy_of(root: Path) -> Versions:
    """Return the generations of SQLAlchemy that the project in the folder `root` may run on."""
    for name, pattern in _LOCKS.items():
        found = pattern.search(_text(root / name))
        pinned = versions(found[1]) if found else None
        if pinned is not None:
            return pinned
    declared = (versions(specifier.strip()) for specifier in _specifiers(root))
    return agreed(item for item in declared if item is not None) or UNKNOWN_VERSIONS


def _specifiers(root: Path) -> Iterator[str]:
    """What the project asks of SQLAlchemy, wherever it does."""
    yield from _of_pyproject(_text(root / "pyproject.toml"))
    yield from _of_lines(_text(root / "setup.cfg").replace("=\n", "\n"))
    yield from _of_setup(_text(root / "setup.py"))
    try:
        files = sorted([*root.glob("requirements*.txt"), *root.glob("requirements/*.txt")])[:_MOST_FILES]
    except (OSError, ValueError):
        files = []
    for path in files:
        yield from _of_lines(_text(path))


def _of_pyproject(text: str) -> Iterator[str]:
    import tomllib

    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    project = _table(document.get("project"))
    lists = [project.get("dependencies"), *_table(project.get("optional-dependencies")).values()]
    lists += _table(document.get("dependency-groups")).values()
    for items in lists:
        yield from _of_requirements(items)
    poetry = _table(_table(document.get("tool")).get("poetry"))
    groups = [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    for table in (poetry.get("dependencies"), poetry.get("dev-dependencies"), *groups):
        for name, value in _table(table).items():
            if name.lower() == "sqlalchemy":
                yield from _of_poetry(value)


def _of_poetry(value: object) -> Iterator[str]:
    """`"^2.0"`, `{version = "^2.0", extras = [...]}`."""
    given = value.get("version") if isinstance(value, dict) else value
    if isinstance(given, str):
        yield given


def _of_requirements(items: object) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, str):
            yield from _of_lines(item)


def _of_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if match := _REQUIREMENT.fullmatch(line[:500]):
            yield match[1]


def _of_setup(text: str) -> Iterator[str]:
    """The requirements among the strings of a setup.py."""
    try:
        tree = ast.parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _of_lines(node.value)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(path: Path) -> str:
    """The text of a file, nothing where it cannot be read."""
    try:
        return read_bytes(path, _MOST_BYTES).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except Unreadable:
        return ""
