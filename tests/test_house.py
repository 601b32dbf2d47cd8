"""The house rules: what is a convention here is a test, or it is only a wish."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

import sqla_lint
from sqla_lint.checks import RULES
from sqla_lint.rule import FAMILIES
from tests.harness.index import INDEX, index
from tests.harness.markers import Kind, Marker, markers
from tests.harness.pages import Page, pages

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sqla_lint"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEADINGS = ["Bad", "Good", "Why", "Fix", "Limits", "Proof"]
OPTIONAL = {"Fix", "Proof"}
LINES_OF_A_PAGE, LINES_OF_A_MODULE, LINES_OF_A_FUNCTION = 105, 400, 60

# Known gaps, by marker: they may only become fewer.
MOST_GAPS = {Kind.MISSED: 0, Kind.FALSE_ALARM: 0}
MOST_UNPROVED = 0

PAGES = {page.name: page for page in pages()}
# The linter's own codes tell of files it cannot read; they are no rules and have no page.
CHECKED = {code: rule for code, rule in RULES.items() if not code.startswith("ORM9")}


def dotted(path: Path) -> str:
    """Return the module name of a file of the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_pages_rules_and_modules_belong_together() -> None:
    """Each rule has a page and a module of its name, each page a rule, each check module a rule."""
    modules = {path.stem.replace("_", "-") for path in (PACKAGE / "checks").glob("*.py") if path.stem != "__init__"}
    rules = {rule.name for rule in CHECKED.values()}
    assert rules == set(PAGES)
    assert rules == modules


@pytest.mark.parametrize("code", CHECKED)
def test_rule(code: str) -> None:
    """A rule's code, page and module agree, and its names and message are in the house's form."""
    rule = CHECKED[code]
    assert rule.code == code == PAGES[rule.name].code
    assert re.fullmatch(r"ORM\d{3}", code) and code[3] in FAMILIES
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule.name)
    assert importlib.import_module(f"sqla_lint.checks.{rule.name.replace('-', '_')}").rule is rule
    assert re.fullmatch(r"[a-z`{].*[^.\s]", rule.message), (
        "one line, lower case or a backtick first, no stop at the end"
    )
    assert rule.checks or rule.calls, "a rule needs a check"


def test_codes_and_names_are_unique() -> None:
    """No two rules share a code or a name, and the table is sorted."""
    assert list(RULES) == sorted(RULES)
    assert not [name for name, times in Counter(rule.name for rule in RULES.values()).items() if times > 1]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_page(page: Page) -> None:
    """A page is short, bears its file's name, opens with a sentence and has the headings in their order."""
    assert page.path.stem == page.name
    assert page.lines <= LINES_OF_A_PAGE
    assert re.fullmatch(r"[A-Z`].*\.", page.sentence) and "|" not in page.sentence
    assert list(page.headings) == [one for one in HEADINGS if one in page.headings]
    assert set(HEADINGS) - OPTIONAL <= set(page.headings)
    assert {example.section for example in page.examples} >= {"Bad", "Good"}
    assert not any(one.kind is Kind.ERROR for one in _markers(page, "Good"))
    assert any(one.kind in (Kind.ERROR, Kind.MISSED) for one in _markers(page, "Bad"))
    assert ("Proof" in page.headings) == any("unproved" in example.words for example in page.examples)


def _markers(page: Page, section: str) -> list[Marker]:
    return [one for example in page.examples if example.section == section for one in markers(example.text)]


def test_index_is_fresh() -> None:
    """rules/README.md is what `python -m tests.harness.index` writes."""
    assert INDEX.read_text(encoding="utf-8") == index(list(PAGES.values()), RULES)


def test_gaps_only_become_fewer() -> None:
    """No more misses, false alarms and unproved examples are excused than are written down here, and no fewer."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "fixtures").rglob("*.py")]
    found = [example for page in PAGES.values() for example in page.examples]
    kinds = Counter(one.kind for text in [*texts, *(example.text for example in found)] for one in markers(text))
    assert {kind: kinds[kind] for kind in MOST_GAPS} == MOST_GAPS, "write the smaller number down; never a greater one"
    assert sum("unproved" in example.words for example in found) == MOST_UNPROVED


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_module(path: Path) -> None:
    """A module says what it is for; it and its functions are short; what is public is documented."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module begins with what it is for"
    assert text.count("\n") <= LINES_OF_A_MODULE
    functions = [one for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = {one.name: (one.end_lineno or one.lineno) - one.lineno + 1 for one in functions}
    assert not {name: length for name, length in lengths.items() if length > LINES_OF_A_FUNCTION}
    public = [one for one in tree.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    assert not [one.name for one in public if not one.name.startswith("_") and not ast.get_docstring(one)]


def imports() -> dict[str, set[str]]:
    """Return which modules of the package each module imports at its top level."""
    names = {dotted(path) for path in MODULES}
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        said: set[str] = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                said |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                said |= {alias.name for alias in node.names}
        graph[dotted(path)] = (said & names) - {dotted(path)}
    return graph


def test_no_import_cycles() -> None:
    """No module can be reached from itself."""
    graph = imports()

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        left = list(graph[start])
        while left:
            here = left.pop()
            if here not in seen:
                seen.add(here)
                left += graph[here]
        return seen

    assert [name for name in graph if name in reached(name)] == []


def test_changelog_tells_of_this_version() -> None:
    """The newest entry of the changelog is the package's version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[?(\d+\.\d+[^\s\]]*)", text, re.MULTILINE)
    assert versions and versions[0] == sqla_lint.__version__
