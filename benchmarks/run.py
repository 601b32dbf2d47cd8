"""Speed and memory, side by side with other linters on one project:

    python benchmarks/run.py FOLDER [--rounds 5] [--peers pylint,fixit,flake8-async] [--output benchmarks/RESULTS.md]

Each round runs every command once, one after the other, so that all meet the same conditions; what is told is the
median over the rounds, and the ratio to `ruff check --select ALL --no-cache` is the median of the ratios within each
round. CPU is the user and system time of all processes; peak is the most memory that all processes of a command have
together (PSS, pages that they share are counted once), sampled every few milliseconds in a run of its own that is not
timed. All work on a copy of the folder, of which one file is edited before each run that is named so: the one of median
size among those that speak of a session, all of whose lines move down. Commands that are not installed are
left out, and said to be.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUFF = "ruff ALL"
FINDINGS = (0, 1)  # the exit codes of linters that did their work
_SAMPLE_SECONDS = 0.005


@dataclass(frozen=True)
class Command:
    """A linter to run. `prepare` is called before each run, outside of what is measured."""

    name: str
    package: str
    arguments: Sequence[str]
    prepare: Callable[[], None] = lambda: None
    environment: dict[str, str] | None = None


@dataclass(frozen=True)
class Measured:
    """Seconds by the clock, and seconds of CPU in all processes."""

    wall: float
    cpu: float


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default="", help="more linters, with commas between: pylint, fixit, flake8-async")
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "project")
        shutil.copytree(given.folder, folder, symlinks=True)
        files = sorted(folder.rglob("*.py"))
        size = sum(len(path.read_bytes()) for path in files)
        chosen = list(commands(files, Path(scratch), frozenset(given.peers.split(","))))
        rounds = [{one.name: timed(one, folder) for one in chosen} for _ in range(given.rounds)]
        peaks = {one.name: peak(one, folder) for one in chosen}
    lines = table(chosen, rounds, peaks)
    machine = (
        f"{platform.system()} {platform.machine()}, {cpu()}, {cpus()} usable CPUs, Python {platform.python_version()}"
    )
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    text = [
        "# Results of benchmarks/run.py",
        "",
        f"{len(files):,} files, {size / 1e6:.1f} MB of Python; median of {given.rounds} rounds.",
        f"{machine}; {load} at the end.",
        "",
        *lines,
        "",
        "Versions: " + ", ".join(sorted({f"{one.package} {version(one.package)}" for one in chosen})) + ".",
        "",
    ]
    given.output.write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))


def commands(files: Sequence[Path], scratch: Path, peers: frozenset[str]) -> Iterator[Command]:
    """Yield what is to be measured and can be run."""
    kept = scratch / "cache"
    ours = [sys.executable, "-P", "-m", "sqla_lint", "check", "--cache-dir", str(kept), "."]
    here = {"PYTHONPATH": str(HERE.parent)}
    names = scratch / "files"
    names.write_text("\n".join(str(path.resolve()) for path in files), encoding="utf-8")

    def empty() -> None:
        shutil.rmtree(kept, ignore_errors=True)

    def without_report() -> None:
        for path in kept.glob("report-*"):
            path.unlink()

    edited = typical(files)

    def edit() -> None:
        """Move all lines of one file down."""
        edited.write_bytes(b"# edited\n" + edited.read_bytes())

    tools = [
        Command("sqla-lint, cold", "sqla-lint", ours, empty, here),
        Command("sqla-lint, cold, --jobs 1", "sqla-lint", [*ours, "--jobs", "1"], empty, here),
        Command("sqla-lint, report lost", "sqla-lint", ours, without_report, here),
        Command("sqla-lint, one file edited", "sqla-lint", ours, edit, here),
        Command("sqla-lint, nothing changed", "sqla-lint", ours, environment=here),
        Command(
            "sqla-lint --version", "sqla-lint", [sys.executable, "-P", "-m", "sqla_lint", "--version"], environment=here
        ),
        Command("python -c 'import click'", "click", [sys.executable, "-c", "import click"]),
        Command(RUFF, "ruff", ["ruff", "check", "--select", "ALL", "--no-cache", "--isolated", "-q", "."]),
        Command("flake8 -j2", "flake8", ["flake8", "--isolated", "-j2", "-q", "."]),
    ]
    more = {
        "pylint": Command("pylint -E", "pylint", ["pylint", "--disable=all", "--enable=E", "--recursive=y", "."]),
        "fixit": Command("fixit", "fixit", ["fixit", "lint", "."]),
        "flake8-async": Command("flake8-async", "flake8-async", ["xargs", "-a", str(names), "flake8-async"]),
    }
    for tool in (*tools, *(command for name, command in more.items() if name in peers)):
        if shutil.which(tool.arguments[0], path=search_path()):
            yield tool
        else:
            print(f"{tool.name}: {tool.arguments[0]} is not installed", file=sys.stderr)


def typical(files: Sequence[Path]) -> Path:
    """Return the file of median size among those that speak of a session."""
    speaking = [path for path in files if b"session" in path.read_bytes()] or list(files)
    return sorted(speaking, key=lambda path: (path.stat().st_size, path))[len(speaking) // 2]


def search_path() -> str:
    """Return where commands are looked for: beside this Python first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def start(command: Command, folder: Path) -> subprocess.Popen[bytes]:
    """Start a command in a folder, silently."""
    environment = {**os.environ, "PATH": search_path(), **(command.environment or {})}
    return subprocess.Popen(
        command.arguments, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def timed(command: Command, folder: Path) -> Measured:
    """Run a command once and return what it took."""
    command.prepare()
    before, began = os.times(), time.perf_counter()
    code = start(command, folder).wait()
    wall, after = time.perf_counter() - began, os.times()
    if code not in FINDINGS and command.package == "sqla-lint":
        print(f"{command.name}: exit code {code}", file=sys.stderr)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(wall, cpu)


def peak(command: Command, folder: Path) -> int | None:
    """Return the most bytes that all processes of a command have at once; None where that cannot be had."""
    command.prepare()
    process = start(command, folder)
    most: int | None = None
    while process.poll() is None:
        sizes = [pss(pid) for pid in family(process.pid)]
        if any(sizes):
            most = max(most or 0, sum(sizes))
        time.sleep(_SAMPLE_SECONDS)
    return most


def family(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def pss(pid: int) -> int:
    """Return the proportional share of memory of a process, 0 where it cannot be had."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def table(chosen: Sequence[Command], rounds: Sequence[dict[str, Measured]], peaks: dict[str, int | None]) -> list[str]:
    """Return the lines of the table."""
    lines = [
        "| command | wall, s | CPU, s | wall / ruff ALL | CPU / ruff ALL | peak, MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for command in chosen:
        runs = [one[command.name] for one in rounds]
        rivals = [one.get(RUFF) for one in rounds]
        wall = statistics.median(run.wall for run in runs)
        cpu = statistics.median(run.cpu for run in runs)
        by_wall = [run.wall / rival.wall for run, rival in zip(runs, rivals, strict=True) if rival]
        by_cpu = [run.cpu / rival.cpu for run, rival in zip(runs, rivals, strict=True) if rival]
        ratios = [f"{statistics.median(one):.2f}" if one else "" for one in (by_wall, by_cpu)]
        most = peaks[command.name]
        memory = f"{most / 1e6:.0f}" if most else ""
        lines.append(f"| {command.name} | {wall:.2f} | {cpu:.2f} | {ratios[0]} | {ratios[1]} | {memory} |")
    return lines


def version(package: str) -> str:
    """Return the version of a package that is installed beside this Python."""
    if package == "sqla-lint":
        sys.path.insert(0, str(HERE.parent))
        import sqla_lint

        return sqla_lint.__version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "?"


def cpu() -> str:
    """Return the name of the processor, as far as it is known."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def cpus() -> int:
    """Return how many CPUs may be used."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main()
