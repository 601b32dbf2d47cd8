"""The example project gives exactly the diagnostics that are planted in it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from sqla_lint.diagnostic import Diagnostic
from tests.harness.lint import check

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"

# (file, function, rule, what the line says)
PLANTED = {
    ("jobs.py", "close_old_orders", "commit-in-loop", "session.commit()"),
    ("jobs.py", "remind", "session-not-closed", "session = open_session()"),
    ("routers/customers.py", "list_customers", "lazy-load-in-loop", "customer.order_count"),
    ("routers/orders.py", "list_orders", "lazy-load-in-loop", "len(order.lines)"),
    ("services/catalogue.py", "import_products", "commit-in-loop", "products.save(product)"),
    ("services/coupons.py", "replace", "delete-then-add", "session.add(coupon)"),
    ("services/orders.py", "restart", "delete-then-add", "session.add(again)"),
    ("services/reports.py", "best_sellers", "lazy-load-in-loop", "line.product.name"),
    ("services/reports.py", "stock_value", "session-not-closed", "session = SessionLocal()"),
}


def place(diagnostic: Diagnostic) -> tuple[str, str, str, str]:
    """Return where a diagnostic stands without a line number: file, function, rule, and the words of its line."""
    path, line = Path(diagnostic.span.path).resolve(), diagnostic.span.line
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    names = [node.name for node in functions if node.lineno <= line <= (node.end_lineno or node.lineno)]
    words = text.splitlines()[line - 1].strip()
    said = next((one for *_, one in sorted(PLANTED) if one in words), words)
    name = path.relative_to(EXAMPLES.resolve() / "shop_api").as_posix()
    return name, names[-1] if names else "", diagnostic.rule, said


def test_exactly_the_planted_findings() -> None:
    """Every planted misuse is found, once, and nothing else."""
    assert sorted(map(place, check([EXAMPLES]))) == sorted(PLANTED)


def test_the_readme_tells_of_each() -> None:
    """The example's README names every planted misuse by file and function."""
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    rows = [line for line in told.splitlines() if line.startswith("| `")]
    assert len(rows) == len(PLANTED)
    assert not [one for one in PLANTED if not any(f"`{one[0]}`, `{one[1]}`" in row and one[2] in row for row in rows)]


@pytest.mark.parametrize(
    "arguments", [["examples"], ["examples/shop_api/routers/customers.py", "--output-format", "full"]]
)
def test_readme_shows_what_is_printed(arguments: list[str]) -> None:
    """The output in README.md is the real one, to the letter."""
    command = [sys.executable, "-m", "sqla_lint", "check", *arguments]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert printed.returncode == 1
    assert f"```text\n{printed.stdout.rstrip()}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
