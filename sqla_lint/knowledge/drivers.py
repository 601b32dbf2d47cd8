"""Drivers of databases, by the names they have in a URL: which of them an asynchronous engine can work with.

Source: the dialects that SQLAlchemy comes with.
"""

from __future__ import annotations

import re

from sqla_lint.knowledge.versions import Versions

# Drivers that are not asynchronous, on any generation, and the one to take instead.
_SYNCHRONOUS = {
    **dict.fromkeys(("psycopg2", "psycopg2cffi", "pg8000"), "asyncpg"),
    **dict.fromkeys(("pysqlite", "pysqlcipher"), "aiosqlite"),
    **dict.fromkeys(("mysqldb", "pymysql", "cymysql", "mysqlconnector"), "aiomysql"),
    "pymssql": "aioodbc", "pyodbc": "aioodbc", "cx_oracle": "oracledb",
}  # fmt: skip
# What a URL without a driver stands for.
_DEFAULTS = {"mariadb": "mysqldb", "mssql": "pyodbc", "mysql": "mysqldb", "sqlite": "pysqlite"}
_BEFORE_2_1 = {"oracle": "cx_oracle", "postgresql": "psycopg2"}
_URL = re.compile(r"^[fFrRuU]*[\"']{0,3}(\w+)(?:\+(\w+))?://")
_CREATED = re.compile(r"\bURL(?:\.create)?\(\s*(?:drivername\s*=\s*)?[\"'](\w+)(?:\+(\w+))?[\"']")


def synchronous(address: str, versions: Versions) -> tuple[str, str, str] | None:
    """The dialect and the driver of a URL, or of an expression that spells one, and the asynchronous driver instead.

    None where the driver is asynchronous, or not known, or depends on the generation of SQLAlchemy.
    """
    found = _URL.match(address) or _CREATED.search(address)
    if found is None:
        return None
    dialect, driver = found.groups()
    if driver is None:
        defaults = _DEFAULTS | _BEFORE_2_1 if versions.before("2.1") else _DEFAULTS
        driver = defaults.get(dialect, "")
    return (dialect, driver, _SYNCHRONOUS[driver]) if driver in _SYNCHRONOUS else None
