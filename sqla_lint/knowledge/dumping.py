"""Marshmallow: schemas that read their fields of the objects they dump."""

from __future__ import annotations

PACKAGES = frozenset({"flask_marshmallow", "marshmallow", "marshmallow_sqlalchemy"})
BASES = frozenset({"ModelSchema", "SQLAlchemyAutoSchema", "SQLAlchemySchema", "Schema", "TableSchema"})
# An extension's object, whose attributes are the classes of the package.
EXTENSION = "Marshmallow"
# Methods of a schema that read its fields of what they are given.
DUMPS = frozenset({"dump", "dumps", "jsonify"})
# What may turn the object into something else before its fields are read.
HOOKS = frozenset({"pre_dump"})
READERS = frozenset({"get_attribute"})
# Fields that are what a function makes of the object: one that they are given, or a method of the schema.
FUNCTION, METHOD = "Function", "Method"
# Fields that read nothing that can be told.
COMPUTED = frozenset({"AbsoluteURLFor", "Constant", "Hyperlinks", "URLFor"})
