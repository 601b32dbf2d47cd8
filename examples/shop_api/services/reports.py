"""Figures for those who like figures."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from shop_api.db import SessionLocal
from shop_api.models import Product
from shop_api.repositories import Orders


def stock_value() -> int:
    session = SessionLocal()
    products = session.scalars(select(Product).where(Product.stock > 0)).all()
    if not products:
        return 0
    value = sum(product.price * product.stock for product in products)
    session.close()
    return value


def stock_size() -> int:
    session = SessionLocal()
    try:
        return sum(session.scalars(select(Product.stock)))
    finally:
        session.close()


def best_sellers(orders: Orders) -> Counter[str]:
    sold: Counter[str] = Counter()
    for order in orders.with_lines():
        for line in order.lines:
            sold[line.product.name] += line.quantity
    return sold


def pieces_sold(orders: Orders) -> int:
    return sum(line.quantity for order in orders.with_lines() for line in order.lines)
