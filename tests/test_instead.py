"""One defect, one line: a rule that says more speaks in the place of another, and only while it is on."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint import config, run
from sqla_lint.checks import RULES

CODE = """from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Town(Base):
    __tablename__ = "town"
    id: Mapped[int] = mapped_column(primary_key=True)


class House(Base):
    __tablename__ = "house"
    id: Mapped[int] = mapped_column(primary_key=True)
    town_id: Mapped[int] = mapped_column(ForeignKey("town.id"))
    town: Mapped[Town] = relationship()


def towns(session: Session) -> list[int]:
    return [house.town.id for house in session.query(House).join(House.town)]
"""


@pytest.mark.parametrize(
    ("settings", "code"),
    [("", "ORM408"), ('ignore = ["ORM408"]', "ORM401"), ('select = ["ORM401"]', "ORM401")],
    ids=["both on", "ignored", "not selected"],
)
def test_the_other_rule_speaks_where_this_one_is_off(tmp_path: Path, settings: str, code: str) -> None:
    """A loop over what a query joins is one finding, whichever rules are on."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.sqla-lint]\n{settings}\n")
    (tmp_path / "towns.py").write_text(CODE)
    found = run.check([tmp_path], config.load(tmp_path)).diagnostics
    assert [one.code for one in found] == [code]


SWALLOWED = """from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

Maker = sessionmaker()


def save(thing: object) -> None:
    with Maker.begin() as session:
        session.add(thing)
        try:
            session.commit()
        except SQLAlchemyError:
            pass
        session.flush()
        session.add(object())
"""


@pytest.mark.parametrize(
    ("settings", "code"), [("", "ORM205"), ('ignore = ["ORM205"]', "ORM207")], ids=["both on", "ignored"]
)
def test_what_stands_elsewhere_may_be_the_same(tmp_path: Path, settings: str, code: str) -> None:
    """A commit within a block that may be passed over when it fails is one finding, not one at the handler as well."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.sqla-lint]\n{settings}\n")
    (tmp_path / "things.py").write_text(SWALLOWED)
    found = run.check([tmp_path], config.load(tmp_path)).diagnostics
    assert [one.code for one in found] == [code]


def test_rules_speak_in_the_place_of_rules_that_exist() -> None:
    """A name that no rule has would leave both findings."""
    names = {rule.name for rule in RULES.values()}
    assert {rule.instead_of for rule in RULES.values()} <= names | {""}
