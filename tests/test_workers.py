"""Sharing work among processes: the same output whoever does what, and a bad apple costs itself alone."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sqla_lint import config, gather, inspect, run
from sqla_lint.diagnostic import Diagnostic
from sqla_lint.flow.questions import Summary
from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices
from sqla_lint.survey.facts import Facts, FunctionFact
from sqla_lint.workers import CAN_FORK, Crew, Lost

ROOT = Path(__file__).parents[1]
PROJECTS = sorted(path for path in (ROOT / "tests" / "fixtures" / "projects").iterdir() if path.is_dir())
EDGES = sorted((ROOT / "tests" / "fixtures" / "edges").iterdir())
# Each file of these is a program of its own: what one of them declares silences the others. Advice is off.
APART = {"orm-model-in-migration", "lost-update", "add-not-null-without-server-default", "unhandled-integrity-error"}
PARENT = os.getpid()

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="workers are forked")

MODULE = """from sqlalchemy.orm import Session


def commits(session: Session, items: list) -> None:
    for item in items:
        session.add(item)
        helper(session)


def helper(session: Session) -> None:
    session.commit()
"""
LOOP = """

def {name}(session: Session, items: list) -> None:
    for item in items:
        session.add(item)
        session.commit()
"""
BAD = """

def bad(item):
    item.query()
"""


@pytest.fixture(autouse=True)
def many_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few lines are worth a process."""
    monkeypatch.setattr(inspect, "_LINES_PER_WORKER", 1)
    monkeypatch.setattr(gather, "_BYTES_PER_WORKER", 1)


def check(paths: Sequence[Path], jobs: int, limit: str = "60") -> tuple[Diagnostic, ...]:
    """Return what is found by so many workers."""
    before = os.environ.get("SQLA_LINT_LIMIT")
    os.environ["SQLA_LINT_LIMIT"] = limit
    try:
        loaded = config.load(paths[0])
        return run.check(paths, config.Config(root=loaded.root, jobs=jobs, extend_select=("ALL",))).diagnostics
    finally:
        del os.environ["SQLA_LINT_LIMIT"]
        if before is not None:
            os.environ["SQLA_LINT_LIMIT"] = before


@pytest.mark.parametrize("folder", [ROOT / "examples", *PROJECTS, *EDGES], ids=lambda path: path.name)
def test_the_number_of_workers_changes_nothing(folder: Path, tmp_path: Path) -> None:
    alone = check([copied(folder, tmp_path)], 0)
    assert check([tmp_path], 1) == alone
    assert check([tmp_path], 3) == alone
    assert alone or folder in PROJECTS or folder.name in APART


def copied(folder: Path, to: Path) -> Path:
    """Make a project of its own from a folder."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    (to / "pyproject.toml").touch()
    return to


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_work_changes_nothing(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (ROOT / "examples", *PROJECTS, *EDGES):
        copied(folder, tmp_path / folder.name)
    paths = [tmp_path]
    usual = check(paths, 0)
    in_order = Crew.map

    def shuffled(self: Crew[Any, Any], tasks: Sequence[Any], costs: Sequence[int], *more: Any) -> list[Any]:
        order = random.Random(seed).sample(range(len(tasks)), len(tasks))
        results = in_order(self, [tasks[at] for at in order], [costs[at] for at in order], *more)
        return [results[order.index(at)] for at in range(len(tasks))]

    monkeypatch.setattr(Crew, "map", shuffled)
    assert check(paths, 0) == usual
    assert check(paths, 3) == usual


def stall() -> None:
    """Do nothing for long."""
    time.sleep(60)


def die() -> None:
    """End a worker as a crash would."""
    if os.getpid() != PARENT:
        os.kill(os.getpid(), signal.SIGKILL)


def told(found: Sequence[Diagnostic]) -> list[tuple[str, int, str]]:
    return [(one.code, one.span.line, one.message.split("`")[1]) for one in found]


@pytest.mark.parametrize(("act", "code"), [(stall, "ORM900"), (die, "ORM901")])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_root_costs_itself_alone(
    act: Callable[[], None], code: str, jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "many.py"
    names = ["one", "two", "bad", "three", "four"]
    file.write_text(MODULE + "".join(LOOP.format(name=name) for name in names))
    walk = Project.inspect

    def inspected(self: Project, facts: Facts, qualname: str, sink: Any) -> Summary:
        if qualname == "bad":
            act()
        return walk(self, facts, qualname, sink)

    monkeypatch.setattr(Project, "inspect", inspected)
    began = time.monotonic()
    found = check([file], jobs, "0.5")
    assert time.monotonic() - began < 10
    assert [one[0] for one in told(found)] == ["ORM201", "ORM201", "ORM201", code, "ORM201", "ORM201"]
    assert told(found)[3] == (code, 26, "bad")


@pytest.mark.parametrize(("act", "code"), [(stall, "ORM900"), (die, "ORM901")])
def test_a_bad_callee_costs_none_of_its_callers(
    act: Callable[[], None], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "calls.py"
    loops = LOOP.replace("commit()", "commit()\n        bad(item)")
    file.write_text(MODULE + loops.format(name="first") + loops.format(name="second") + BAD)
    cut = Slices.function

    def function(self: Slices, facts: Facts, fact: FunctionFact) -> Any:
        if fact.qualname == "bad":
            act()
        return cut(self, facts, fact)

    monkeypatch.setattr(Slices, "function", function)
    found = check([file], 2, "0.5")
    assert [one[0] for one in told(found)] == ["ORM201", "ORM201", "ORM201", code]
    assert told(found)[3][2] == "bad"


@pytest.mark.parametrize(("act", "code"), [(stall, "ORM900"), (die, "ORM901")])
def test_a_bad_file_costs_itself_alone(
    act: Callable[[], None], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "bad", "c"):
        (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "pyproject.toml").touch()
    read = gather.read_facts

    def read_facts(file: gather.File, packed: bool) -> Any:
        if file.path.stem == "bad":
            act()
        return read(file, packed)

    monkeypatch.setattr(gather, "read_facts", read_facts)
    found = check([tmp_path], 2, "0.5")
    assert [(Path(one.span.path).stem, one.code) for one in found] == [
        ("a", "ORM201"),
        ("b", "ORM201"),
        ("bad", code),
        ("c", "ORM201"),
    ]


def test_results_come_in_order() -> None:
    with Crew[int, int](lambda note: lambda task, avoid: task * task, 3, 60) as crew:
        assert crew.map(range(100), [1] * 100) == [number * number for number in range(100)]
        assert crew.map([5, 4], [9, 1]) == [25, 16]


def test_what_is_noted_is_blamed_and_avoided_later() -> None:
    def start(note: Callable[[str], None]) -> Callable[[int, frozenset[str]], int]:
        def work(task: int, avoid: frozenset[str]) -> int:
            if "seven" not in avoid and task % 7 == 0:
                note("seven")
                os._exit(3)
            return task

        return work

    with Crew[int, int](start, 2, 60) as crew:
        assert crew.map(range(20), [1] * 20) == list(range(20))
        assert crew.blamed == {"seven": Lost("seven", False, "ended its process with 3")}


def test_an_interrupt_ends_all_workers() -> None:
    pids: list[int] = []

    def interrupt(done: int) -> None:
        pids.extend(worker.pid for worker in crew._workers)
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        Crew[float, None](lambda note: lambda task, avoid: time.sleep(task), 2, 60) as crew,
    ):
        crew.map([0.01, 60], [1, 1], interrupt)
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
