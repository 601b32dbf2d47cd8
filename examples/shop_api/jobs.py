"""What runs at night."""

from __future__ import annotations

import time
from datetime import date, timedelta

from sqlalchemy import func, select

from shop_api.db import SessionLocal, open_session
from shop_api.models import Customer, Order


def close_old_orders(days: int = 30) -> None:
    with SessionLocal() as session:
        old = session.scalars(select(Order).where(Order.placed < date.today() - timedelta(days=days))).all()
        for order in old:
            order.status = "closed"
            session.commit()


def remind() -> list[str]:
    session = open_session()
    waiting = select(Customer.email).join(Customer.orders).where(Order.status == "new").distinct()
    return list(session.scalars(waiting))


def count_open() -> int:
    with open_session() as session:
        return session.scalar(select(func.count(Order.id)).where(Order.status == "new")) or 0


def run_forever(pause: float = 60.0) -> None:
    with SessionLocal() as session:
        while True:
            order = session.scalars(select(Order).where(Order.status == "paid").limit(1)).first()
            if order is not None:
                order.status = "packed"
            session.commit()
            time.sleep(pause)
