"""The cache: what it spares, and that it never says anything else than a run without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sqla_lint import cache as caches
from sqla_lint import cli, config, gather, run
from sqla_lint.cache import Cache, digest
from sqla_lint.diagnostic import Diagnostic, Edit, Fix, Note, Safety, Severity, Span, plain, restored
from sqla_lint.source import parse
from sqla_lint.survey.facts import Facts
from sqla_lint.survey.packed import Malformed, pack, unpack
from sqla_lint.survey.reader import survey

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a copy of the example project."""
    shutil.copytree(EXAMPLES, tmp_path / "shop")
    (tmp_path / "shop" / "pyproject.toml").touch()
    return tmp_path / "shop"


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that the names of all files that are read for their facts go to."""
    names: list[str] = []
    read = gather.read_facts

    def read_facts(file: gather.File, packed: bool) -> Facts | bytes:
        names.append(file.path.name)
        return read(file, packed)

    monkeypatch.setattr(gather, "read_facts", read_facts)
    return names


def check(folder: Path, at: Path | None) -> run.Report:
    """Check a folder, with a cache or without."""
    return run.check([folder], config.load(folder), cache=Cache(at) if at else None)


@pytest.mark.parametrize("path", sorted((ROOT / "sqla_lint").rglob("*.py")) + sorted(EXAMPLES.rglob("*.py")))
def test_facts_come_back_as_they_were(path: Path) -> None:
    text = path.read_text("utf-8")
    facts = survey(parse(text), "a.py", ["a", "b.a"], text)
    assert unpack(pack(facts), "a.py") == facts
    assert unpack(pack(facts), "elsewhere.py").path == "elsewhere.py"


def test_odd_values_come_back() -> None:
    text = f"B = 0x{'f' * 5000}\nA = [2 ** 70, {2**70}, 1e999, -1, 1, True, 1.0, None, 'é\\ud800', b'', ...]\n"
    facts = survey(parse(text), "a.py", ["a"], text)
    back = unpack(pack(facts), "a.py")
    assert back == facts and repr(back.variables["A"]) == repr(facts.variables["A"])


@pytest.mark.parametrize("text", [b"", b"[]", b"[1]", b"{}", b"[[5,0]]", b"[[99]]", b"nonsense", b"[[[],3]]", b"\xff"])
def test_what_holds_no_facts_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(text, "a.py")


def test_a_diagnostic_comes_back() -> None:
    span = Span("é\udcff.py", 1, 2, 3, 4)
    fix = Fix("do", Safety.UNSAFE, (Edit(span, "x\n"),))
    found = Diagnostic(span, "ORM201", "commit-in-loop", "words", Severity.WARNING, fix, (Note(span, "here"),))
    assert restored(json.loads(json.dumps(plain(found)))) == found


def test_nothing_changed_nothing_read(shop: Path, own_cache: Path, surveyed: list[str]) -> None:
    first = check(shop, own_cache)
    assert first.diagnostics and surveyed
    surveyed.clear()
    assert check(shop, own_cache) == first
    assert not surveyed


def test_one_file_changed_one_file_read(shop: Path, own_cache: Path, surveyed: list[str]) -> None:
    check(shop, own_cache)
    surveyed.clear()
    jobs = shop / "shop_api" / "jobs.py"
    jobs.write_text(jobs.read_text().replace("session.commit()", "session.flush()"))
    changed = check(shop, own_cache)
    assert surveyed == ["jobs.py"]
    assert changed == check(shop, None)


def test_times_prove_nothing(shop: Path, own_cache: Path) -> None:
    """A change that leaves size and time as they were is seen."""
    jobs = shop / "shop_api" / "jobs.py"
    before, times = check(shop, own_cache), jobs.stat()
    jobs.write_text(jobs.read_text().replace("session.commit()", "session.commix()"))
    os.utime(jobs, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = check(shop, own_cache)
    assert after != before
    assert after == check(shop, None)


def test_what_the_report_depends_on(shop: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder to look from, another selection, a new file, other targets: nothing of it takes an old report."""
    check(shop, own_cache)
    (shop / "shop_api" / "orders.py").write_text("x = 1\n")
    assert check(shop, own_cache) == check(shop, None)
    (shop / "pyproject.toml").write_text("[tool.sqla-lint]\nignore = ['ORM2']\n")
    assert check(shop, own_cache) == check(shop, None)
    assert check(shop / "shop_api" / "jobs.py", own_cache) == check(shop / "shop_api" / "jobs.py", None)
    monkeypatch.chdir(shop)
    assert check(shop, own_cache) == check(shop, None)
    (shop / "shop_api" / "services" / "__init__.py").unlink()
    assert check(shop, own_cache) == check(shop, None)


