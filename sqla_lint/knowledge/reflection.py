"""Reflection upon mapped classes: what gives a mapper, and what of it goes through the relationships."""

from __future__ import annotations

from sqla_lint.knowledge.sessions import INSPECTIONS

# Functions that give a mapper, or a state that has one.
MAPPERS = INSPECTIONS | {
    "sqlalchemy.orm.class_mapper",
    "sqlalchemy.orm.object_mapper",
    "sqlalchemy.orm.base.class_mapper",
    "sqlalchemy.orm.base.object_mapper",
}
# Attributes of a mapper that hold all its relationships, some of them columns as well.
RELATIONAL = frozenset({"relationships", "attrs", "iterate_properties", "all_orm_descriptors"})
# What their methods give.
METHODS = {"keys": "keys", "values": "properties", "items": "items"}
# Steps of an access path that stand for every relationship, every collection, every single object of a row.
ALL, COLLECTIONS, SINGLE = "<all>", "<collections>", "<single>"
WALKS: dict[str, bool | None] = {ALL: None, COLLECTIONS: True, SINGLE: False}
# Stands, among the names that a function reads, for one that is worked out when it runs.
ANY_NAME = "*"

# The methods that make a text of an object, in the order in which they are looked for; how an f-string is noted; the
# builtins that call them.
TELLING = ("__str__", "__repr__")
TEXT = "?.__str__"
TELLERS = frozenset({"format", "print", "repr", "str"})
