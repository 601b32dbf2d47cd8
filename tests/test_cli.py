"""The command: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sqla_lint
from sqla_lint import cli, run, terminal
from sqla_lint.trouble import OWN_RULES

ROOT = Path(__file__).parents[1]
BAD = """
def pay(orders):
    session = Session()
    for order in orders:
        order.paid = True
        session.commit()
    session.close()
"""
BAD = "from sqlalchemy.orm import Session\n" + BAD
GOOD = "x = 1\n"


class Outcome:
    """What a call of the command came to."""

    def __init__(self, code: int, captured: pytest.CaptureFixture[str]) -> None:
        self.code = code
        self.out, self.err = captured.readouterr()


class Command:
    """Runs the command in a project of its own."""

    def __init__(self, root: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._captured = captured

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def __call__(self, *arguments: str) -> Outcome:
        """Run the command line."""
        return Outcome(cli.run(list(arguments)), self._captured)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return the command in an empty project."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "SQLA_LINT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pyproject.toml").touch()
    return Command(tmp_path, capsys)


def test_clean(command: Command) -> None:
    command.write("a.py", GOOD)
    outcome = command("check")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "no findings in 1 file\n")


def test_findings(command: Command) -> None:
    command.write("pay.py", BAD)
    command.write("a.py", GOOD)
    outcome = command("check", "--select", "ORM201")
    assert outcome.code == 1
    assert outcome.out.startswith("pay.py:7:") and ": ORM201 " in outcome.out
    assert outcome.err == "1 finding in 1 of 2 files\n"
    assert command("check", "--exit-zero").code == 0
    assert command("check", "--ignore", "ORM1,commit-in-loop").code == 0


def test_check_goes_without_saying(command: Command) -> None:
    command.write("pay.py", BAD)
    assert command("pay.py").code == 1
    assert command("--select", "ORM201", ".").code == 1


def test_statistics(command: Command) -> None:
    command.write("pay.py", BAD)
    assert command("check", "--statistics", "--select", "ORM201").out == "1\tORM201\tcommit-in-loop\n"
    outcome = command("check", "--statistics", "--select", "ORM201", "--output-format", "json")
    assert json.loads(outcome.out) == [{"code": "ORM201", "name": "commit-in-loop", "count": 1}]


def test_json_is_json_even_of_nothing(command: Command) -> None:
    assert json.loads(command("check", "--output-format", "json").out) == []
    command.write("pay.py", BAD)
    (found,) = json.loads(command("check", "--output-format", "json", "--select", "ORM201").out)
    assert (found["filename"], found["location"]["row"]) == ("pay.py", 7)


def test_noqa_and_per_file_ignores(command: Command) -> None:
    command.write("pay.py", BAD.replace("session.commit()", "session.commit()  # noqa: ORM201"))
    assert command("check", "--select", "ORM201").code == 0
    command.write("pay.py", BAD)
    command.write("pyproject.toml", "[tool.sqla-lint.per-file-ignores]\n'pay.py' = ['ORM']\n")
    assert command("check").code == 0


def test_a_file_that_cannot_be_analysed(command: Command) -> None:
    command.write("pay.py", BAD)
    command.write("bad.py", "x = (\n")
    outcome = command("check", "--exit-zero")
    assert outcome.code == 2
    assert "bad.py:1:5: ORM900 not analysed: syntax error: '(' was never closed\n" in outcome.out
    assert ": ORM201 " in outcome.out
    assert outcome.err.endswith(" in 1 of 2 files, 1 file could not be analysed\n")
    assert command("check", "--ignore", "ORM900", "--select", "ORM301").code == 0
    assert command("check", "pay.py", "--select", "ORM301").code == 0


def test_missing_path(command: Command) -> None:
    command.write("a.py", GOOD)
    outcome = command("check", "nowhere.py", "a.py")
    assert (outcome.code, outcome.out) == (2, "nowhere.py:1:1: ORM900 not analysed: no such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chekc"], "did you mean 'check'"),
        (["check", "--selct", "ORM"], "--select"),
        (
            ["check", "--select", "commit-in-lop"],
            "--select: unknown rule `commit-in-lop`, did you mean `commit-in-loop`?",
        ),
        (["check", "--output-format", "xml"], "xml"),
        (["check", "--config", "missing.toml"], "no such file"),
        (["explain", "comit-in-loop"], "did you mean 'commit-in-loop'"),
    ],
)
def test_wrong_usage(command: Command, arguments: list[str], words: str) -> None:
    outcome = command(*arguments)
    assert outcome.code == 2
    assert words in outcome.err
    assert not outcome.out


def test_wrong_configuration(command: Command) -> None:
    command.write("pyproject.toml", "[tool.sqla-lint]\nignore = ['ORM2O1']\n")
    outcome = command("check", "--select", "ORM101")
    assert outcome.code == 2
    assert "pyproject.toml, [tool.sqla-lint]: unknown rule `ORM2O1`" in outcome.err
    assert outcome.err.count("\n") == 1


def test_the_command_line_wins(command: Command) -> None:
    command.write("pay.py", BAD)
    command.write("pyproject.toml", "[tool.sqla-lint]\nselect = ['ORM301']\nignore = ['ORM201']\n")
    assert command("check").code == 0
    assert command("check", "--select", "ORM201").code == 1


def test_internal_trouble_is_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("boom")

    monkeypatch.setattr(run, "check", broken)
    outcome = command("check")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "sqla-lint: internal error: KeyError: 'boom' (SQLA_LINT_TRACEBACK=1 shows where)\n"
    monkeypatch.setenv("SQLA_LINT_TRACEBACK", "1")
    assert "Traceback" in command("check").err


def test_rules(command: Command) -> None:
    text = command("rules").out
    rows = json.loads(command("rules", "--output-format", "json").out)
    assert {"ORM101", "ORM201", "ORM301", "ORM401", *OWN_RULES} <= {row["code"] for row in rows}
    assert all(row["code"] in text and row["name"] in text and row["family"] in text for row in rows)


def test_explain(command: Command) -> None:
    page = (ROOT / "rules/commit-in-loop.md").read_text()
    assert command("explain", "orm201").out == command("explain", "commit-in-loop").out == page
    for code in OWN_RULES:
        assert "## Fix" in command("explain", code).out


def test_colour(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.write("pay.py", BAD)
    full = ("check", "--output-format", "full")
    assert "\x1b" not in command(*full).out
    assert "\x1b[" in command(*full, "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in command(*full).out
    assert "\x1b" not in command(*full, "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in command(*full).out


def test_version_is_the_installed_one(command: Command) -> None:
    assert command("--version").out == f"sqla-lint {sqla_lint.__version__}\n"
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    assert hatch["version"]["path"] == "sqla_lint/__init__.py"


@pytest.mark.parametrize("arguments", ["--version", "--help", "rules", "explain ORM401"])
def test_small_commands_do_not_wait_for_libcst(arguments: str) -> None:
    script = f"import sys; from sqla_lint import cli; cli.run({arguments.split()!r}); sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_a_reader_that_goes_away_is_no_trouble(command: Command) -> None:
    for number in range(300):
        command.write(f"pay{number}.py", BAD)
    line = (
        f"{sys.executable} -m sqla_lint check --output-format full --select ORM201 | head -n 1; echo ${{PIPESTATUS[0]}}"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines()[-1] == "1"
    assert done.stderr == "300 findings in 300 of 300 files\n"


def test_the_project_under_check_is_not_run(command: Command) -> None:
    for name in ("click.py", "libcst.py", "pathspec.py", "json.py", "conftest.py", "sitecustomize.py"):
        command.write(name, "open('canary', 'w')\n")
    script = f"import sys, runpy; sys.path.insert(1, {str(ROOT)!r}); sys.argv = ['sqla-lint', 'check']\n"
    script += "runpy.run_module('sqla_lint', run_name='__main__', alter_sys=True)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == "no findings in 6 files\n"
    assert not Path("canary").exists()


def test_names_that_do_not_encode_are_printed(command: Command) -> None:
    command.write(os.fsdecode(b"\xff\n.py"), "x = (\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    call = [sys.executable, "-m", "sqla_lint", "check"]
    done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert done.stdout.startswith("\\udcff\\x0a.py:1:5: ORM900")


def test_progress_shows_on_a_terminal_only_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        progress = terminal.Progress(delay=0, interval=0)
        progress(3, 9)
        progress.finish()
        stream.flush()
        written = os.read(leader, 1_000).decode()
        while written.count("\x1b[2K") < 2:
            written += os.read(leader, 1_000).decode()
    os.close(leader)
    assert written == "\r\x1b[2Kreading 3 of 9 files\r\x1b[2K"


def test_progress_keeps_out_of_logs(capsys: pytest.CaptureFixture[str]) -> None:
    progress = terminal.Progress(delay=0, interval=0)
    progress(3, 9)
    progress.finish()
    assert capsys.readouterr().err == ""


def test_costs_in_a_test_suite(command: Command) -> None:
    """What only costs time is not reported in a test suite below the path named, but is where the suite is named."""
    command.write("src/tests/pay.py", BAD)
    command.write("tests/unit/pay.py", BAD)
    command.write("tests_of_mine/pay.py", BAD)
    command.write("tests.py", BAD)
    for name in ("test_pay.py", "pay_test.py", "conftest.py", "test_of_a_payment.py"):
        command.write(f"src/{name}", BAD if name.startswith("test_of") else f"import pytest\n{BAD}")

    def reported(*paths: str) -> set[str]:
        return {line.partition(":")[0] for line in command("check", *paths).out.splitlines()}

    assert reported() == {"src/test_of_a_payment.py", "tests_of_mine/pay.py", "tests.py"}
    assert reported("tests", "src/pay_test.py") == {"tests/unit/pay.py", "src/pay_test.py"}
    assert reported("src", "src/tests/pay.py") == {"src/test_of_a_payment.py", "src/tests/pay.py"}


def test_what_raises_is_reported_in_a_test_suite_too(command: Command) -> None:
    command.write(
        "tests/swap.py",
        """from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

def swap(session: Session, old: Tag) -> None:
    session.delete(old)
    session.add(Tag(name=old.name))
    session.commit()
""",
    )
    assert "ORM301" in command("check").out
