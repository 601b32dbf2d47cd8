"""What is remembered of an earlier run: whatever is edited, the next run says what one without a memory says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqla_lint import cache as caches
from sqla_lint import config, roots, run
from sqla_lint.cache import Cache
from sqla_lint.flow.questions import AttributeMeans, DumpReads, SummaryOf
from sqla_lint.project.project import Project
from sqla_lint.project.records import Records, digest_of, read_back, written

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT / "examples", *sorted(path for path in (ROOT / "tests/fixtures/projects").iterdir() if path.is_dir())]


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that the names of all roots that are walked go to."""
    names: list[str] = []
    inspect = Project.inspect

    def noted(self: Project, facts: roots.Facts, qualname: str, *rest: object) -> object:
        names.append(qualname)
        return inspect(self, facts, qualname, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Project, "inspect", noted)
    monkeypatch.setenv("SQLA_LINT_TRACEBACK", "1")  # in this process, where it can be seen
    return names


def copy(project: Path, to: Path) -> Path:
    """Return a copy of a project."""
    shutil.copytree(project, to / "copy")
    (to / "copy" / "pyproject.toml").touch()
    return to / "copy"


def check(folder: Path, at: Path | None) -> run.Report:
    """Check a folder, with a cache or without."""
    return run.check([folder], config.load(folder), cache=Cache(at) if at else None)


def edits(folder: Path) -> Iterator[str]:
    """Edit one file after the other; yield what was done."""
    files = sorted(path for path in folder.rglob("*.*") if path.suffix in (".py", ".html", ".jinja2"))
    for path in files:
        text = path.read_text("utf-8")
        for name, pattern, new in (
            ("move down", r"\A", "\n"),
            ("rename", r"\b(lines|posts|orders|items|comments|tags)\b", r"\g<1>_"),
            ("no loading", r"\.options\([^()]*\([^()]*\)\)", ""),
            ("no commit", r"\.commit\(\)", ".flush()"),
            ("no loop", r"(?m)^( *)for (\w+) in (.+):$", r"\1if \2 := next(iter(\3)):"),
            ("no annotation", r" -> [^:]+:$", ":"),
        ):
            edited = re.sub(pattern, new, text, flags=re.MULTILINE)
            if edited != text:
                path.write_text(edited, "utf-8")
                yield f"{path.name}: {name}"
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_any_edit(project: Path, tmp_path: Path, own_cache: Path) -> None:
    folder = copy(project, tmp_path)
    check(folder, own_cache)
    for number, edit in enumerate(edits(folder)):
        if project.name != "examples" or number % 5 == 0:
            assert check(folder, own_cache) == check(folder, None), edit


def test_only_what_depends_on_an_edit_is_walked(tmp_path: Path, own_cache: Path, walked: list[str]) -> None:
    folder = copy(ROOT / "examples", tmp_path)
    first = check(folder, own_cache)
    every = set(walked)
    walked.clear()
    jobs = folder / "shop_api" / "jobs.py"
    text = jobs.read_text()
    jobs.write_text(text + "\n\nX = 1\n")
    assert check(folder, own_cache).diagnostics == first.diagnostics
    assert not walked
    jobs.write_text("\n" + text)
    check(folder, own_cache)
    assert walked and set(walked) < every


@pytest.mark.parametrize("project", [*PROJECTS, ROOT / "tests/fixtures/edges"], ids=lambda path: path.name)
def test_an_edit_that_answers_nothing_anew_walks_nothing(
    project: Path, tmp_path: Path, own_cache: Path, walked: list[str]
) -> None:
    folder = copy(project, tmp_path)
    first = check(folder, own_cache)
    walked.clear()
    for path in folder.rglob("*.py"):
        path.write_text(path.read_text("utf-8") + "\n# the end\n", "utf-8")
    assert check(folder, own_cache).diagnostics == first.diagnostics
    assert set(walked) <= {"<module>"}


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"[[], [[1]]]", b"[[[1,2]], []]", b"\xff", b"[[], [[[],[],[],[]]]]"]
)
def test_a_memory_that_makes_no_sense_is_none(tmp_path: Path, own_cache: Path, data: bytes) -> None:
    folder = copy(ROOT / "examples", tmp_path)
    expected = check(folder, None)
    Cache(own_cache).keep_walks(f"{folder} from {Path().absolute()}", data)
    assert check(folder, own_cache) == expected


def test_a_question_comes_back() -> None:
    kinds = {kind.__name__: kind for kind in (AttributeMeans, DumpReads)}
    for question in (
        AttributeMeans("a:B", "c", True, "", (("T", "a:X"),)),
        DumpReads("a:B", True, frozenset({"x", "y"})),
    ):
        assert read_back(written(question), kinds) == question
    with pytest.raises(LookupError):
        read_back('["Nothing"]', kinds)


def test_equal_answers_have_equal_digests() -> None:
    assert digest_of(frozenset({"a", "b", "c"})) == digest_of(frozenset({"c", "b", "a"}))
    assert digest_of(("a", "b")) != digest_of(("a,b",)) != digest_of("a")
    assert digest_of(None) != digest_of(()) != digest_of(False) != digest_of(0)


def test_grounds_go_through_walks() -> None:
    """Behind a summary stand the questions of its walk, also where two functions call each other."""
    records = Records()
    one, two = SummaryOf("a:one"), SummaryOf("a:two")
    records.begin()
    for asked in (one, two, one):
        records.note(asked)
        records.begin()
    records.end(one)
    records.note(AttributeMeans("a:B", "two"))
    records.end(two)
    records.note(AttributeMeans("a:B", "one"))
    records.end(one)
    found = {records.question(number) for number in records.grounds(records.end())}
    assert found == {AttributeMeans("a:B", "one"), AttributeMeans("a:B", "two")}


def test_entries_are_plain(tmp_path: Path, own_cache: Path) -> None:
    check(copy(ROOT / "examples", tmp_path), own_cache)
    (kept,) = own_cache.glob("walks-*" + caches._SUFFIX)
    entries, walked = json.loads(kept.read_bytes().partition(b"\n")[2])
    assert entries and walked
