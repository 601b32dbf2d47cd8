"""Routes for the people behind the counter."""

from __future__ import annotations

from fastapi import APIRouter

from shop_api.deps import OrdersDep, ProductsDep, SessionDep
from shop_api.schemas import ProductIn
from shop_api.services import catalogue, coupons, reports

router = APIRouter(prefix="/admin")


@router.post("/products")
def import_products(items: list[ProductIn], products: ProductsDep) -> int:
    return catalogue.import_products(products, items)


@router.put("/coupons/{code}")
def put_coupon(code: str, percent: int, session: SessionDep) -> int:
    return coupons.replace(session, code, percent).id


@router.get("/reports/stock")
def stock() -> dict[str, int]:
    return {"value": reports.stock_value(), "size": reports.stock_size()}


@router.get("/reports/sales")
def sales(orders: OrdersDep) -> dict[str, int]:
    return dict(reports.best_sellers(orders))
