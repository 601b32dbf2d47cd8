"""What the routes depend on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from shop_api.db import SessionLocal
from shop_api.repositories import Orders, Products


def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_orders(session: SessionDep) -> Orders:
    return Orders(session)


def get_products(session: SessionDep) -> Products:
    return Products(session)


OrdersDep = Annotated[Orders, Depends(get_orders)]
ProductsDep = Annotated[Products, Depends(get_products)]
