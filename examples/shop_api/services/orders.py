"""Orders are sent, and sent again."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop_api.models import Order, Shipment


def restart(session: Session, shipment: Shipment, carrier: str) -> None:
    session.delete(shipment)
    again = Shipment(order_id=shipment.order_id, carrier=carrier)
    session.add(again)
    session.commit()


def restart_properly(session: Session, shipment: Shipment, carrier: str) -> None:
    order_id = shipment.order_id
    session.delete(shipment)
    session.flush()
    session.add(Shipment(order_id=order_id, carrier=carrier))
    session.commit()


def send_all(session: Session, orders: list[Order], carrier: str) -> list[int]:
    failed = []
    for order in orders:
        order_id = order.id
        try:
            session.add(Shipment(order_id=order_id, carrier=carrier))
            session.commit()
        except IntegrityError:
            session.rollback()
            failed.append(order_id)
    return failed
