"""Finding the files: in go the paths a user named, out come the files to report on and all that is known beside them.

A run reports on its *targets*, but reads the whole project whatever was named, so that a file gets the same verdict
alone, in a batch of a pre-commit hook, or together with everything else. `exclude` narrows the targets only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqla_lint.config import Config, project_root
from sqla_lint.diagnostic import Diagnostic
from sqla_lint.knowledge.rendering import SUFFIXES, SUFFIXES_IN_FOLDER
from sqla_lint.patterns import Patterns
from sqla_lint.source import Unreadable, read_bytes
from sqla_lint.trouble import not_analysed

# Folders that hold other people's code, or no code that anybody wrote.
SKIPPED_FOLDERS = frozenset(
    {
        *(".bzr", ".git", ".hg", ".svn", "__pycache__", "__pypackages__", "build", "dist", "node_modules"),
        *(".direnv", ".eggs", ".nox", ".pyenv", ".tox", ".venv", "site-packages", "venv", "virtualenv"),
        *(".cache", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".pytype", ".ruff_cache"),
    }
)
_SOURCE_FOLDERS = ("src", "lib", "python")
_MAX_IGNORE_BYTES = 256_000
_Ignores = tuple[tuple[str, Patterns], ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """The project's folder, the files to report on, all that are known, the templates beside them, and what went wrong
    with the named paths."""

    root: Path
    targets: tuple[Path, ...]
    known: tuple[Path, ...]
    templates: tuple[Path, ...]
    problems: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Walk:
    """The Python files and templates found below one folder, and the folders below it that could not be read."""

    files: dict[str, None] = field(default_factory=dict)
    templates: dict[str, None] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def discover(paths: Sequence[Path], config: Config) -> Discovery:
    """Return the Python files that `paths` name (folders with all below them), and the projects around them."""
    targets: dict[str, None] = {}
    problems: list[Diagnostic] = []
    walks: dict[str, _Walk] = {}
    projects: dict[str, None] = {}
    folders: dict[str, None] = {}
    exclude = Patterns(config.exclude)
    for path in paths:
        real = os.path.realpath(path)
        if not os.path.lexists(real):
            problems.append(not_analysed(str(path), "no such file or directory"))
        elif os.path.isdir(real):
            walk = walks.setdefault(real, _walk(real))
            targets |= dict.fromkeys(name for name in walk.files if not _excluded(name, config.root, exclude))
            problems += walk.problems
            projects[str(project_root(Path(real)) or real)] = None
        else:
            if not (config.force_exclude and _excluded(real, config.root, exclude, folders_too=True)):
                targets[real] = None
            folders[os.path.dirname(real)] = None
    projects |= dict.fromkeys(map(_surroundings, folders))
    known = dict(targets)
    templates: dict[str, None] = {}
    for project in _outermost(projects):
        walk = walks.get(project) or _walk(project, deep=_is_project(project))
        known |= walk.files
        templates |= walk.templates
    return Discovery(config.root, _sorted(targets), _sorted(known), _sorted(templates), tuple(problems))


def shown(path: Path) -> str:
    """Return the path as it is printed: relative to the current folder when it lies below it."""
    try:
        here = os.getcwd()
    except OSError:
        return str(path)
    below = here.rstrip(os.sep) + os.sep
    return str(path).removeprefix(below) if str(path) != here else "."


@dataclass(frozen=True, slots=True)
class File:
    """A file of the project: where it is, how it is shown, and the dotted names it can be imported by."""

    path: Path
    shown: str
    names: tuple[str, ...]


def files(discovery: Discovery) -> Iterator[File]:
    """Yield the files that are known, with their names; a module name belongs to one file alone."""
    taken: set[str] = set()
    for path, names in zip(discovery.known, module_names(discovery.known, discovery.root), strict=True):
        name = shown(path)
        primary = next((one for one in names if one not in taken), f"{names[0]}@{name}")
        taken.add(primary)
        yield File(path, name, (primary, *(one for one in names if one != primary)))


def module_names(paths: Iterable[Path], root: Path) -> Iterator[tuple[str, ...]]:
    """Yield for each file the dotted names by which it can be imported, the most probable first.

    That is the name its outermost package gives it, or, where no `__init__.py` says so, the name below a `src` folder
    or below the root. The others are those it has when another folder above it is on the path.
    """
    known: dict[str, tuple[list[str], list[str]]] = {}
    for path in paths:
        folder, name = os.path.split(path)
        parts = [name.removesuffix(".py")]
        if name == "__init__.py":
            folder, package = os.path.split(folder)
            parts = [package]
        if folder not in known:
            known[folder] = _around(Path(folder), root)
        inner, above = known[folder]
        names = [[*inner, *parts]]
        for outer in above:
            names.append([outer, *names[-1]])
        dotted = [".".join(one) for one in names]
        in_package = bool(inner) or name == "__init__.py"
        below_source = (index - 1 for index, one in enumerate(names) if index and one[0] in _SOURCE_FOLDERS)
        first = next(below_source, 0 if in_package else len(names) - 1)  # a namespace package has no marker
        yield (dotted.pop(first), *dotted)


def _around(folder: Path, root: Path) -> tuple[list[str], list[str]]:
    """The packages that a folder is, outermost first, and the folders between them and the root, innermost first."""
    package: list[str] = []
    while folder.name and (folder / "__init__.py").is_file():
        package, folder = [folder.name, *package], folder.parent
    above: list[str] = []
    while folder != root and root in folder.parents:
        above.append(folder.name)
        folder = folder.parent
    return package, above


def _surroundings(folder: str) -> str:
    """Return the folder to know beside a file in `folder`: its project, else its outermost package, else itself."""
    if project := project_root(Path(folder)):
        return str(project)
    while os.path.isfile(os.path.join(os.path.dirname(folder), "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def _is_project(folder: str) -> bool:
    """Tell whether all below a folder belongs together; else only the files right in it are known."""
    return project_root(Path(folder)) is not None or os.path.isfile(os.path.join(folder, "__init__.py"))


def _outermost(folders: Iterable[str]) -> Iterator[str]:
    """Yield the folders that lie in no other of them."""
    kept: list[str] = []
    for folder in sorted(folders):
        if not any(folder == other or folder.startswith(other.rstrip(os.sep) + os.sep) for other in kept):
            kept.append(folder)
            yield folder


def _sorted(names: Iterable[str]) -> tuple[Path, ...]:
    """Return paths in the order of their parts."""
    return tuple(sorted(map(Path, names)))


def _excluded(name: str, root: Path, exclude: Patterns, *, folders_too: bool = False) -> bool:
    """Tell whether a file is excluded from being reported on, by the configuration or by the folder it stands in."""
    try:
        relative = Path(name).relative_to(root)
    except ValueError:
        return False
    if folders_too and not SKIPPED_FOLDERS.isdisjoint(relative.parts[:-1]):
        return True
    return bool(exclude) and bool(exclude.decide(relative.as_posix()))


def _walk(top: str, *, deep: bool = True) -> _Walk:
    """Return the Python files at and below a folder; links to folders are not followed."""
    walk = _Walk()
    links: list[str] = []
    todo: list[tuple[str, _Ignores]] = [(top, _ignores_above(top))]
    while todo:
        folder, ignores = todo.pop()
        try:
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            walk.problems.append(not_analysed(shown(Path(folder)), f"the folder cannot be listed: {reason}"))
            continue
        if folder != top and any(entry.name == "pyvenv.cfg" for entry in listing):
            continue  # a virtual environment, whatever it is called
        ignores += _own_ignores(folder, listing)
        for entry in listing:
            if _is_folder(entry):
                if deep and entry.name not in SKIPPED_FOLDERS and not _ignored(entry.path + "/", ignores):
                    todo.append((entry.path, ignores))
            elif _is_python(entry) and not _ignored(entry.path, ignores):
                if entry.is_symlink():
                    links.append(entry.path)
                else:
                    walk.files[entry.path] = None
            elif _is_template(entry) and not _ignored(entry.path, ignores):
                walk.templates[entry.path] = None
    for link in links:
        if os.path.realpath(link) not in walk.files:
            walk.files[link] = None
    return walk


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether a directory entry is a folder itself, not a link to one."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_python(entry: os.DirEntry[str]) -> bool:
    """Tell whether a directory entry is named like a Python file; locks of editors and links to folders are not."""
    if not entry.name.endswith(".py") or entry.name.startswith(".#"):
        return False
    try:
        return not entry.is_dir()
    except OSError:
        return True


def _is_template(entry: os.DirEntry[str]) -> bool:
    """Tell whether a directory entry may be a Jinja template, by its name and the folders above it."""
    name = entry.name
    return name.endswith(SUFFIXES) or name.endswith(SUFFIXES_IN_FOLDER) and "templates" in Path(entry.path).parts


def _ignored(path: str, ignores: _Ignores) -> bool:
    """Tell whether the ignore files above a path leave it out; the nearest that says anything decides."""
    for base, patterns in reversed(ignores):
        decision = patterns.decide(path[len(base) :].lstrip("/"))
        if decision is not None:
            return decision
    return False


def _own_ignores(folder: str, listing: list[os.DirEntry[str]]) -> _Ignores:
    """Return the ignore file of a folder, if it has one."""
    if not any(entry.name == ".gitignore" for entry in listing):
        return ()
    return _ignore_file(folder)


def _ignores_above(folder: str) -> _Ignores:
    """Return the ignore files of the folders above one, down from the top of its repository."""
    here = Path(folder)
    if (here / ".git").exists():
        return ()
    found: _Ignores = ()
    for above in here.parents:
        found = _ignore_file(str(above)) + found
        if (above / ".git").exists():
            # What was named is wanted, even where the repository ignores it.
            return () if _ignored(folder + "/", found) else found
    return ()


def _ignore_file(folder: str) -> _Ignores:
    """Return the patterns of the `.gitignore` in a folder; what cannot be read ignores nothing."""
    try:
        text = read_bytes(Path(folder, ".gitignore"), _MAX_IGNORE_BYTES).decode("utf-8", "replace")
    except Unreadable:
        return ()
    patterns = Patterns(text.split("\n"))
    return ((folder, patterns),) if patterns else ()
