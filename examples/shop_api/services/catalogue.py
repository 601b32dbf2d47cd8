"""Products come in and change their prices."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop_api.models import Product
from shop_api.repositories import Products
from shop_api.schemas import ProductIn

CHUNK = 500


def import_products(products: Products, items: list[ProductIn]) -> int:
    for item in items:
        product = Product(sku=item.sku, name=item.name, price=item.price)
        products.save(product)
    return len(items)


def import_many_products(products: Products, items: list[ProductIn]) -> int:
    for number, item in enumerate(items, start=1):
        products.stage(Product(sku=item.sku, name=item.name, price=item.price))
        if number % CHUNK == 0:
            products.session.commit()
    products.session.commit()
    return len(items)


def raise_prices(session: Session, percent: int) -> None:
    for product in session.scalars(select(Product)):
        product.price += product.price * percent // 100
    session.commit()
