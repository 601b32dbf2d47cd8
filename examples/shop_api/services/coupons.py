"""Coupons are handed out, replaced and withdrawn."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop_api.models import Coupon


def find(session: Session, code: str) -> Coupon | None:
    return session.scalars(select(Coupon).where(Coupon.code == code)).one_or_none()


def replace(session: Session, code: str, percent: int) -> Coupon:
    existing = find(session, code)
    if existing is not None:
        session.delete(existing)
    coupon = Coupon(code=code, percent=percent)
    session.add(coupon)
    session.commit()
    return coupon


def change(session: Session, code: str, percent: int) -> Coupon:
    coupon = find(session, code)
    if coupon is None:
        coupon = Coupon(code=code, percent=percent)
        session.add(coupon)
    coupon.percent = percent
    session.commit()
    return coupon


def reset(session: Session, code: str, percent: int) -> None:
    session.execute(delete(Coupon).where(Coupon.code == code))
    session.add(Coupon(code=code, percent=percent))
    session.commit()
