"""What goes over the wire."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel


class LineOut(BaseModel):
    product: str
    quantity: int


class OrderOut(BaseModel):
    id: int
    placed: date
    lines: list[LineOut]

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)


class CustomerOut(BaseModel):
    name: str
    orders: int


class ProductIn(BaseModel):
    sku: str
    name: str
    price: int
