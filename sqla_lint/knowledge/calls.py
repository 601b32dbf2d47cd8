"""Calls into the standard library and the outside world, as far as they matter to a session."""

from __future__ import annotations

# Functions that give back what they are given, element by element: name -> index of the iterable.
SAME_ELEMENTS = {"list": 0, "tuple": 0, "set": 0, "sorted": 0, "reversed": 0, "frozenset": 0, "iter": 0, "filter": 1}
ONE_ELEMENT = frozenset({"next", "min", "max"})

# Top-level modules whose calls leave the process: a transaction per item is then often meant.
OUTSIDE = frozenset(
    {
        "aiobotocore", "aiofiles", "aiohttp", "aiosmtplib", "anthropic", "boto3", "botocore", "docker", "ftplib",
        "google", "grpc", "httpx", "kafka", "kombu", "kubernetes", "openai", "paramiko", "pika", "requests", "shutil",
        "smtplib", "socket", "subprocess", "urllib", "urllib3", "xmlrpc",
    }
)  # fmt: skip
OUTSIDE_CALLS = frozenset({"time.sleep", "asyncio.sleep", "os.remove", "os.unlink", "os.rename", "os.system"})
ENDLESS = frozenset({"itertools.count", "itertools.repeat", "itertools.cycle"})
NEVER_RETURN = frozenset({"sys.exit", "os._exit", "builtins.exit", "builtins.quit", "flask.abort", "os.abort",
                          "werkzeug.exceptions.abort"})  # fmt: skip
CANNOT_RAISE = frozenset(
    {"isinstance", "len", "str", "repr", "bool", "print", "list", "dict", "set", "tuple", "range", "enumerate", "zip",
     "id", "type", "hasattr", "callable", "super"}
)  # fmt: skip
CHUNK_WORDS = ("chunk", "batch", "page", "partition", "block", "slice")
RETRY_WORDS = ("retry", "retries", "attempt", "tries", "try_")
