"""Finding files: what is reported on, what is known, and what file systems throw at us."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from sqla_lint.config import Config, load
from sqla_lint.discover import Discovery, discover, module_names, shown


def make(root: Path, *names: str) -> None:
    """Create empty files, with the folders they stand in."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def names(root: Path, paths: Iterable[Path]) -> list[str]:
    """Return paths relative to the root."""
    return [path.relative_to(root).as_posix() for path in paths]


def find(root: Path, *paths: str, **settings: object) -> Discovery:
    """Run discover in a project."""
    return discover([root / path for path in paths or ("",)], Config(root, **settings))  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an empty project."""
    make(tmp_path, "pyproject.toml")
    return tmp_path


def test_skips_what_others_wrote(root: Path) -> None:
    make(root, "a.py", "b.txt", ".venv/x.py", "node_modules/x.py", "my-env/pyvenv.cfg", "my-env/x.py", "c/build/x.py")
    make(root, ".#a.py")
    assert names(root, find(root).targets) == ["a.py"]


def test_what_is_named_is_wanted_whatever_its_folder_is_called(root: Path) -> None:
    make(root, "build/a.py", "script")
    assert names(root, find(root, "build").targets) == ["build/a.py"]
    assert names(root, find(root, "build/a.py", "script").targets) == ["build/a.py", "script"]


def test_all_is_known_however_few_are_named(root: Path) -> None:
    make(root, "a.py", "pkg/b.py", "legacy/c.py")
    found = find(root, "pkg", exclude=("legacy/",))
    assert names(root, found.targets) == ["pkg/b.py"]
    assert names(root, found.known) == ["a.py", "legacy/c.py", "pkg/b.py"]


def test_exclude_spares_named_files_unless_forced(root: Path) -> None:
    make(root, "a.py", "legacy/c.py", "build/d.py")
    assert names(root, find(root, exclude=("legacy",)).targets) == ["a.py"]
    assert names(root, find(root, "legacy/c.py", exclude=("legacy",)).targets) == ["legacy/c.py"]
    forced = find(root, "a.py", "legacy/c.py", "build/d.py", exclude=("legacy",), force_exclude=True)
    assert names(root, forced.targets) == ["a.py"]


def test_without_a_project_only_the_neighbours_are_known(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py", "elsewhere/c.py", "pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/d.py")
    assert names(tmp_path, discover([tmp_path / "a.py"], load(tmp_path)).known) == ["a.py", "b.py"]
    known = names(tmp_path, discover([tmp_path / "pkg/sub/d.py"], load(tmp_path / "pkg/sub")).known)
    assert known == ["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/d.py"]


def test_gitignore(root: Path) -> None:
    make(root, "a.py", "gen/b.py", "gen/keep.py", "sub/x_gen.py", "sub/kept_gen.py", "deep/out/c.py")
    (root / ".git").mkdir()
    (root / ".gitignore").write_text("gen/*\n!gen/keep.py\n*_gen.py\n/out\n" + "*a" * 30 + "b\n")
    (root / "sub/.gitignore").write_text("!kept_gen.py\n")
    assert names(root, find(root).known) == ["a.py", "deep/out/c.py", "gen/keep.py", "sub/kept_gen.py"]
    assert names(root, find(root, "sub").targets) == ["sub/kept_gen.py"]
    assert names(root, find(root, "sub/x_gen.py").targets) == ["sub/x_gen.py"]


def test_links(root: Path) -> None:
    make(root, "a.py", "pkg/b.py")
    (root / "pkg/loop").symlink_to(root)
    (root / "link.py").symlink_to(root / "a.py")
    (root / "folder.py").symlink_to(root / "pkg")
    (root / "dangling.py").symlink_to(root / "nowhere")
    assert names(root, find(root).targets) == ["a.py", "dangling.py", "pkg/b.py"]


def test_missing_path_is_told_and_the_others_are_found(root: Path) -> None:
    make(root, "a.py")
    found = find(root, "missing", "a.py")
    assert names(root, found.targets) == ["a.py"]
    assert [problem.message for problem in found.problems] == ["not analysed: no such file or directory"]


def test_closed_folder_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "a.py", "closed/b.py")
    scandir = os.scandir

    def closed(path: str) -> Iterator[os.DirEntry[str]]:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    found = find(root)
    assert names(root, found.targets) == ["a.py"]
    assert "permission denied" in found.problems[0].message


def test_order_and_odd_names(root: Path) -> None:
    make(root, "b.py", "a/z.py", "a\n.py", os.fsdecode(b"\xff.py"), "-rf.py")
    (root / "deep").mkdir()
    first, again = find(root, ""), find(root, "a", "")
    assert first.targets == again.targets == tuple(sorted(first.targets))
    assert len(first.targets) == 5


def test_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a/b.py") == "a/b.py"
    assert shown(Path("/elsewhere/b.py")) == "/elsewhere/b.py"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("src/pkg/mod.py", ("pkg.mod", "src.pkg.mod")),
        ("src/pkg/__init__.py", ("pkg", "src.pkg")),
        ("src/space/mod.py", ("space.mod", "mod", "src.space.mod")),
        ("tools/run.py", ("tools.run", "run")),
        ("top.py", ("top",)),
    ],
)
def test_module_name(root: Path, file: str, expected: tuple[str, ...]) -> None:
    make(root, "src/pkg/__init__.py", file)
    assert list(module_names([root / file], root)) == [expected]


def test_templates_are_known_beside_the_python_files(root: Path) -> None:
    make(root, "a.py", "app/templates/x.html", "app/templates/mail/y.txt", "app/page.html", "app/z.jinja2", "notes.txt")
    make(root, "out/templates/w.html")
    (root / ".gitignore").write_text("out/\n")
    wanted = ["app/templates/mail/y.txt", "app/templates/x.html", "app/z.jinja2"]
    assert names(root, find(root).templates) == wanted
    assert names(root, find(root, "a.py").templates) == wanted
    assert names(root, find(root).targets) == ["a.py"]
