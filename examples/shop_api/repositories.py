"""Queries and saves, one class per kind of thing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from shop_api.models import Order, OrderLine, Product


class Orders:
    def __init__(self, session: Session) -> None:
        self.session = session

    def open(self) -> Sequence[Order]:
        return self.session.scalars(select(Order).where(Order.status == "new").order_by(Order.placed)).all()

    def of_customer(self, customer_id: int) -> Sequence[Order]:
        loaded = selectinload(Order.lines).joinedload(OrderLine.product)
        return self.session.scalars(select(Order).where(Order.customer_id == customer_id).options(loaded)).all()

    def with_lines(self) -> Sequence[Order]:
        return self.session.scalars(select(Order).options(selectinload(Order.lines))).all()


class Products:
    def __init__(self, session: Session) -> None:
        self.session = session

    def by_sku(self, sku: str) -> Product | None:
        return self.session.scalars(select(Product).where(Product.sku == sku)).one_or_none()

    def save(self, product: Product) -> Product:
        self.session.add(product)
        self.session.commit()
        return product

    def stage(self, product: Product) -> Product:
        self.session.add(product)
        return product