def test_another_linter_takes_nothing(shop: Path, own_cache: Path, surveyed: list[str]) -> None:
    check(shop, own_cache)
    surveyed.clear()
    newer = Cache(own_cache)
    newer.linter = "another"
    run.check([shop], config.load(shop), cache=newer)
    assert len(surveyed) == len(list(shop.rglob("*.py")))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-20],
        lambda data: data[: len(data) // 2] + b"\0" + data[len(data) // 2 + 1 :],
        lambda data: b"cos\nsystem\n(S'true'\ntR.",
        lambda data: data + b"\n",
    ],
)
def test_damaged_entries_are_as_if_not_there(damage: object, shop: Path, own_cache: Path) -> None:
    expected = check(shop, own_cache)
    entries = sorted(own_cache.glob("*.cache"))
    assert len(entries) == 3
    whole = [path.read_bytes() for path in entries]
    for path, data in zip(entries, whole, strict=True):
        path.write_bytes(damage(data))  # type: ignore[operator]
    assert check(shop, own_cache) == expected
    assert [path.read_bytes() for path in entries] == whole


def test_entries_do_not_stand_for_each_other(shop: Path, own_cache: Path) -> None:
    """An entry under another's name is foreign."""
    expected = check(shop, own_cache)
    one, other, _ = sorted(own_cache.glob("*.cache"))
    shutil.copy(one, other)
    assert check(shop, own_cache) == expected


def test_a_folder_that_cannot_be_written_is_no_trouble(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert check(shop, tmp_path / "file" / "cache") == check(shop, None)


def test_an_internal_error_is_not_kept(shop: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqla_lint.project.project import Project

    with monkeypatch.context() as patch:
        patch.setattr(Project, "inspect", lambda *_: 1 / 0)
        assert check(shop, own_cache).failures
    assert check(shop, own_cache) == check(shop, None)


def test_it_does_not_grow_without_bound(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_MOST_FILES", 10)
    cache = Cache(own_cache)
    for number in range(30):
        cache.keep_report(f"{number:02}", number)
        os.utime(own_cache / f"report-{number:02}.cache", (number, number))
        cache.report("00")
    kept = {path.name for path in own_cache.glob("*.cache")}
    assert len(kept) <= 10
    assert {"report-00.cache", "report-29.cache"} <= kept  # what is used, and what is new
    monkeypatch.setattr(caches, "_MOST_BYTES", 1)
    cache.keep_report("last", "")
    assert not list(own_cache.glob("*.cache"))


def test_remains_of_dead_runs_go(own_cache: Path) -> None:
    old, new = own_cache / "a.part", own_cache / "b.part"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 7_200,) * 2)
    Cache(own_cache).keep_report("x", 1)
    assert [old.exists(), new.exists()] == [False, True]


def test_concurrent_runs_share_it(shop: Path, own_cache: Path) -> None:
    command = [sys.executable, "-m", "sqla_lint", "check", str(shop)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(4)]
    printed = {one.communicate()[0] for one in runs}
    assert len(printed) == 1 and printed != {b""}
    assert not list(own_cache.glob("*.part"))


def test_a_warm_run_imports_nothing_heavy(shop: Path) -> None:
    code = "import sys; from sqla_lint import cli; cli.run(sys.argv[1:]); print(*sorted(sys.modules), file=sys.stderr)"
    command = [sys.executable, "-c", code, "check", str(shop)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    cold = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    warm = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert cold.stdout == warm.stdout and warm.stdout
    assert "libcst" in cold.stderr.split() and "sqla_lint.flow.values" in cold.stderr.split()
    assert not {"libcst", "sqla_lint.flow.values", "sqla_lint.checks"} & set(warm.stderr.split())


def test_the_options(shop: Path, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    other = tmp_path / "other"
    cli.run(["check", "--no-cache", "."])
    assert not list(own_cache.iterdir())
    cli.run(["check", "--cache-dir", str(other), "."])
    assert list(other.glob("*.cache")) and not list(own_cache.iterdir())
    cli.run(["check", "."])
    assert list(own_cache.glob("*.cache"))
    monkeypatch.setenv("SQLA_LINT_CACHE_DIR", "")
    monkeypatch.setattr(caches, "usual_folder", lambda: pytest.fail("empty means none"))
    cli.run(["check", "."])


def test_the_usual_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert caches.usual_folder() == tmp_path / "sqla-lint"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert caches.usual_folder() == Path("/home/me/.cache/sqla-lint")


def test_digests_tell_parts_apart() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4
