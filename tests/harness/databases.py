"""The databases an example can run on, each put back to the same rows before every call; used by the proof's child."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from typing import Protocol


class Database(Protocol):
    """Where the shop keeps its rows while an example runs."""

    def choose(self) -> None:
        """Let the shop, which is not imported yet, connect to this one."""

    def reset(self) -> None:
        """Bring back the rows that every example starts from."""


class SqliteFile:
    """`shop.db` in the current folder, a copy of `template`."""

    def __init__(self, template: Path) -> None:
        self.template = template

    def choose(self) -> None:
        """A file of that name is what the shop takes without being told."""

    def reset(self) -> None:
        """Put a fresh copy in the place of the old one."""
        importlib.import_module("shop.db").engine.dispose()
        fresh = Path("shop.db.new")
        shutil.copy(self.template, fresh)
        fresh.replace("shop.db")


class Server:
    """The database `shop` of the PostgreSQL server whose maintenance database is at `url`."""

    def __init__(self, url: str) -> None:
        import sqlalchemy

        self.url = sqlalchemy.engine.make_url(url)
        self.admin = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.pool.NullPool)

    def choose(self) -> None:
        """The shop reads its address from the environment."""
        os.environ["SHOP_DATABASE"] = self.url.set(database="shop").render_as_string(hide_password=False)

    def reset(self) -> None:
        """Copy the template database, which the first call on this server makes."""
        from sqlalchemy import text

        importlib.import_module("shop.db").engine.dispose()
        with self.admin.connect() as connection:
            if not connection.execute(text("SELECT 1 FROM pg_database WHERE datname = 'shop_template'")).scalar():
                connection.execute(text("CREATE DATABASE shop_template"))
                self._fill()
            connection.execute(text("DROP DATABASE IF EXISTS shop WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE shop TEMPLATE shop_template"))

    def _fill(self) -> None:
        import sqlalchemy
        from sqlalchemy import text

        engine = sqlalchemy.create_engine(self.url.set(database="shop_template"), poolclass=sqlalchemy.pool.NullPool)
        rows = importlib.import_module("shop.rows")
        rows.fill(engine)
        with engine.begin() as connection:
            for table, filled in rows.ROWS.items():
                if "id" in filled[0]:  # what the rows took, the sequence must not give again
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {len(filled)})"))
