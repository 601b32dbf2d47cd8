"""Run examples under one generation of SQLAlchemy, each in a fork: `python -m tests.harness.proof_child`.

This side imports nothing but the standard library, SQLAlchemy, Alembic and the shop. Requests come as JSON lines on
the standard input (`{"text": ..., "file": ..., "server": ...}`, the last only for an example that needs PostgreSQL),
answers go as JSON lines to the standard output; the first line out tells the version. How an example is run is told in
`proof.py`.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import gc
import importlib
import inspect
import json
import linecache
import os
import signal
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from tests.harness.databases import Database, Server, SqliteFile

SECONDS = 30
FIXTURES = Path(__file__).parents[1] / "fixtures"
ROWS_OF = {"customer": "Customer", "order": "Order", "line": "OrderLine", "product": "Product", "coupon": "Coupon"}
VALUES: dict[str, Any] = {
    "order_id": 1,
    "customer_id": 1,
    "product_id": 1,
    "code": "SPRING",
    "codes": ["ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO"],
    "names": ["alpha", "bravo", "charlie", "delta", "echo"],
}


class Observer:
    """What happened while the example ran; every happening with the example's lines that were on the stack."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.statements: list[list[int]] = []
        self.commits: list[list[int]] = []
        self.warnings: list[dict[str, Any]] = []
        self.raised: list[dict[str, Any]] = []

    def lines(self) -> list[int]:
        """Return the example's lines on the stack, innermost first, across the greenlets of asyncio support."""
        return [frame.f_lineno for frame in _frames() if frame.f_code.co_filename == self.file]

    def listen(self) -> None:
        """Hook into every engine, and into the warnings."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "before_cursor_execute", lambda *_: self.statements.append(self.lines()))
        event.listen(Engine, "commit", lambda _: self.commits.append(self.lines()))
        warnings.simplefilter("always")
        warnings.showwarning = self._warned

    def _warned(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        lines = self.lines() or ([lineno] if filename == self.file else [])
        self.warnings.append({"classes": _names(category), "lines": lines, "text": str(message)})

    def failed(self, error: BaseException) -> None:
        """Write down an exception that left a statement or a call of the example."""
        lines = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.file:
                lines.append(trace.tb_lineno)
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and error.lineno:
            lines.append(error.lineno)
        classes = [*_names(type(error)), *_names(type(getattr(error, "orig", None)))]
        self.raised.append({"classes": classes, "lines": lines[::-1], "text": str(error)})


def _frames() -> Iterator[types.FrameType]:
    frame: types.FrameType | None = sys._getframe(1)
    greenlet = sys.modules.get("greenlet")
    current = greenlet.getcurrent() if greenlet else None
    while True:
        while frame is not None:
            yield frame
            frame = frame.f_back
        current = current.parent if current is not None else None
        if current is None:
            return
        frame = current.gr_frame


def _names(kind: type) -> list[str]:
    return [base.__name__ for base in kind.__mro__]


class Stage:
    """One example, its module, and the shop's database that is put back before each call."""

    def __init__(self, file: str, text: str, database: Database) -> None:
        self.tree = ast.parse(text, file)
        self.module = types.ModuleType(Path(file).stem)
        self.module.__file__ = file
        self.database = database
        self.observer = Observer(file)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        sys.modules[self.module.__name__] = self.module

    def play(self) -> dict[str, Any]:
        """Run the module's statements one by one, then call what the module does not call itself."""
        import sqlalchemy

        self.observer.listen()
        self.database.reset()
        for statement in self.tree.body:
            try:
                exec(compile(ast.Module([statement], []), self.observer.file, "exec"), self.module.__dict__)
            except ImportError as error:
                if (error.name or "").split(".")[0] == "sqlalchemy":
                    return {"missing": f"{error} (SQLAlchemy {sqlalchemy.__version__})"}
                self.observer.failed(error)
            except Exception as error:
                self.observer.failed(error)
        for function in self._uncalled():
            self.database.reset()
            try:
                self._call(function)
            except Exception as error:
                self.observer.failed(error)
        seen = self.observer
        return {
            "statements": seen.statements,
            "commits": seen.commits,
            "warnings": seen.warnings,
            "raised": seen.raised,
        }

    def _uncalled(self) -> list[Callable[..., Any]]:
        used = {
            node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        defined = [node for node in self.tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        return [self.module.__dict__[node.name] for node in defined if node.name not in used]

    def _call(self, function: Callable[..., Any]) -> None:
        shop = importlib.import_module("shop.db")
        if inspect.iscoroutinefunction(function):
            asyncio.run(self._call_async(function, shop))
            return
        if "alembic" in sys.modules:
            self._migrate(function, shop.engine)
            return
        with shop.SessionLocal() as session:
            result = function(**self._arguments(function, session))
            if inspect.isgenerator(result):
                for _ in result:
                    pass

    def _migrate(self, function: Callable[..., Any], engine: Any) -> None:
        """Call what an Alembic revision would have as `upgrade()`, as Alembic's own `env.py` does."""
        migration = importlib.import_module("alembic.migration")
        operations = importlib.import_module("alembic.operations")
        with engine.connect() as connection:
            context = migration.MigrationContext.configure(connection, opts={"transaction_per_migration": True})
            with operations.Operations.context(context), context.begin_transaction(_per_migration=True):
                function(**self._arguments(function, None))

    async def _call_async(self, function: Callable[..., Any], shop: Any) -> None:
        async with shop.AsyncSessionLocal() as session:
            arguments = await session.run_sync(lambda sync: self._arguments(function, sync))
            if "session" in arguments:
                arguments["session"] = session
            try:
                await function(**arguments)
            finally:
                await session.close()
                await shop.async_engine.dispose()

    def _arguments(self, function: Callable[..., Any], session: Any) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if name == "session":
                chosen[name] = session
            elif name in VALUES:
                chosen[name] = VALUES[name]
            elif name.removesuffix("s") in ROWS_OF:
                models = importlib.import_module("shop.models")
                model = getattr(models, ROWS_OF[name.removesuffix("s")])
                rows = session.query(model).order_by(model.id)
                chosen[name] = rows.all() if name.endswith("s") else rows.first()
            elif parameter.default is parameter.empty:
                raise TypeError(f"{function.__name__}(): the harness has nothing to give for `{name}`")
        return chosen


def _in_a_fork(request: dict[str, str], template: Path) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(SECONDS)
        gc.disable()
        try:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                database: Database = Server(request["server"]) if "server" in request else SqliteFile(template)
                database.choose()
                answer = Stage(request["file"], request["text"], database).play()
        except BaseException as error:
            answer = {"broken": f"{type(error).__name__}: {error}"}
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answered = pipe.read()
    os.waitpid(child, 0)
    return answered.decode() or json.dumps({"broken": f"the example did not end within {SECONDS} seconds"})


def main() -> None:
    """Serve requests until the standard input ends."""
    import sqlalchemy

    sys.path.insert(0, str(FIXTURES))
    shop = importlib.import_module("shop")
    if sqlalchemy.__version__.startswith("1."):
        shop.__path__.insert(0, str(FIXTURES / "shop_legacy"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        template = Path(folder) / "template.db"
        engine = sqlalchemy.create_engine(f"sqlite:///{template}")
        importlib.import_module("shop.rows").fill(engine)
        engine.dispose()
        print(json.dumps({"version": sqlalchemy.__version__}), flush=True)
        for line in sys.stdin:
            print(_in_a_fork(json.loads(line), template), flush=True)


if __name__ == "__main__":
    main()
