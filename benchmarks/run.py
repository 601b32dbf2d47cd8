"""Speed and memory, side by side with other linters on one project:

    python benchmarks/run.py FOLDER [--whole TREE] [--only cold,growth] [--rounds 5] [--output benchmarks/RESULTS.md]

The rows come in groups, and `--only` chooses some: `cold`, `warm` (nothing changed, report lost, one file edited),
`version`, `peers` (ruff, flake8), `more` (pylint, fixit, flake8-async; only when named), `share` (of the bytes of
functions what reaches libcst), and for TREE, say many projects side by side, `whole` (cold, beside flake8 and ruff) and
`growth` (an eighth of its projects, a quarter, a half, all).

Each round runs every command once, one after the other, so that all meet the same conditions; what is told is the
median over the rounds, and the ratio to `ruff check --select ALL --no-cache` is the median of the ratios within each
round. CPU is the user and system time of all processes; peak is the most memory that all processes of a command have
together (PSS, pages that they share are counted once), sampled every few milliseconds in a run of its own that is not
timed. All work on copies, TREE on links where these can be had, of which one file is edited before each run that is
named so: the one of median size among those that speak of a session, all of whose lines move down. Commands that are
not installed are left out, and said to be.
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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUFF = "ruff ALL"
GROUPS = ("cold", "warm", "version", "peers", "more", "share", "whole", "growth")
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
    folder: Path | None = None
    megabytes: float = 0.0


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
    parser.add_argument("--whole", type=Path, help="a tree for the groups whole and growth")
    parser.add_argument("--only", default="", help=f"groups of rows, with commas between: {', '.join(GROUPS)}")
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    groups = frozenset(given.only.split(",")) if given.only else frozenset(GROUPS) - {"more"}
    if unknown := groups - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "project")
        shutil.copytree(given.folder, folder, symlinks=True)
        files = sorted(folder.rglob("*.py"))
        size = sum(len(path.read_bytes()) for path in files)
        chosen = list(runnable(commands(files, Path(scratch), groups)))
        if given.whole is not None:
            chosen += runnable(whole_commands(given.whole, Path(scratch), groups))
        rounds = [{one.name: timed(one, folder) for one in chosen} for _ in range(given.rounds)]
        peaks = {one.name: peak(one, folder) for one in chosen}
        shared = share(folder) if "share" in groups else ""
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
        *([shared, ""] if shared else []),
        "Versions: " + ", ".join(sorted({f"{one.package} {version(one.package)}" for one in chosen})) + ".",
        "",
    ]
    given.output.write_text("\n".join(text), encoding="utf-8")
    print("\n".join(text))


def commands(files: Sequence[Path], scratch: Path, groups: frozenset[str]) -> Iterator[Command]:
    """Yield what is to be measured on the folder."""
    kept = scratch / "cache"
    ours = [sys.executable, "-P", "-m", "sqla_lint"]
    check = [*ours, "check", "--cache-dir", str(kept), "."]
    here = {"PYTHONPATH": str(HERE.parent)}
    names = scratch / "files"
    names.write_text("\n".join(str(path.resolve()) for path in files), encoding="utf-8")

    def empty() -> None:
        shutil.rmtree(kept, ignore_errors=True)

    def known() -> None:
        if not kept.exists():
            start(Command("", "", check, environment=here), scratch / "project").wait()

    def without_report() -> None:
        known()
        for path in kept.glob("report-*"):
            path.unlink()

    edited = typical(files)

    def edit() -> None:
        """Move all lines of one file down."""
        known()
        edited.write_bytes(b"# edited\n" + edited.read_bytes())

    uncached = [*ours, "check", "--no-cache", "--jobs", "1", "."]
    rows = {
        "cold": [
            Command("sqla-lint, cold", "sqla-lint", check, empty, here),
            Command("sqla-lint, cold, --jobs 1", "sqla-lint", [*check, "--jobs", "1"], empty, here),
            Command("sqla-lint, cold, --jobs 1, --no-cache", "sqla-lint", uncached, environment=here),
        ],
        "warm": [
            Command("sqla-lint, report lost", "sqla-lint", check, without_report, here),
            Command("sqla-lint, one file edited", "sqla-lint", check, edit, here),
            Command("sqla-lint, nothing changed", "sqla-lint", check, known, here),
        ],
        "version": [
            Command("sqla-lint --version", "sqla-lint", [*ours, "--version"], environment=here),
            Command("python -c 'import click'", "click", [sys.executable, "-c", "import click"]),
        ],
        "peers": peers(),
        "more": [
            Command("pylint -E", "pylint", ["pylint", "--disable=all", "--enable=E", "--recursive=y", "."]),
            Command("fixit", "fixit", ["fixit", "lint", "."]),
            Command("flake8-async", "flake8-async", ["xargs", "-a", str(names), "flake8-async"]),
        ],
    }
    yield from (command for group, found in rows.items() if group in groups for command in found)


def peers(where: str = "", folder: Path | None = None) -> list[Command]:
    """Return the linters that all is compared with."""
    ruff = ["ruff", "check", "--select", "ALL", "--no-cache", "--isolated", "-q", "."]
    flake8 = ["flake8", "--isolated", "-j2", "-q", "."]
    return [
        Command(f"{RUFF}{where}", "ruff", ruff, folder=folder),
        Command(f"flake8 -j2{where}", "flake8", flake8, folder=folder),
    ]


def whole_commands(tree: Path, scratch: Path, groups: frozenset[str]) -> Iterator[Command]:
    """Yield what is to be measured on a large tree, and on parts of it; parts are of whole projects."""
    ours = [sys.executable, "-P", "-m", "sqla_lint", "check", "--no-cache", "."]
    here = {"PYTHONPATH": str(HERE.parent)}
    parts = {"an eighth": 1 / 8, "a quarter": 1 / 4, "a half": 1 / 2} if "growth" in groups else {}
    for name, fraction in {**parts, "all": 1.0}.items():
        if name == "all" and groups.isdisjoint(("growth", "whole")):
            return
        folder = scratch / f"tree-{name.replace(' ', '-')}"
        size = part_of(tree, fraction, folder)
        yield Command(
            f"sqla-lint, cold, {name} of the tree ({size / 1e6:.1f} MB)", "sqla-lint", ours, environment=here,
            folder=folder, megabytes=size / 1e6,
        )  # fmt: skip
        if name == "all" and "whole" in groups:
            yield from peers(", all of the tree", folder)


def part_of(tree: Path, fraction: float, folder: Path) -> int:
    """Put some of the folders of a tree side by side, about so much of its Python; return how many bytes that is."""
    sizes = {path: sum(one.stat().st_size for one in path.rglob("*.py")) for path in tree.iterdir() if path.is_dir()}
    wanted, taken = fraction * sum(sizes.values()), 0
    folder.mkdir()
    # Those of middle size first, so that a part is like the whole.
    middle = statistics.median(sizes.values())
    for path in sorted(sizes, key=lambda path: (abs(sizes[path] - middle), path)):
        if taken and taken + sizes[path] / 2 > wanted:
            continue
        shutil.copytree(path, folder / path.name, symlinks=True, copy_function=linked)
        taken += sizes[path]
    return taken


def linked(source: str, target: str) -> None:
    """Link a file, or copy it where that cannot be."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def share(folder: Path) -> str:
    """Return what is told of the functions that reach libcst."""
    command = [sys.executable, str(HERE / "share.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def runnable(found: Iterable[Command]) -> Iterator[Command]:
    """Yield the commands that can be run."""
    for tool in found:
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
        command.arguments,
        cwd=command.folder or folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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
        rivals = [one.get(f"{RUFF}, all of the tree" if command.folder else RUFF) for one in rounds]
        wall = statistics.median(run.wall for run in runs)
        cpu = statistics.median(run.cpu for run in runs)
        by_wall = [run.wall / rival.wall for run, rival in zip(runs, rivals, strict=True) if rival]
        by_cpu = [run.cpu / rival.cpu for run, rival in zip(runs, rivals, strict=True) if rival]
        ratios = [f"{statistics.median(one):.2f}" if one else "" for one in (by_wall, by_cpu)]
        most = peaks[command.name]
        memory = f"{most / 1e6:.0f}" if most else ""
        name = command.name
        if command.megabytes:
            name += f", per MB {wall / command.megabytes:.3f} s and {cpu / command.megabytes:.3f} s of CPU"
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {ratios[0]} | {ratios[1]} | {memory} |")
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
