"""Routes to orders."""

from __future__ import annotations

from fastapi import APIRouter

from shop_api.deps import OrdersDep
from shop_api.models import Order
from shop_api.schemas import LineOut, OrderOut

router = APIRouter(prefix="/orders")


@router.get("/")
def list_orders(orders: OrdersDep) -> list[dict[str, int]]:
    summaries = []
    for order in orders.open():
        summaries.append({"id": order.id, "lines": len(order.lines)})
    return summaries


@router.get("/carriers")
def list_carriers(orders: OrdersDep) -> list[str]:
    return [order.shipment.carrier for order in orders.open() if order.shipment is not None]


@router.get("/of/{customer_id}")
def of_customer(customer_id: int, orders: OrdersDep) -> list[OrderOut]:
    found = [
        OrderOut(
            id=order.id,
            placed=order.placed,
            lines=[LineOut(product=line.product.name, quantity=line.quantity) for line in order.lines],
        )
        for order in orders.of_customer(customer_id)
    ]
    return [order for order in found if order.lines]


@router.get("/{order_id}")
def one_order(order_id: int, orders: OrdersDep) -> int:
    order = orders.session.get_one(Order, order_id)
    return sum(line.quantity for line in order.lines)
