"""What must be awaited, and what must not: methods of the asyncio extension's objects.

Facts: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

from __future__ import annotations

from sqla_lint.knowledge.sessions import ENGINE_MAKERS, METHODS
from sqla_lint.knowledge.statements import ADDING, GENERATIVE

# Methods of an AsyncSession that are plain calls. Those that must be awaited are in `sessions.METHODS`.
SESSION_PLAIN = frozenset({"add", "add_all", "expire", "expire_all", "expunge", "expunge_all", "get_async_bind",
                           "get_bind", "get_nested_transaction", "get_transaction", "identity_key",
                           "in_nested_transaction", "in_transaction", "is_modified", "object_session"})  # fmt: skip
# Methods of an AsyncResult that must be awaited; of a Result all are plain calls.
RESULT_COROUTINES = frozenset({"all", "close", "fetchall", "fetchmany", "fetchone", "first", "freeze", "one",
                               "one_or_none", "scalar", "scalar_one", "scalar_one_or_none"})  # fmt: skip
# Beside the session: what has methods that must be awaited, and plain ones; `begin` of an engine only a block enters.
CORE_COROUTINES = {
    "AsyncConnection": frozenset({"aclose", "close", "commit", "exec_driver_sql", "execute", "get_raw_connection",
                                  "invalidate", "rollback", "run_sync", "scalar", "scalars", "stream",
                                  "stream_scalars"}),
    "AsyncEngine": frozenset({"dispose", "raw_connection"}),
    "AsyncTransaction": frozenset({"close", "commit", "rollback"}),
}  # fmt: skip
CORE_PLAIN = {
    "AsyncConnection": frozenset({"get_nested_transaction", "get_transaction", "in_nested_transaction",
                                  "in_transaction"}),
    "AsyncEngine": frozenset({"begin", "clear_compiled_cache", "execution_options", "get_execution_options",
                              "update_execution_options"}),
    "AsyncTransaction": frozenset[str](),
}  # fmt: skip
_ENGINES = ENGINE_MAKERS | {"async_engine_from_config", "poolless"}
# What opens a transaction once it is awaited or entered.
BEGINNING = frozenset({"begin", "begin_nested"})
RESULT_PLAIN = frozenset({"columns", "keys", "mappings", "scalars", "tuples", "unique", "yield_per"})
# What any coroutine has: reading these of one is meant.
COROUTINE_ATTRIBUTES = frozenset({"__await__", "close", "cr_await", "cr_code", "cr_frame", "cr_running", "send",
                                  "throw"})  # fmt: skip
# Builtins that make nothing of a coroutine, but of what awaiting it gives.
TAKING_VALUES = frozenset(f"builtins.{name}" for name in ("abs", "bool", "dict", "enumerate", "float", "int", "len",
                                                          "max", "min", "round", "str", "sum"))  # fmt: skip
# Words of annotations of what may be awaited, or may be anything.
AWAITABLES = ("Any", "Awaitable", "Coroutine", "Future", "Generator", "Task", "object")
_SESSION_COROUTINES = frozenset(name for name, effect in METHODS.items() if effect.coroutine)
_CORE = frozenset[str]().union(*CORE_COROUTINES.values())
# What the events about calls that matter in asynchronous code speak of, and about values that are dropped anywhere.
ASYNCHRONOUS = frozenset({"AwaitedPlain", "CoroutineUsed", "ValueDropped"})
DROPPED = GENERATIVE | ADDING | {"merge"}
# The names of the calls without which there is no event of that kind, but for coroutine functions of the project.
CALLED_BY: dict[str, frozenset[str]] = {
    "ValueDropped": _SESSION_COROUTINES | RESULT_COROUTINES | _CORE | GENERATIVE | ADDING | {"merge"},
    "CoroutineUsed": _SESSION_COROUTINES | RESULT_COROUTINES | _CORE,
    "EngineMade": ENGINE_MAKERS,
    "LockedStale": frozenset({"with_for_update", "with_lockmode"}),
    "RegistryMade": frozenset({"async_scoped_session", "scoped_session"}),
    "Iterated": frozenset({"execute", "exec", "scalars", "stream", "stream_scalars"}),
    "RowReturned": frozenset({"execute", "stream"}),
    "RowRead": frozenset({"execute", "stream"}),
    "RowsKept": frozenset({"all", "fetchall"}),
    "StatementSent": frozenset(
        {"contains_eager", "execution_options", "limit", "offset", "paginate", "slice", "with_for_update", "yield_per"}
    ),
    "AwaitedPlain": (SESSION_PLAIN | RESULT_PLAIN | RESULT_COROUTINES).union(*CORE_PLAIN.values()),
}

# Those of them that speak of what a session was asked for.
OF_SESSION = frozenset({"Iterated", "RowRead", "RowReturned"})


def class_called(kind: str, registry: bool) -> str:
    """The class of a session, as messages name it."""
    if kind != "async":
        return "Session"
    return "async_scoped_session" if registry else "AsyncSession"


def core_class(dotted: str) -> str:
    """The class of the asyncio extension that a library's dotted name gives, sessions aside: "AsyncEngine" or ""."""
    home, _, last = dotted.rpartition(".")
    if not dotted.startswith("sqlalchemy.ext.asyncio."):
        return ""
    if last in BEGINNING:
        return "AsyncTransaction" if core_class(home) in ("AsyncConnection", "AsyncEngine") else ""
    if last == "connect":
        return "AsyncConnection" if core_class(home) == "AsyncEngine" else ""
    return last if last in CORE_COROUTINES else "AsyncEngine" if last in _ENGINES else ""


def core_coroutine(dotted: str, method: str) -> str:
    """A method of an engine, a connection or a transaction that must be awaited, with its class; else empty."""
    cls = core_class(dotted) if method in _CORE else ""
    return f"{cls}.{method}" if cls and method in CORE_COROUTINES[cls] else ""


def is_stream(call: str) -> bool:
    """Whether a call, by class and method, asks for rows that arrive while they are gone through."""
    return call.endswith((".stream", ".stream_scalars"))
