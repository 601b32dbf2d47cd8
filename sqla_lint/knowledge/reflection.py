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
FORMATTING = ("__format__", *TELLING)
TEXT = "?.__str__"
TELLERS = frozenset({"format", "print", "repr", "str"})
# Methods of loggers that make a text of their arguments wherever a program logs at all; `debug()` seldom does.
LOGGED = frozenset({"critical", "error", "exception", "info", "log", "warn", "warning"})
SHOWING = LOGGED | {"format"}
# The methods that operators, conditions and builtins call, each with what Python takes where a class has none.
COMPARED = {"==": ("__eq__",), "!=": ("__ne__", "__eq__"), "<": ("__lt__",), ">": ("__gt__",), "<=": ("__le__",),
            ">=": ("__ge__",)}  # fmt: skip
# What the other side is asked for where the first one has no such method.
REFLECTED = {"<": ("__gt__",), ">": ("__lt__",), "<=": ("__ge__",), ">=": ("__le__",)}
SOUGHT = ("__contains__", "__iter__")
TRUTH = ("__bool__", "__len__")
SORTED = ("__lt__",)
HASHED = ("__hash__",)
BUILTINS = {"len": ("__len__",), "bool": TRUTH, "int": ("__int__",), "float": ("__float__",), "hash": HASHED,
            "abs": ("__abs__",), "iter": ("__iter__",), "next": ("__next__",)}  # fmt: skip
SPECIAL = frozenset(
    {"__getitem__", *SOUGHT, *TRUTH, "__format__", *(name for names in COMPARED.values() for name in names)}
    | {name for names in BUILTINS.values() for name in names}
)  # fmt: skip
