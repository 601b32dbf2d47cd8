"""What is only told where the project surely runs on SQLAlchemy 2.0: by what it says, or by what it imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.lint import lint

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import {base}, joinedload, relationship
class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    lines = relationship("Line")
class Line(Base):
    __tablename__ = "line"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
def by_name(session):
    return session.query(Order).options(joinedload("lines")).all()
"""
OLD = MODELS.format(base="declarative_base").replace("class Order", "Base = declarative_base()\nclass Order")
NEW = MODELS.format(base="DeclarativeBase").replace("class Order", "class Base(DeclarativeBase): pass\nclass Order")


@pytest.mark.parametrize(
    ("text", "version", "found"),
    [(OLD, "", 0), (OLD, "<2", 0), (OLD, ">=1.4", 0), (OLD, ">=2.0", 1), (NEW, "", 1), (NEW, ">=1.4", 0)],
)
def test_string_loader_option(tmp_path: Path, text: str, version: str, found: int) -> None:
    """Before 2.0 a loader option takes names, so that nothing is told where nobody says which it is."""
    codes = [one.code for one in lint(tmp_path, {"models.py": text}, rule="string-loader-option", version=version)]
    assert codes == ["ORM407"] * found
