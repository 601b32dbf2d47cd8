"""Calls into the standard library and the outside world, as far as they matter to a session."""

from __future__ import annotations

# Functions that give back what they are given, element by element: name -> index of the iterable.
SAME_ELEMENTS = {
    **dict.fromkeys((f"builtins.{name}" for name in ("list", "tuple", "set", "sorted", "reversed", "frozenset",
                                                     "iter", "aiter")), 0),
    **dict.fromkeys((f"itertools.{name}" for name in ("islice", "cycle", "compress")), 0),
    **dict.fromkeys((f"itertools.{name}" for name in ("takewhile", "dropwhile", "filterfalse")), 1),
    "concurrent.futures.as_completed": 0,
    "builtins.filter": 1, "collections.deque": 0, "heapq.nlargest": 1, "heapq.nsmallest": 1, "random.sample": 0,
}  # fmt: skip
ONE_ELEMENT = frozenset({"builtins.next", "builtins.anext", "builtins.min", "builtins.max", "random.choice"})
# Those that give tuples: one item of each argument, or two items of the one.
TUPLES = frozenset({"builtins.zip", "itertools.zip_longest", "itertools.product"})
PAIRS = frozenset({"itertools.pairwise", "itertools.combinations", "itertools.permutations"})
# Those that call a function once per item: name -> its position (None: only as `key=`), and that of the iterable.
PER_ITEM: dict[str, tuple[int | None, int]] = {
    "builtins.filter": (0, 1), "builtins.map": (0, 1), "builtins.max": (None, 0), "builtins.min": (None, 0),
    "builtins.sorted": (None, 0), "heapq.nlargest": (None, 1), "heapq.nsmallest": (None, 1),
    "itertools.dropwhile": (0, 1), "itertools.filterfalse": (0, 1), "itertools.groupby": (1, 0),
    "itertools.starmap": (0, 1), "itertools.takewhile": (0, 1),
}  # fmt: skip
# Functions that execute a statement for one page of its rows; the name of those that are awaited, whatever they get.
PAGINATING = frozenset(
    f"fastapi_pagination.{home}{name}"
    for home in ("", "ext.sqlalchemy.", "ext.sqlmodel.", "ext.async_sqlalchemy.", "ext.async_sqlmodel.")
    for name in ("apaginate", "paginate")
)
PAGINATING_AWAITED = "apaginate"
CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
# Those that await what they are given.
AWAITING = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.gather", "asyncio.run",
                      "asyncio.shield", "asyncio.wait_for"})  # fmt: skip

# Top-level modules whose calls leave the process: a transaction per item is then often meant.
OUTSIDE = frozenset(
    {
        "aiobotocore", "aiofiles", "aiohttp", "aiosmtplib", "anthropic", "boto3", "botocore", "docker",
        "dramatiq", "ftplib", "google", "grpc", "httpx", "huey", "kafka", "kombu", "kubernetes", "openai", "paramiko",
        "pika", "requests", "rq", "shutil", "smtplib", "socket", "subprocess", "urllib", "urllib3", "xmlrpc",
    }
)  # fmt: skip
# What belongs to such a module and stays in the process.
INSIDE = ("urllib.parse.",)
OUTSIDE_CALLS = frozenset({"time.sleep", "asyncio.sleep", "os.remove", "os.unlink", "os.rename", "os.system"})
ENDLESS = frozenset({"itertools.count", "itertools.repeat", "itertools.cycle"})
NEVER_RETURN = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit", "flask.abort", "os.abort",
                          "werkzeug.exceptions.abort"})  # fmt: skip
# What is raised to answer a question, a missing key say; catching anything else deals with a failure.
ANSWERS = frozenset({"AttributeError", "ImportError", "IndexError", "KeyError", "LookupError", "ModuleNotFoundError",
                     "StopAsyncIteration", "StopIteration", "TypeError", "ValueError"})  # fmt: skip
ANSWERING = ("DoesNotExist", "NotFound", "NoResultFound")
CANNOT_RAISE = frozenset(
    {"isinstance", "len", "str", "repr", "bool", "print", "list", "dict", "set", "tuple", "range", "enumerate", "zip",
     "id", "type", "hasattr", "callable", "super"}
)  # fmt: skip
# Decorators that make a method read as an attribute.
MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
CACHED_PROPERTIES = frozenset({"cached_property", "memoized_property", "reify"})
# Decorators that keep what a function gave, by their names and by words in them.
CACHING = frozenset({"alru_cache", "cache", "cache_on_arguments", "cached", "lru_cache", "ttl_cache"})
MEMOIZING = ("memoize", "memoise")
PROPERTIES = CACHED_PROPERTIES | {"property", "hybrid_property"}
# Decorators that leave it to the function itself whether a call returns; others may run something else.
KEEPS_ENDING = PROPERTIES | {
    "abstractmethod", "asynccontextmanager", "cache", "cached", "classmethod", "contextmanager", "declared_attr",
    "final", "fixture", "lru_cache", "override", "staticmethod", "wraps",
}  # fmt: skip
# Methods whose decorators make a function answer requests, and decorators that make it a task of a queue.
ROUTES = frozenset({"api_route", "delete", "get", "head", "options", "patch", "post", "put", "route", "websocket"})
TASKS = frozenset({"actor", "periodic_task", "shared_task", "task"})
# What gives requests a method of their own, and what has something done when they are over.
REQUEST_METHODS = frozenset({"add_request_method", "set_request_property"})
ENDING_REQUESTS = frozenset({"add_finished_callback", "add_response_callback", "add_tween", "add_view_deriver"})
CHUNK_WORDS = ("chunk", "batch", "page", "partition", "block", "slice")
RETRY_WORDS = ("retry", "retries", "attempt", "tries", "try_")
# Methods of loggers.
LOGGING = frozenset({"critical", "debug", "error", "exception", "info", "log", "warn", "warning"})
# Methods of the builtin containers, of texts and of loggers, none of which writes to a database.
QUIET = (
    frozenset(name for kind in (dict, list, set, str, bytes) for name in dir(kind)) - {"remove"}
    | LOGGING - {"log"}
    | {"isoformat", "strftime", "timestamp", "total_seconds"}
)


def answers(exception: str) -> bool:
    """Whether an exception of this name answers a question: catching it is one of the usual ways on."""
    return exception in ANSWERS or exception.endswith(ANSWERING)


# Of these modules the functions that do not come back before somebody else has answered.
_WAITING = frozenset({"aiohttp", "aiosmtplib", "anthropic", "boto3", "ftplib", "httpx", "openai", "paramiko",
                      "requests", "smtplib", "subprocess", "urllib", "urllib3"})  # fmt: skip
_ANSWERED = frozenset({"call", "check_call", "check_output", "create", "delete", "exec_command", "get", "head", "patch",
                       "post", "put", "request", "run", "send", "send_message", "sendmail", "urlopen"})  # fmt: skip
_SLEEPING = frozenset({"asyncio.sleep", "os.system", "time.sleep"})


def waits(dotted: str) -> bool:
    """Whether calling a library name waits until another process answers, or for some time."""
    head, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
    return dotted in _SLEEPING or head in _WAITING and last in _ANSWERED


def leaves_process(dotted: str) -> bool:
    """Whether calling a library name talks to the outside world."""
    return dotted in OUTSIDE_CALLS or dotted.partition(".")[0] in OUTSIDE and not dotted.startswith(INSIDE)
