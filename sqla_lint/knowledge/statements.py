"""Statements, queries and results: what each method does to the rows.

Facts: https://docs.sqlalchemy.org/en/20/orm/queryguide/index.html and
https://docs.sqlalchemy.org/en/20/core/connections.html#sqlalchemy.engine.Result
"""

from __future__ import annotations

SELECTS = frozenset(
    {"sqlalchemy.select", "sqlalchemy.sql.select", "sqlalchemy.future.select", "sqlmodel.select",
     "sqlmodel.sql.expression.select", "sqlalchemy.sql.expression.select"}
)  # fmt: skip
DML = {
    f"{home}.{kind}": kind
    for home in ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlalchemy.orm", "sqlmodel")
    for kind in ("insert", "update", "delete")
} | {"sqlalchemy.dialects.postgresql.insert": "insert", "sqlalchemy.dialects.sqlite.insert": "insert",
     "sqlalchemy.dialects.mysql.insert": "insert"}  # fmt: skip
TEXTS = frozenset({"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "sqlmodel.text"})

# How annotations name statements of rows.
TYPES = frozenset({"Query", "Select", "SelectBase", "SelectOfScalar"})
# The kinds of statements that change rows.
WRITING = frozenset({"delete", "insert", "update"})

# Methods that return the statement itself, changed.
GENERATIVE = frozenset(
    {
        "correlate", "cte", "distinct", "enable_assertions", "enable_eagerloads", "except_",
        "execution_options", "filter", "filter_by", "from_statement", "group_by", "having", "intersect", "join",
        "join_from", "outerjoin", "outerjoin_from", "limit", "offset", "options", "order_by", "params",
        "populate_existing", "prefix_with", "reset_joinpoint", "returning", "select_from", "select_entity_from",
        "slice", "union", "union_all", "where", "with_for_update", "with_hint", "with_lockmode", "with_session",
        "with_statement_hint", "yield_per", "autoflush", "values", "on_conflict_do_nothing", "on_conflict_do_update",
        "with_labels", "set_label_style", "suffix_with", "from_self", "unique", "merge_result", "with_parent",
        "with_transformation",
    }
)  # fmt: skip
# Those that say how many rows there are, in which order and joined to what, and those after which nobody can tell.
SHAPING = frozenset({"contains_eager", "distinct", "enable_eagerloads", "execution_options", "group_by", "having",
                     "join", "join_from", "joinedload", "limit", "offset", "order_by", "outerjoin", "outerjoin_from",
                     "select_from", "slice", "with_for_update", "yield_per"})  # fmt: skip
# Those that say which rows are wanted, and in which order.
SORTING = frozenset({"filter", "group_by", "having", "order_by", "where"})
COMBINING = frozenset({"cte", "except_", "from_self", "from_statement", "intersect", "merge_result",
                       "select_entity_from", "union", "union_all", "with_transformation"})  # fmt: skip
# Those that ask for more columns or entities.
ADDING = frozenset({"add_column", "add_columns", "add_entity"})
# Those that leave the loader options and the entities as they are.
PASSED_ON = GENERATIVE - {"options", "select_from", "unique", "values", "from_self"}
FILTERING = frozenset({"distinct", "filter", "filter_by", "having", "join", "outerjoin", "select_from", "where",
                       "with_parent"})  # fmt: skip

# Methods of a Query (or of a dynamic relationship) that execute it.
QUERY_MANY = frozenset({"all"})
QUERY_ONE = frozenset({"first", "one", "one_or_none", "get", "first_or_404", "get_or_404", "one_or_404", "scalar_one"})
QUERY_ROWS = QUERY_MANY | QUERY_ONE | {"paginate", "scalar", "scalars"}
# The option by which an UPDATE or DELETE of many rows tells the session's objects of it, or does not.
SYNCHRONIZE = "synchronize_session"
QUERY_SENDS = frozenset({"all", "first", "one", "one_or_none", "get", "count", "scalar", "delete", "update",
                         "first_or_404", "get_or_404", "paginate"})  # fmt: skip

# Those that take criteria, each of which has to hold.
NARROWING = frozenset({"filter", "filter_by", "where"})
# Methods of a session, or of a Query, that find a row by its primary key.
QUERY_GETS = frozenset({"get", "get_one", "get_or_404"})

RESULT_SAME = frozenset({"unique", "yield_per", "tuples", "execution_options"})
RESULT_MANY = frozenset({"all", "fetchall", "fetchmany", "partitions"})
# Methods of a row that give it as a tuple, or as a dict.
ROW_METHODS = frozenset({"_asdict", "_tuple", "tuple"})
RESULT_ONE = frozenset({"first", "one", "one_or_none", "fetchone"})
RESULT_SCALAR = frozenset({"scalar", "scalar_one", "scalar_one_or_none"})
TAKING = RESULT_MANY | RESULT_ONE | RESULT_SCALAR

# Methods of a column that compare it.
COMPARING = frozenset({"between", "contains", "endswith", "ilike", "in_", "is_", "is_distinct_from", "is_not",
                       "is_not_distinct_from", "isnot", "like", "match", "not_ilike", "not_in", "not_like",
                       "notilike", "notin_", "notlike", "regexp_match", "startswith"})  # fmt: skip
# Methods and functions that make criteria, or columns, of their arguments.
TAKING_CRITERIA = frozenset({"and_", "any", "case", "exists", "filter", "filter_by", "has", "having", "join", "not_",
                             "or_", "outerjoin", "query", "select", "where"})  # fmt: skip

# Methods that load every row, or count them all; those of a Query or of a Result, and of a Query alone.
LOADING_ALL = frozenset({"all", "fetchall", "count"})
# Builtins that load every row of what they are given, as `all()` does.
LISTING = frozenset({"list", "tuple"})
# Calls that give a statement or a Result, of which only the names are known: their truth tells nothing of any rows.
GIVING_TRUE = GENERATIVE | ADDING | {"exec", "execute", "mappings", "query", "scalars", "select", "with_entities",
                                     "with_only_columns"}  # fmt: skip
