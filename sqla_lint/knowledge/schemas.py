"""Models that are filled from the attributes of other objects: pydantic's and SQLModel's, as FastAPI uses them."""

from __future__ import annotations

BASES = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"})
# Class methods that read a model's fields of the object they are given.
READING = frozenset({"from_orm", "model_validate", "parse_obj", "validate"})
# What makes them of any type, and its method that does; those that dump make text of models alone.
ADAPTERS, VALIDATE = frozenset({"pydantic.TypeAdapter", "pydantic.type_adapter.TypeAdapter"}), "validate_python"
# Options of a model's `Config` or `model_config` that allow it.
FROM_ATTRIBUTES = frozenset({"from_attributes", "orm_mode"})
# Validators that may turn the object into something else before its fields are read.
BEFORE = frozenset({"model_validator", "root_validator"})
# What leads to the value of a field, attribute by attribute.
ALIAS_PATH = "AliasPath"
# Decorators that make a function a route, whose result is read by its response model.
ROUTES = frozenset({"api_route", "delete", "get", "patch", "post", "put"})
SEQUENCES = frozenset({"FrozenSet", "Iterable", "List", "Sequence", "Set", "frozenset", "list", "set"})
# A library's models of a page of something, which stands in their field `items`.
PAGES, PAGE_ITEMS = ("fastapi_pagination.", "Page"), "items"
TRANSPARENT = frozenset({"Annotated", "Optional", "Required", "Union"})
