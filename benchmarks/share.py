"""How much of a project's functions reaches libcst in a cold run:

    python benchmarks/share.py FOLDER

Tells the bytes of all functions, those of the functions that are parsed at least once, and the share. A nested
function counts with the one around it. All is done in this process, so that it can be seen.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["SQLA_LINT_TRACEBACK"] = "1"  # no workers

from sqla_lint import cli, inspect
from sqla_lint.project.slices import Slices
from sqla_lint.survey.facts import Facts, FunctionFact


def share(folder: str) -> tuple[int, int]:
    """Return the bytes of the functions in a folder that are parsed, and of all."""
    parsed: set[tuple[str, int, int]] = set()
    every: set[tuple[str, int, int]] = set()
    cut, look = Slices._function, inspect.inspect

    def _function(self: Slices, facts: Facts, fact: FunctionFact) -> object:
        parsed.add((facts.path, fact.line, fact.end_line))
        return cut(self, facts, fact)

    def _inspect(files: list[Facts], *rest: object) -> object:
        for facts in files:
            every.update((facts.path, fact.line, fact.end_line) for fact in facts.functions.values())
        return look(files, *rest)  # type: ignore[arg-type]

    Slices._function, inspect.inspect = _function, _inspect  # type: ignore[assignment, method-assign]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        cli.run(["check", "--no-cache", folder])
    return size(parsed & every), size(every)


def size(functions: set[tuple[str, int, int]]) -> int:
    """Return the bytes of the lines of some functions, each line counted once."""
    lines: dict[str, set[int]] = {}
    for path, first, end in functions:
        lines.setdefault(path, set()).update(range(first, end + 1))
    found = 0
    for path, numbers in lines.items():
        text = Path(path).read_bytes().split(b"\n")
        found += sum(len(text[number - 1]) + 1 for number in numbers if number <= len(text))
    return found


if __name__ == "__main__":
    some, total = share(sys.argv[1])
    print(f"{some:,} of {total:,} bytes of functions reach libcst: {some / max(total, 1):.1%}")
