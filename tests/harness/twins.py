"""Turn a module that uses sessions into its asynchronous twin: the same code under an AsyncSession.

What has no twin is left out of both sides: `Session.query` and the bulk methods, which an AsyncSession has not, a
function that is awaited and handed on without a call, a property or constructor that would have to wait.
"""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass, field

# The coroutine methods of an AsyncSession and of its transaction. `begin` opens with `async with`, or is awaited.
_COROUTINES = """
    aclose close commit connection delete exec execute flush get get_one invalidate merge refresh reset rollback
    run_sync scalar scalars
"""
COROUTINES = frozenset(_COROUTINES.split())
BEGINS = frozenset({"begin", "begin_nested"})
NOT_THERE = re.compile(
    r"\.(query|query_property|bulk_\w+|connect|connection|prepare|enable_relationship_loading)\b"
    r"|\b(next|object_session|ExitStack|Thread|submit|yield from|inspect|iter|map)\b|(?<!\.)\bfilter\("
)
NOT_ASYNC = re.compile(r"scoped_session|flask|async |await |automap|asyncio")
IMPORTS = {
    ("sqlalchemy.orm", "Session"): ("sqlalchemy.ext.asyncio", "AsyncSession"),
    ("sqlalchemy.orm", "sessionmaker"): ("sqlalchemy.ext.asyncio", "async_sessionmaker"),
    ("sqlalchemy", "create_engine"): ("sqlalchemy.ext.asyncio", "create_async_engine"),
    ("sqlmodel", "Session"): ("sqlmodel.ext.asyncio.session", "AsyncSession"),
    ("sqlmodel", "create_engine"): ("sqlalchemy.ext.asyncio", "create_async_engine"),
    ("shop.db", "SessionLocal"): ("shop.db", "AsyncSessionLocal"),
    ("shop.db", "engine"): ("shop.db", "async_engine"),
    ("contextlib", "contextmanager"): ("contextlib", "asynccontextmanager"),
    ("contextlib", "closing"): ("contextlib", "aclosing"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def twins(text: str) -> tuple[str, str] | None:
    """Return what of a text has a twin, and the twin, line for line; None where nothing has one."""
    if NOT_ASYNC.search(text):
        return None
    sync = ast.parse(text)
    sync.body = [part for one in sync.body for part in _one_name_each(one)]
    while True:
        known = _Known.of(sync)
        left_out = [one for one in sync.body if not _has_twin(one, known)]
        if not left_out:
            break
        if not all(isinstance(one, Function | ast.ClassDef) for one in left_out):
            return None
        sync.body = [one for one in sync.body if one not in left_out]
    twin = _Twin(known).visit(copy.deepcopy(sync))
    before, after = ast.unparse(sync), ast.unparse(ast.fix_missing_locations(twin))
    return (before, after) if known.waiting else None


def _one_name_each(node: ast.stmt) -> list[ast.stmt]:
    if not isinstance(node, ast.ImportFrom):
        return [node]
    return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]


@dataclass
class _Known:
    """What a module calls its sessions and their makers, its transactions, and its functions that have to wait."""

    makers: set[str] = field(default_factory=lambda: {"Session", "SessionLocal"})
    transactions: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    generators: set[str] = field(default_factory=set)
    managers: set[str] = field(default_factory=set)

    @staticmethod
    def of(tree: ast.Module) -> _Known:
        """Read a module until no more functions have to wait."""
        known = _Known()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                names = {target.id for target in node.targets if isinstance(target, ast.Name)}
                if ast.unparse(node.value.func) == "sessionmaker":
                    known.makers |= names
                elif isinstance(node.value.func, ast.Attribute) and node.value.func.attr in BEGINS:
                    known.transactions |= names
            elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
                opens = re.search(r"\bsession\.begin(_nested)?\(", ast.unparse(node.context_expr))
                known.transactions |= {node.optional_vars.id} if opens else set()
        functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
        while more := {one.name for one in functions if known.waits(one)} - known.waiting:
            known.waiting |= more
            for one in functions:
                if one.name in more and _yields(one):
                    managed = any("contextmanager" in ast.unparse(item) for item in one.decorator_list)
                    (known.managers if managed else known.generators).add(one.name)
        return known

    def waits(self, node: Function) -> bool:
        """Whether something in a function itself is to be awaited."""
        return any(
            self.is_coroutine(one)
            or (isinstance(one, ast.With) and any(self.is_asynchronous(item.context_expr) for item in one.items))
            or (isinstance(one, ast.Call) and _name(one) in self.generators)
            for one in _own(node)
        )

    def is_coroutine(self, node: ast.AST) -> bool:
        """Whether a call gives a coroutine in the twin."""
        if not isinstance(node, ast.Call):
            return False
        name = _name(node)
        if name in self.waiting - self.generators - self.managers:
            return True
        of = node.func.value if isinstance(node.func, ast.Attribute) else None
        return of is not None and name in COROUTINES | BEGINS and self.is_session(of)

    def is_session(self, node: ast.expr) -> bool:
        """Whether a text names a session or a transaction."""
        if isinstance(node, ast.Call):
            return _name(node) in self.makers
        text = ast.unparse(node)
        return text in self.transactions or bool(re.search(r"(^|[._])(session|db)$", text))

    def is_asynchronous(self, node: ast.expr) -> bool:
        """Whether a context manager is one for `async with` in the twin."""
        if not isinstance(node, ast.Call):
            return self.is_session(node)
        of = node.func.value if isinstance(node.func, ast.Attribute) else None
        opens = of is not None and _name(node) in BEGINS and (self.is_session(of) or ast.unparse(of) in self.makers)
        return opens or _name(node) in self.makers | self.managers | {"closing"}


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _yields(node: Function) -> bool:
    return any(isinstance(one, ast.Yield) for one in _own(node))


def _own(node: ast.AST) -> list[ast.AST]:
    """Return what stands in a function itself, not in functions inside."""
    found: list[ast.AST] = []
    for one in ast.iter_child_nodes(node):
        if not isinstance(one, Function | ast.ClassDef):
            found += [one, *_own(one)]
    return found


def _has_twin(node: ast.stmt, known: _Known) -> bool:
    """Whether a statement of the module can be written with coroutines."""
    if not isinstance(node, Function | ast.ClassDef):
        return not any(known.is_coroutine(one) or isinstance(one, ast.With) for one in ast.walk(node))
    if NOT_THERE.search(ast.unparse(node)):
        return False
    called = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    iterated = {id(one.iter) for one in ast.walk(node) if isinstance(one, ast.For | ast.comprehension)}
    for one in ast.walk(node):
        if isinstance(one, Function) and one.name in known.waiting:
            plain = all(re.search("contextmanager|method|route", ast.unparse(item)) for item in one.decorator_list)
            if one.name.startswith("__") or not plain:
                return False
        if isinstance(one, ast.Lambda | ast.GeneratorExp) and any(map(known.is_coroutine, ast.walk(one))):
            return False
        if isinstance(one, ast.Name) and one.id in known.waiting and id(one) not in called:
            return False
        if isinstance(one, ast.Call) and _name(one) in known.generators and id(one) not in iterated:
            return False
    return True


class _Twin(ast.NodeTransformer):
    """Awaits what is a coroutine now."""

    def __init__(self, known: _Known) -> None:
        self.known = known

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """Import the asynchronous one under the old name."""
        alias = node.names[0]
        if (node.module or "", alias.name) in IMPORTS:
            module, name = IMPORTS[node.module or "", alias.name]
            return ast.ImportFrom(module, [ast.alias(name, alias.asname or alias.name)], 0)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Function:
        """`async def` where something is awaited."""
        waits = self.known.waits(node)
        self.generic_visit(node)
        return ast.AsyncFunctionDef(**vars(node)) if waits else node

    def visit_With(self, node: ast.With) -> ast.With | ast.AsyncWith:
        """`async with`; what is both is left to two statements."""
        waits = [self.known.is_asynchronous(item.context_expr) for item in node.items]
        body: list[ast.stmt] = [self.visit(one) for one in node.body]
        for item, asynchronous in reversed(list(zip(node.items, waits, strict=True))):
            self.generic_visit(item.context_expr) if asynchronous else self.visit(item)
            body = [(ast.AsyncWith if asynchronous else ast.With)([item], body)]
        made = body[0]
        assert isinstance(made, ast.With | ast.AsyncWith)
        return made

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """`await` before a coroutine."""
        waits = self.known.is_coroutine(node)
        self.generic_visit(node)
        return ast.Await(node) if waits else node

    def visit_For(self, node: ast.For) -> ast.For | ast.AsyncFor:
        """`async for` over what yields and waits."""
        waits = isinstance(node.iter, ast.Call) and _name(node.iter) in self.known.generators
        self.generic_visit(node)
        return ast.AsyncFor(**vars(node)) if waits else node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        """The same in a comprehension."""
        node.is_async = int(isinstance(node.iter, ast.Call) and _name(node.iter) in self.known.generators)
        self.generic_visit(node)
        return node
