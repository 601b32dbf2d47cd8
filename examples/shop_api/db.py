"""Engine and sessions."""

from __future__ import annotations

import os

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ.get("SHOP_DATABASE", "sqlite:///shop.db"))
SessionLocal = sessionmaker(engine)


def open_session() -> Session:
    """Return a new session; whoever calls this closes it."""
    return SessionLocal()
