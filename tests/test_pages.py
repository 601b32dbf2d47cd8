"""The linter says about every example of a page exactly what its markers say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness.lint import disagreements, lint
from tests.harness.markers import GAPS, markers
from tests.harness.pages import Example, examples

FIXTURES = Path(__file__).parent / "fixtures"
CORE = frozenset({"session-not-closed", "commit-in-loop", "delete-then-add", "lazy-load-in-loop"})


def shop(variant: str, database: str = "sqlite") -> dict[str, str]:
    """Return the files of the shop package, with the modules of `variant` in place of those they replace."""
    files = {path.name: path for path in (FIXTURES / "shop").glob("*.py")}
    files |= {path.name: path for path in (FIXTURES / variant).glob("*.py")}
    texts = {f"shop/{name}": path.read_text(encoding="utf-8") for name, path in files.items()}
    return {name: re.sub(r"sqlite((?:\+\w+)?)://", rf"{database}\1://", text) for name, text in texts.items()}


@pytest.mark.parametrize("variant", ["shop", "shop_legacy"])
@pytest.mark.parametrize("example", examples(), ids=str)
def test_example(example: Example, variant: str, tmp_path: Path) -> None:
    """Exactly the marked lines are reported, whichever way the shop's models are declared."""
    database = "postgresql" if "postgresql" in example.words else "sqlite"
    found = lint(
        tmp_path, {**shop(variant, database), "example.py": example.text}, report=["example.py"], rule=example.page
    )
    said = disagreements(found, markers(example.text), own_rule=example.page)
    assert not said, "\n".join(said)


@pytest.mark.parametrize("variant", ["shop", "shop_legacy"])
def test_shop_is_clean(variant: str, tmp_path: Path) -> None:
    """The shop itself gives no cause for a diagnostic."""
    assert not lint(tmp_path, shop(variant))


@pytest.mark.parametrize("example", examples(), ids=str)
def test_core_pages_have_no_gaps(example: Example) -> None:
    """The four core pages claim nothing that the linter misses, and excuse no false alarm."""
    assert example.page not in CORE or not [one for one in markers(example.text) if one.kind in GAPS]
