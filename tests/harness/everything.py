"""What the suspects lose: each difference between inspecting them and inspecting everything.

    python -m tests.harness.everything DIRECTORY...

Everything is every function a root, and no summary spared for what a sketch says. A line `lost` is a finding that
only inspecting everything gives, `gained` one that vanishes there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.harness.lint import check

SWITCH = "SQLA_LINT_EVERYTHING"

Told = tuple[str, int, int, str, str]


def differences(folder: Path) -> Iterator[tuple[str, Told]]:
    """Yield what differs between the two ways to inspect a folder: ("lost" or "gained", the finding)."""
    usual, every = told(folder), told(folder, everything=True)
    yield from (("lost", one) for one in sorted(every - usual))
    yield from (("gained", one) for one in sorted(usual - every))


def told(folder: Path, *, everything: bool = False) -> set[Told]:
    """The findings in a folder, as values to compare."""
    before = os.environ.pop(SWITCH, None)
    try:
        if everything:
            os.environ[SWITCH] = "1"
        found = check([folder])
    finally:
        os.environ.pop(SWITCH, None)
        if before is not None:
            os.environ[SWITCH] = before
    return {(one.span.path, one.span.line, one.span.column, one.code, one.message) for one in found}


def main(folders: list[str]) -> int:
    """Print the differences of each folder; 1 where there are any."""
    differ = False
    for name in folders:
        for kind, (path, line, column, code, message) in differences(Path(name)):
            differ = True
            print(f"{kind} {path}:{line}:{column}: {code} {message}", flush=True)
        print(f"{name}: done", flush=True)
    return int(differ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
