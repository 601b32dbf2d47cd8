"""What begins a session's transaction, what ends it, and what cannot be done between its end and that of its block.

Facts: https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
"""

from __future__ import annotations

# By the names of effects (`questions.Effect`): what raises in a block whose transaction was ended, what ends one, and
# what a transaction has surely begun after. A flush with nothing to write does neither.
USING = frozenset({"add", "begin", "commit", "delete", "sql"})
ENDING = frozenset({"close", "commit", "commit-block", "rollback"})
# What sends to the database what has changed until then.
FLUSHING = frozenset({"commit", "commit-block", "flush", "loads", "nested"})
# BEGUN is what a callee has done that ends in a transaction, SENT where it has sent a statement.
BEGUN, SENT = "begun", "sent"
BEGINNING = frozenset({"add", BEGUN, "delete", SENT, "sql"})
# What surely sends a statement, and what does where something waits to be written.
SENDING = frozenset({SENT, "loads", "sql"})
WRITING_OUT = frozenset({"flush", "nested"})
# What may commit all that was written before, or begins what commits it.
KEEPING = frozenset({"begin", "commit", "commit-block"})
# The names of the calls without which a body holds no event of that kind, but for what functions of the project do.
CALLED_BY: dict[str, frozenset[str]] = {
    "BegunTwice": frozenset({"begin"}),
    "UsedAfterEnd": frozenset({"begin", "begin_nested"}),
}
# Under these the later one of two writers of a row fails.
SERIALIZING = ("REPEATABLE READ", "SERIALIZABLE")
# How a project says that an engine or a connection commits each statement by itself.
AUTOCOMMIT = "AUTOCOMMIT"


def may_end(name: str) -> bool:
    """Whether a call into the unknown may end a transaction, by what it is called."""
    return any(word in name for word in ("clean", "close", "commit", "end", "finish", "remove", "reset", "rollback"))


def isolates(name: str) -> bool:
    """Whether a name speaks of locks on rows, or of the isolation of a transaction."""
    words = name.lower().split("_")
    return name == "with_for_update" or any(word.startswith(("isolation", "lock", "mutex")) for word in words)


# What hands the failures of all requests to a function.
HANDLING = ("exception_handler", "add_exception_handler", "errorhandler", "register_error_handler")
