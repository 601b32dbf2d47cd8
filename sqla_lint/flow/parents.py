"""The foreign key by which the rows of one side of a relationship name those of the other."""

from __future__ import annotations

from sqla_lint.flow.columns import Column
from sqla_lint.flow.questions import ClassInfo, Relationship


def naming_key(item: Relationship, info: ClassInfo, target: ClassInfo) -> Column | None:
    """The only column by which rows name their parent, along a relationship of `info` to `target`, if there is one.

    None as well where a row without its parent is deleted, or the relationship does not go by that column alone.
    """
    if item.viewonly or item.secondary or item.joins:
        return None
    if "delete-orphan" in item.cascade or item.passive_deletes == "all":
        return None
    if not item.collection:
        columns = [info.columns[key] for key in item.keys if key in info.columns]
        reverse = target.relationships.get(item.reverse)
        orphans = reverse is not None and "delete-orphan" in reverse.cascade
        return columns[0] if len(columns) == 1 and item.many_to_one and not orphans else None
    found = [
        column
        for column in target.columns.values()
        for key in column.foreign_keys
        if key.cls and (key.cls in info.lineage or info.id == key.cls)
    ]
    return found[0] if len(found) == 1 else None
