"""Routes to customers."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from shop_api.deps import SessionDep
from shop_api.models import Customer
from shop_api.schemas import CustomerOut

router = APIRouter(prefix="/customers")


@router.get("/")
def list_customers(session: SessionDep) -> list[CustomerOut]:
    customers = session.scalars(select(Customer).order_by(Customer.name)).all()
    return [CustomerOut(name=customer.name, orders=customer.order_count) for customer in customers]


@router.get("/busy")
def busy_customers(session: SessionDep) -> list[str]:
    customers = session.scalars(select(Customer).options(selectinload(Customer.orders)))
    return [customer.name for customer in customers if customer.order_count > 10]
