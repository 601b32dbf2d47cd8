"""Which SQLAlchemy a project runs on: read from whatever it says of its dependencies, and never a reason to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint.config import Config, ConfigError, load
from sqla_lint.knowledge.versions import UNKNOWN_VERSIONS, Versions, versions
from sqla_lint.metadata import sqlalchemy_of
from tests.harness.lint import lint

ALL, OLD, NEW = {"1.4", "2.0", "2.1"}, {"1.4"}, {"2.0", "2.1"}


@pytest.mark.parametrize(
    ("specifier", "possible"),
    [
        ("1.4", OLD),
        ("2.0", {"2.0"}),
        ("2.1", {"2.1"}),
        ("==1.4.54", OLD),
        ("2.0.25", {"2.0"}),
        ("==2.0.*", {"2.0"}),
        (">=1.4", ALL),
        (">=1.4,<2", OLD),
        (">=1.4, <2.1", {"1.4", "2.0"}),
        (">=1.4 <2.1", {"1.4", "2.0"}),
        ("<2.0", OLD),
        ("<=2.0", {"1.4", "2.0"}),
        ("~=2.0", NEW),
        ("~=2.0.1", {"2.0"}),
        ("^2.0", NEW),
        ("^2.0.3", NEW),
        ("~2.0", {"2.0"}),
        ("^1.4 || ^2.0", ALL),
        (">=2.1.0b1", {"2.1"}),
        (">2.0.0rc1,!=2.0.5", NEW),
        ("==1.3.24", OLD),
        (">=3", {"2.1"}),
        ("", None),
        ("*", None),
        ("!=2.0.1", None),
        (">=2,<1", None),
        ("from git", None),
        (">=1.4,<{{ upper }}", None),
        ("9" * 5000, {"2.1"}),
    ],
)
def test_specifier(specifier: str, possible: set[str] | None) -> None:
    """The generations that a specifier allows."""
    assert versions(specifier) == (None if possible is None else Versions(frozenset(possible)))


FILES = [
    ({"pyproject.toml": "[project]\ndependencies = [\"SQLAlchemy[asyncio]>=1.4,<2 ; python_version > '3'\"]"}, OLD),
    ({"pyproject.toml": '[project.optional-dependencies]\nsql = ["sqlalchemy ~= 2.0.1"]'}, {"2.0"}),
    ({"pyproject.toml": '[dependency-groups]\ndev = [{include-group = "x"}, "sqlalchemy<2.0"]'}, OLD),
    ({"pyproject.toml": '[tool.poetry.dependencies]\nSQLAlchemy = {version = "^1.4", extras = ["asyncio"]}'}, OLD),
    ({"pyproject.toml": '[tool.poetry.group.dev.dependencies]\nsqlalchemy = "~2.0"'}, {"2.0"}),
    ({"setup.cfg": "[options]\ninstall_requires =\n    click\n    sqlalchemy>=1.4,<2.0  # for now\n"}, OLD),
    ({"setup.py": "from setuptools import setup\nNEED = ['sqlalchemy==1.4.*']\nsetup(install_requires=NEED)"}, OLD),
    ({"requirements-dev.txt": "click\r\nsqlalchemy==1.4.46 \r\n"}, OLD),
    ({"requirements/base.txt": "-r x.txt\nSQLAlchemy (>=2.0,<2.1)\n"}, {"2.0"}),
    ({"uv.lock": '[[package]]\nname = "sqlalchemy"\nversion = "1.4.54"\n', "setup.cfg": "sqlalchemy>=2"}, OLD),
    ({"poetry.lock": '[[package]]\r\nname = "SQLAlchemy"\r\nversion = "2.0.5"\r\n'}, {"2.0"}),
    ({"Pipfile.lock": '{"default": {"sqlalchemy": {"hashes": ["sha256:0"], "version": "==1.4.2"}}}'}, OLD),
    ({"setup.cfg": "sqlalchemy>=1.4", "requirements.txt": "sqlalchemy<2"}, OLD),
    ({"setup.cfg": "sqlalchemy>=2.1", "requirements.txt": "sqlalchemy<2"}, {"2.1"}),
    ({"requirements.txt": "sqlalchemy-utils<1\nflask-sqlalchemy==2.0\nsqlalchemy2==1.4"}, NEW),
    ({"requirements.txt": "sqlalchemy @ git+https://example.org/sqlalchemy@1.4"}, NEW),
    ({"pyproject.toml": '[project\ndependencies = ["sqlalchemy<2"]'}, NEW),
    ({"pyproject.toml": 'project = 3\ntool = []\ndependency-groups = {a = "sqlalchemy<2"}'}, NEW),
    ({"pyproject.toml": "[project]\ndependencies = [3, {}]\n[tool.poetry]\ndependencies = {sqlalchemy = [2]}"}, NEW),
    ({"pyproject.toml": "a = " + "[" * 20000}, NEW),
    ({"setup.py": "setup(" * 3 + "\0"}, NEW),
    ({"setup.py": "(" * 5000}, NEW),
    ({"uv.lock": 'name = "sqlalchemy"\nversion = "\x1b[31m"\n'}, NEW),
    ({"Pipfile.lock": '{"sqlalchemy": {"version": ' + '"=' * 9999}, NEW),
    ({}, NEW),
]


@pytest.mark.parametrize(("files", "possible"), FILES, ids=range(len(FILES)))
def test_metadata(files: dict[str, str], possible: set[str], tmp_path: Path) -> None:
    """The generations that a project's files allow; the broken and the odd allow what nothing said would."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    assert sqlalchemy_of(tmp_path).possible == frozenset(possible)


