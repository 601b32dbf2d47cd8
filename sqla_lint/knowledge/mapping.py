"""How classes are mapped: the libraries that do it, the words that declare, the bases and decorators that map.

Facts: https://docs.sqlalchemy.org/en/20/orm/mapping_styles.html and
https://docs.sqlalchemy.org/en/20/orm/declarative_styles.html
"""

from __future__ import annotations

# SQLAlchemy and what is built upon it, by the first parts of their dotted names.
FAMILY = frozenset(
    {
        "advanced_alchemy", "alchemical", "alembic", "fastapi_sqlalchemy", "fastapi_users",
        "fastapi_users_db_sqlalchemy",
        "flask_appbuilder", "flask_sqlalchemy", "flask_sqlalchemy_lite", "geoalchemy2", "invenio_db", "oslo_db",
        "quart_sqlalchemy", "sqlalchemy", "sqlmodel",
    }
)  # fmt: skip
_FAMILY_PREFIXES = ("sqlalchemy_", "litestar.plugins.sqlalchemy", "litestar.contrib.sqlalchemy")


def is_family(dotted_name: str) -> bool:
    """Whether a dotted name belongs to SQLAlchemy or to a library built upon it."""
    return dotted_name.partition(".")[0].removesuffix("()") in FAMILY or dotted_name.startswith(_FAMILY_PREFIXES)


RELATIONSHIPS = frozenset({"relationship", "Relationship", "relation", "dynamic_loader"})
# `cascade=` of a relationship: what it is unless said otherwise, and what `all` stands for.
CASCADE = frozenset({"save-update", "merge"})
ALL_CASCADES = CASCADE | {"delete", "expunge", "refresh-expire"}
COLUMNS = frozenset({"Column", "mapped_column", "Field", "deferred", "column_property", "synonym", "composite",
                     "query_expression"})  # fmt: skip
# What makes a relationship's collection a dict.
KEYED = frozenset({"KeyFuncDict", "MappedCollection", "attribute_keyed_dict", "attribute_mapped_collection",
                   "column_keyed_dict", "column_mapped_collection", "keyfunc_mapping",
                   "mapped_collection"})  # fmt: skip
# The names of the family that declarations are made of.
WORDS = RELATIONSHIPS | COLUMNS | {
    "AppenderQuery", "AssociationProxy", "DynamicMapped", "ForeignKey", "ForeignKeyConstraint", "Index",
    "InstrumentedList", "InstrumentedSet", "Mapped", "PrimaryKeyConstraint", "Query", "Result", "ScalarResult", "Table",
    "UniqueConstraint", "WriteOnlyMapped", "association_proxy", "backref", "declared_attr", "hybrid_property", "mapper",
} | KEYED  # fmt: skip
# What a class body says of its own accord; `Field` is pydantic's as well, and the others need a column.
TELLING = RELATIONSHIPS | {"Column", "mapped_column", "deferred", "column_property"}

BASES = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta", "Model", "as_declarative()", "automap_base()",
                   "declarative_base()", "generate_base()"})  # fmt: skip
# Libraries that bring bases of their own, all named so.
BASE_SUFFIXES = {"advanced_alchemy.base": "Base", "litestar.plugins.sqlalchemy.base": "Base"}
SQLMODEL = frozenset({"sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})
# Calls that make a base, with the keyword that names the classes it derives from.
MAKES_BASE = {"automap_base": "declarative_base", "declarative_base": "cls", "generate_base": "cls",
              "SQLAlchemy": "model_class"}  # fmt: skip
DECORATORS = frozenset({"as_declarative", "as_declarative_base", "mapped", "mapped_as_dataclass"})
# The base or decorator that makes a mapped class a dataclass.
DATACLASSES = frozenset({"MappedAsDataclass", "mapped_as_dataclass"})
# What makes columns unique and may stand outside of the table's arguments.
KEYS = frozenset({"Index", "UniqueConstraint"})
IMPERATIVE = frozenset({"map_imperatively", "mapper"})


def is_base(dotted_name: str) -> bool:
    """Whether what derives from it is mapped."""
    if not is_family(dotted_name):
        return False
    home, _, name = dotted_name.rpartition(".")
    return name in BASES or (home in BASE_SUFFIXES and name.endswith(BASE_SUFFIXES[home]))


# Methods of a collection by which rows leave it, and by which they come in; calls after which no key need name one.
CUTTING = frozenset({"clear", "discard", "pop", "remove"})
PUTTING = frozenset({"add", "append", "extend", "insert"})
RELEASING = frozenset({"delete", "expunge", "setattr"})
