"""Columns: the types whose values change in place, what annotations stand for, and which defaults differ each time.

Facts: https://docs.sqlalchemy.org/en/20/core/metadata.html and
https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html
"""

from __future__ import annotations

# Types whose values are changed in place, which only a wrapper of `sqlalchemy.ext.mutable` notices.
IN_PLACE = frozenset({"ARRAY", "HSTORE", "JSON", "JSONB", "PickleType"})
# Wrappers that notice what is done to a container itself, and not what is done to those within it.
SHALLOW = frozenset({"sqlalchemy.ext.mutable.MutableDict", "sqlalchemy.ext.mutable.MutableList"})
# Methods of `Mutable` that have changes noticed in all columns of a type, or in one that is named.
TRACKING = frozenset({"associate_with", "associate_with_attribute"})
# Methods that change a list, a dict or a set in place.
CHANGING = frozenset(
    {
        "add", "append", "clear", "difference_update", "discard", "extend", "insert", "intersection_update", "pop",
        "popitem", "remove", "reverse", "setdefault", "sort", "symmetric_difference_update", "update",
    }
)  # fmt: skip
# Functions that tell a session of a change, or set an attribute, by a name among their arguments.
FLAGGING = frozenset({"flag_dirty", "flag_modified", "set_attribute", "setattr"})
INTEGERS = frozenset({"BIGINT", "BigInteger", "INTEGER", "Integer", "SMALLINT", "SmallInteger"})
NUMBERS = INTEGERS | {"DECIMAL", "Double", "FLOAT", "Float", "NUMERIC", "Numeric", "REAL"}
# What SQLAlchemy takes an annotation for unless a base says otherwise.
BY_ANNOTATION = {
    "Decimal": "Numeric", "UUID": "Uuid", "bool": "Boolean", "bytes": "LargeBinary", "date": "Date",
    "datetime": "DateTime", "float": "Float", "int": "Integer", "str": "String", "time": "Time",
    "timedelta": "Interval",
}  # fmt: skip
# Arguments of a column that are no types.
SCHEMA_ITEMS = frozenset({"CheckConstraint", "Computed", "FetchedValue", "ForeignKey", "Identity", "Sequence"})
# Those of them by which the database gives the value.
GENERATING = frozenset({"Computed", "FetchedValue", "Identity", "Sequence"})
# Calls that give something else each time: where one stands for a default all rows get that of the import.
VARYING = frozenset(
    {
        "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow",
        "os.urandom", "random.choice", "random.randint", "random.random", "secrets.token_bytes", "secrets.token_hex",
        "secrets.token_urlsafe", "time.time", "time.time_ns", "uuid.uuid1", "uuid.uuid4",
    }
)  # fmt: skip
# Constructors of containers: the one that they make is shared by all rows.
CONTAINERS = frozenset({"builtins.dict", "builtins.list", "builtins.set", "collections.OrderedDict"})
