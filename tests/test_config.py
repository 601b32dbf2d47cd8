"""The configuration: found where expected, and every mistake in it is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint.config import Config, ConfigError, enabled, load, read
from sqla_lint.diagnostic import Severity
from sqla_lint.rule import Rule


def rule(code: str, name: str, *, default: bool = True) -> Rule:
    """Return a rule without checks."""
    return Rule(name, code, "0.1", "message", Severity.WARNING, default)


RULES = {
    one.code: one
    for one in (
        rule("ORM101", "session-not-closed"),
        rule("ORM201", "commit-in-loop"),
        rule("ORM202", "some-advice", default=False),
        rule("ORM900", "file-not-analysed"),
    )
}


def configure(folder: Path, text: str) -> Path:
    """Write a pyproject.toml and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_reads_every_key(tmp_path: Path) -> None:
    configure(
        tmp_path,
        """
        [tool.sqla-lint]
        select = ["ORM"]
        ignore = ["commit-in-loop"]
        exclude = ["legacy/"]
        per-file-ignores = { "tests/" = ["ORM1"] }
        """,
    )
    config = load(tmp_path)
    assert (config.root, config.select, config.ignore) == (tmp_path, ("ORM",), ("commit-in-loop",))
    assert (config.exclude, config.per_file_ignores) == (("legacy/",), (("tests/", ("ORM1",)),))


def test_nearest_table_counts_and_a_file_without_one_does_not(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.sqla-lint]\nselect = ['ORM1']")
    configure(tmp_path / "a", "[project]\nname = 'a'")
    (tmp_path / "a/b").mkdir()
    assert load(tmp_path / "a/b").root == tmp_path
    configure(tmp_path / "a", "[tool.sqla-lint]\nselect = ['ORM2']")
    assert load(tmp_path / "a/b").select == ("ORM2",)


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    configure(tmp_path, "[tool.sqla-lint]\nselect = ['ORM1']")
    (tmp_path / "a/.git").mkdir(parents=True)
    (tmp_path / "a/b").mkdir()
    assert load(tmp_path / "a/b") == Config(root=tmp_path / "a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.sqla-lint]\nselct = []", "unknown key `selct`, did you mean `select`?"),
        ("[tool.sqla-lint]\nzzz = []", "known are select, extend-select, ignore, exclude, per-file-ignores"),
        ("[tool.sqla_lint]\nselect = []", "did you mean [tool.sqla-lint]?"),
        ("[tool.sqla-lint]\nselect = 'ORM'", "`select` must be a list of strings, not a string"),
        ("[tool.sqla-lint]\nignore = [1]", "`ignore` must hold strings only, not a number"),
        ("[tool.sqla-lint]\nper-file-ignores = []", "must be a table of patterns, not a list"),
        ("[tool.sqla-lint]\nper-file-ignores = { a = 'ORM1' }", "`a` must be a list of strings"),
        ("[tool.sqla-lint]\nexclude = ['*a*a*a*a*a*a*b']", "too many stars"),
        ("[tool.sqla-lint]\nexclude = ['a\\']", "not a valid pattern"),
        ("[tool]\nsqla-lint = 3", "[tool.sqla-lint] must be a table, not a number"),
        ("tool = 'sqla-lint'", "`tool` must be a table"),
        ("[tool.sqla-lint\n", "is not valid TOML"),
        ("# sqla-lint\nx = " + "[" * 100_000, "nests too deep"),
        ("# sqla-lint\nx = " + "9" * 10_000, "is not valid TOML"),
    ],
)
def test_mistakes_are_one_line_naming_the_file(tmp_path: Path, text: str, words: str) -> None:
    configure(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert words in str(caught.value)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# sqla-lint\nx = '\xe9'")
    with pytest.raises(ConfigError, match=":2: is not UTF-8"):
        load(tmp_path)
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").mkdir()
    assert load(tmp_path).select == ()
    with pytest.raises(ConfigError, match="is a directory"):
        read(tmp_path / "pyproject.toml", required=True)


def test_a_broken_file_that_never_speaks_of_us_is_not_our_concern(tmp_path: Path) -> None:
    configure(tmp_path, "[project\n")
    assert load(tmp_path) == Config(root=tmp_path)


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ((), (), {"ORM101", "ORM201", "ORM900"}),
        (("ORM2",), (), {"ORM201", "ORM202", "ORM900"}),
        (("commit-in-loop",), (), {"ORM201", "ORM900"}),
        (("orm101",), (), {"ORM101", "ORM900"}),
        (("ALL",), ("ORM20",), {"ORM101", "ORM900"}),
        ((), ("ORM900",), {"ORM101", "ORM201"}),
    ],
)
def test_selection(select: tuple[str, ...], ignore: tuple[str, ...], codes: set[str]) -> None:
    assert enabled(Config(Path("/"), select=select, ignore=ignore), RULES) == codes


def test_more_than_the_default(tmp_path: Path) -> None:
    """Advice is off until it is asked for, alone or with its family or severity; `ignore` has the last word."""
    advice = Rule("some-advice", "ORM202", "0.1", "words", Severity.ADVICE, default=False)
    rules = {**RULES, "ORM202": advice}
    assert "ORM202" not in enabled(Config(tmp_path), rules)
    for selector in ("ORM202", "some-advice", "advice", "transactions", "Transactions", "ALL"):
        more = enabled(Config(tmp_path, extend_select=(selector,)), rules)
        assert {"ORM101", "ORM202"} <= more, selector
        assert "ORM202" not in enabled(Config(tmp_path, extend_select=(selector,), ignore=("ORM202",)), rules)
    assert enabled(Config(tmp_path, select=("advice",)), rules) == {"ORM202", "ORM900"}


@pytest.mark.parametrize(
    ("selector", "meant"), [("ORM2O1", "ORM201"), ("commit_in_loop", "commit-in-loop"), ("ORM1O1", "ORM101")]
)
def test_unknown_selector_suggests_the_nearest(selector: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown rule `{selector}`, did you mean `{meant}"):
        enabled(Config(Path("/"), ignore=(selector,)), RULES)