def test_unreadable_metadata_says_nothing(tmp_path: Path) -> None:
    """Folders and bytes that are no text where files should be."""
    (tmp_path / "setup.py").mkdir()
    (tmp_path / "requirements.txt").mkdir()
    (tmp_path / "setup.cfg").write_bytes(b"\xff\xfe\x00sqlalchemy<2")
    assert sqlalchemy_of(tmp_path) == UNKNOWN_VERSIONS


def test_told(tmp_path: Path) -> None:
    """What the project says itself is told from what is taken for granted where it says nothing."""
    assert not sqlalchemy_of(tmp_path).told
    (tmp_path / "requirements.txt").write_text("sqlalchemy>=2")
    assert sqlalchemy_of(tmp_path).told


def test_sure(tmp_path: Path) -> None:
    """A claim must hold for every generation that is possible."""
    both = Versions(frozenset({"1.4", "2.0"}))
    assert not both.since("2.0") and not both.before("2.0")
    assert both.since("1.4") and both.before("2.1")


def test_configured(tmp_path: Path) -> None:
    """What the configuration says comes before the metadata; nonsense there is one clear line."""
    (tmp_path / "requirements.txt").write_text("sqlalchemy>=2")
    (tmp_path / "pyproject.toml").write_text('[tool.sqla-lint]\nsqlalchemy-version = "1.4"')
    assert load(tmp_path).versions == Versions(frozenset({"1.4"}))
    assert Config(tmp_path).versions == Versions(frozenset({"2.0", "2.1"}))
    for value, said in (('"two"', "no version"), ("2.0", "must be a string"), ('""', "no version")):
        (tmp_path / "pyproject.toml").write_text(f"[tool.sqla-lint]\nsqlalchemy-version = {value}")
        with pytest.raises(ConfigError, match=said) as error:
            load(tmp_path)
        assert "\n" not in str(error.value)


def test_linted_project_may_have_hostile_metadata(tmp_path: Path) -> None:
    """A project whose metadata is broken is linted all the same."""
    lint(tmp_path, {"setup.py": "x = 1\n", "requirements.txt": "sqlalchemy==\x1b[31m"})
