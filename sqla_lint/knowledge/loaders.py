"""Loader strategies: which make a later read free, which raise, and how options spell them.

Facts: https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
"""

from __future__ import annotations

# Option functions and methods -> strategy; "" keeps the strategy of the mapping and only carries options below it.
OPTIONS: dict[str, str] = {
    "contains_eager": "joined",
    "defaultload": "",
    "eagerload": "joined",
    "immediateload": "immediate",
    "joinedload": "joined",
    "joinedload_all": "joined",
    "lazyload": "select",
    "noload": "noload",
    "raiseload": "raise",
    "selectin_polymorphic": "",
    "selectinload": "selectin",
    "subqueryload": "subquery",
    "subqueryload_all": "subquery",
}
# What asks for a strategy, told apart from what says something of columns.
SPELT = {
    "immediate": "immediateload()", "joined": "a join", "noload": "noload()", "raise": "raiseload()",
    "raise_on_sql": "raiseload()", "select": "lazyload()", "selectin": "selectinload()", "subquery": "subqueryload()",
}  # fmt: skip
# Those that give their strategy to each step of a path given to one call; the others to the last alone.
ALONG = frozenset({"contains_eager", "joinedload_all", "subqueryload_all"})
EAGER = frozenset({"joined", "selectin", "subquery", "immediate"})
# Those that send, or join, something for it; an inner join drops rows as well, and has a second argument.
LOADING = frozenset({"immediateload", "joinedload", "selectinload", "subqueryload"})
# Options of columns and criteria: they say nothing of what is loaded of relationships, but may be chained.
COLUMN_OPTIONS = frozenset(
    {"load_only", "defer", "undefer", "undefer_group", "with_expression", "with_loader_criteria"}
)
# Those that are given attributes, by their names as texts before 2.0.
NAMING = (frozenset(OPTIONS) | {"load_only", "defer", "undefer"}) - {
    "eagerload", "joinedload_all", "selectin_polymorphic", "subqueryload_all"
}  # fmt: skip
HOMES = ("sqlalchemy.orm.", "sqlalchemy.orm.strategy_options.", "sqlmodel.")

# `lazy=` as written -> strategy.
LAZY: dict[str | bool | None, str] = {
    "dynamic": "dynamic",
    "immediate": "immediate",
    "joined": "joined",
    "noload": "noload",
    "raise": "raise",
    "raise_on_sql": "raise_on_sql",
    "select": "select",
    "selectin": "selectin",
    "subquery": "subquery",
    "write_only": "write_only",
    True: "select",
    False: "joined",
    None: "noload",
}
# With these a read sends nothing: the rows came with the statement, or never will.
FREE = frozenset({"joined", "selectin", "subquery", "immediate", "noload"})
# With these a read is something else than a load: an exception, or a query object.
RAISING = frozenset({"raise", "raise_on_sql"})
# The option that sets a relationship to raise, and the keyword by which others set columns to.
RAISES = "raiseload"
NOT_A_LOAD = frozenset({"raise", "raise_on_sql", "dynamic", "write_only"})
