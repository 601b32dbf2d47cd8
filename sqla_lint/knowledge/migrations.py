"""Alembic's operations as tables. Source: Alembic's operation reference and cookbook."""

from __future__ import annotations

import re

OP = "alembic.op"
BATCH = f"{OP}.batch_alter_table"

# How the functions that Alembic calls begin; what a helper of theirs does depends on what was done before its call.
REVISING = ("upgrade", "downgrade")
# What rules are told of, by the name of the method; those of a batch are called the same.
OPERATIONS = frozenset(
    {"add_column", "alter_column", "create_check_constraint", "create_foreign_key", "create_index",
     "create_unique_constraint", "drop_column", "drop_constraint", "drop_index", "drop_table", "execute"}
)  # fmt: skip
# Those that change tables, and some more that do.
SCHEMA = OPERATIONS - {"execute"} | {"create_primary_key", "create_table", "create_table_comment", "rename_table"}
# What SQLite has no statement for; a mere renaming of a column it can do.
ALTERING = frozenset({"alter_column", "create_check_constraint", "create_foreign_key", "create_unique_constraint",
                      "drop_constraint"})  # fmt: skip
RENAMING = frozenset({"existing_nullable", "existing_server_default", "existing_type", "new_column_name", "schema"})
# Those whose first argument is the table; of the others the table is the second one, or the keyword.
TABLE_FIRST = frozenset({"add_column", "alter_column", "create_table", "drop_column", "drop_table", "bulk_insert"})
TABLE_KEYWORDS = ("table_name", "source_table", "source")

COLUMN = frozenset({"sqlalchemy.Column", "sqlalchemy.schema.Column", "sqlalchemy.sql.schema.Column"})
# Parts of a column that fill it in rows which exist: SQLAlchemy's constructs, as arguments of `Column`.
FILLING = frozenset({"Computed", "DefaultClause", "FetchedValue", "Identity", "Sequence"})

# Calls that may write rows: a migration that makes one has thought of the data.
WRITES = frozenset(
    {"add", "add_all", "bulk_insert", "bulk_insert_mappings", "bulk_save_objects", "commit", "exec", "exec_driver_sql",
     "execute", "executemany", "flush", "merge"}
)  # fmt: skip
# Texts in a migration that take it out of Alembic's transaction.
OUT_OF_TRANSACTION = ("autocommit", "AUTOCOMMIT", "COMMIT", "isolation_level")
# The start of a database's URL, with the dialect and perhaps a driver. Of SQLite's only what begins a text counts:
# prose names it as an example.
URL = re.compile(r"\b(cockroachdb|mariadb|mssql|mysql|oracle|postgres|postgresql|sqlite)(?:\+\w+)?://")
# What SQLAlchemy has for one database alone: a type of it in a model or a revision exists nowhere else.
_DIALECT = re.compile(r"\bdialects(?:\.|\s+import\s+)(mssql|mysql|oracle|postgresql)\b")
# What SQLite cannot do, written outside a batch; in the place of a dialect it tells of such a revision.
_UNBATCHED = re.compile(r"\bop\.(?:alter_column|create_(?:check|foreign|unique)_\w+|drop_constraint)\(")
_BY_DATABASE = re.compile(r"sqlite|\b(?:dialect|engine)\.name\b", re.IGNORECASE)
UNBATCHED = "unbatched"
# So many of them can stand in a project on SQLite, whose next revisions would all fail.
MOST_UNBATCHED = 2
# Folders whose databases tell nothing of the one in production.
TESTS = frozenset({"tests", "test", "examples", "docs"})
# A test that names a dialect: what stands in such a function is meant for one database.
DIALECTS = ("dialect", "sqlite", "postgres", "mysql", "mariadb", "oracle", "mssql")


def databases_in(text: str) -> frozenset[str]:
    """The databases that the text of a file speaks of, by the dialects of their URLs and by what it imports of them.

    `UNBATCHED` in addition is a revision whose `upgrade` alters tables as SQLite cannot, whatever the database.
    """
    urls = URL.finditer(text) if "://" in text else ()
    found = {url[1] for url in urls if url[1] != "sqlite" or text[url.start() - 1 : url.start()] in ("'", '"')}
    found.update(_DIALECT.findall(text) if "dialects" in text else ())
    if "down_revision" in text and _UNBATCHED.search(text.partition("def downgrade")[0]):
        found |= set() if _BY_DATABASE.search(text) else {UNBATCHED}
    return frozenset(found)
