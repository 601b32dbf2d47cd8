"""What runs things at a time, in tasks or in threads, and what waits for them. Source: Python's library reference."""

from __future__ import annotations

# Functions that run the coroutines they are given at a time, by the last name of what is called.
TOGETHER = frozenset({"as_completed", "gather", "wait"})
# Those that start a task; it is given a coroutine.
STARTING_TASKS = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe"})
# Those that call a function in another thread, with the position of that function; `Thread` has it in `target`.
STARTING_THREADS = {"Thread": -1, "Timer": 1, "run_in_executor": 1, "submit": 0}
# Those that call it there once per item.
MAPPING_THREADS = frozenset({"imap", "imap_unordered", "map", "starmap"})
# Those of them that answer at once, with what has the list to be; and those that call a function with a tuple.
MAPPING_LATER = frozenset({"map_async", "starmap_async"})
MAPPING_STARRED = frozenset({"starmap", "starmap_async"})
# Those that call it with the tuple that stands behind it.
APPLYING = frozenset({"apply", "apply_async"})
# Those that give a coroutine, which calls it there.
AWAITED_THREADS = frozenset({"run_in_threadpool", "run_sync_in_worker_thread", "to_thread"})
IN_THREADS = frozenset({"anyio.to_thread.run_sync"})
# What makes a function another one: one that is awaited and runs in a thread, or one that waits for a coroutine.
TO_ASYNC, TO_SYNC = frozenset({"sync_to_async"}), frozenset({"async_to_sync"})
# Methods that wait until what was started has come to its end.
WAITING = frozenset({"as_completed", "done", "exception", "join", "result", "shutdown", "wait", "wait_for"})
# Words in the names of what lets in one at a time.
LOCKS = ("lock", "mutex")
# Words in the names of what runs threads, where nothing else says what it is.
POOLS = ("executor", "pool")
# What makes those, and the methods that say little without them.
MAKING_POOLS = frozenset({"ThreadPool", "ThreadPoolExecutor"})
# Those of processes: what they are given are copies.
MAKING_PROCESSES = frozenset({"Pool", "ProcessPoolExecutor"})
LOOPS = frozenset({"get_event_loop", "get_running_loop", "new_event_loop"})
POOLED = MAPPING_THREADS | {"submit", "wait"}
# Frameworks that answer many requests in one event loop.
SERVERS = frozenset({"aiohttp", "blacksheep", "fastapi", "litestar", "quart", "sanic", "starlette", "tornado"})
# The last names of those whose function's result comes back.
MAPPING = MAPPING_THREADS | MAPPING_LATER
CALLING = AWAITED_THREADS | MAPPING | APPLYING | {"run_in_executor", "run_sync", "submit"}
# The calls without which nothing is started.
STARTING = TOGETHER | STARTING_TASKS | STARTING_THREADS.keys() | MAPPING_THREADS | AWAITED_THREADS


def is_lock(chain: str) -> bool:
    """Whether the name of what a block enters says that it lets in one at a time."""
    return any(word in chain.rpartition(".")[2].lower() for word in LOCKS)
