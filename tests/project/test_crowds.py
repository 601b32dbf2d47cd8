"""Which classes are one of very many that derive from the one that has a method."""

from __future__ import annotations

import pytest

from sqla_lint.project.crowds import Crowds
from sqla_lint.project.grounds import OneOfMany
from tests.flow.cases import Case

BASE = """from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Mapper(DeclarativeBase):
    pass


class Order(Mapper):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)


class Resource:
    def store(self):
        return self.kind


class Small:
    def store(self):
        return None


class Other(Small):
    kind = "other"


class OfOrders(Resource):
    models = {"order": Order}


class Derived(OfOrders):
    kind = "derived"
"""
MANY = "\n".join(f"class Resource{number}(Resource):\n    kind = {number}\n" for number in range(70))


@pytest.mark.parametrize(
    ("method", "this", "one_of_many"),
    [
        ("Resource.store", "Resource7", True),
        ("Resource.store", "OfOrders", False),
        ("Resource.store", "Derived", False),
        ("Resource.store", "Order", False),
        ("Small.store", "Other", False),
    ],
)
def test_one_of_many(method: str, this: str, one_of_many: bool) -> None:
    """A class that names a mapped one, by itself or above, is a case of its own; few classes always are."""
    crowds = Crowds(Case("many", f"{BASE}\n\n{MANY}").project.classes)
    assert crowds.answer(OneOfMany(f"main:{method}", f"main:{this}")) is one_of_many
