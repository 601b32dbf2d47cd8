"""What does not change the meaning of a program does not change what is found in it.

Each example of a rule page and each edge fixture is rewritten through `ast`; the findings before and after are compared
by code and message. Both sides are printed from the tree, so that only the rewriting differs.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.lint import lint
from tests.harness.markers import Kind, markers
from tests.harness.pages import examples
from tests.test_pages import shop

FIXTURES = Path(__file__).parent / "fixtures"
SUFFIX = "_renamed"
LIBRARIES = ("sqlalchemy", "sqlmodel", "flask_sqlalchemy")

Rewriting = Callable[[ast.Module], ast.Module]

TEXTS: dict[str, str] = {str(example): example.text.lstrip("\n") for example in examples()}
TEXTS |= {f"{path.parent.name}/{path.stem}": path.read_text("utf-8") for path in sorted(FIXTURES.glob("edges/*/*.py"))}
SHOP = shop("shop")


def found(folder: Path, text: str, **files: str) -> Counter[tuple[str, str]]:
    """The findings in a text, as a file beside the shop's where it imports from there."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = SHOP if re.search(r"^(from|import) shop", text, re.MULTILINE) else {}
    given = {**beside, **{f"{name}.py": other for name, other in files.items()}, "example.py": text}
    reported = [name for name in given if name not in beside]
    return Counter((one.code, _words(one.message)) for one in lint(folder, given, report=reported))


def _words(message: str) -> str:
    """The message without the loop's text, which is shortened, and without what was added to names."""
    return message.partition(" of `")[0].replace(SUFFIX, "")


class Aliases(ast.NodeTransformer):
    """Gives every imported name another one: `from x import y` becomes `from x import y as y_renamed`."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
        bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        bound |= {
            node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        }
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module != "__future__"]
        names = {alias.asname or alias.name for node in imports for alias in node.names}
        self.names = names - bound - {"*"}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """Rename at the import."""
        for alias in node.names:
            name = alias.asname or alias.name
            if name in self.names:
                alias.asname = name + SUFFIX
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename a use."""
        if node.id in self.names:
            node.id += SUFFIX
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Rename a use in a quoted annotation."""
        if isinstance(node.value, str) and re.fullmatch(r"[\w\[\], .|]+", node.value):
            node.value = re.sub(r"\b[A-Z]\w+", lambda one: one[0] + SUFFIX * (one[0] in self.names), node.value)
        return node


def rename_aliases(tree: ast.Module) -> ast.Module:
    """Other names for what is imported."""
    renamed = Aliases(tree).visit(tree)
    assert isinstance(renamed, ast.Module)
    return renamed


def _wrap(tree: ast.Module, header: str) -> ast.Module:
    """Put the body of every function into a block, its docstring and `global` statements apart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _declares(node):
            first = 1 if ast.get_docstring(node) is not None else 0
            block = ast.parse(f"{header}\n    pass").body[0]
            assert isinstance(block, ast.If | ast.With)
            block.body = node.body[first:] or block.body
            node.body = [*node.body[:first], block]
    return tree


def _declares(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A `declared_attr` is a declaration, read without running anything."""
    return any("declared_attr" in ast.unparse(item) for item in node.decorator_list)


def wrap_in_if(tree: ast.Module) -> ast.Module:
    """`if True:` around every body."""
    return _wrap(tree, "if True:")


def move_models(tree: ast.Module) -> ast.Module:
    """Only what is not moved: the other half is `moved`."""
    kept = [node for node in tree.body if not _is_moved(node)]
    at = next((i for i, node in enumerate(kept) if not _is_future(node) and i), 0)
    tree.body = [*kept[:at], *ast.parse("from moved import *").body, *kept[at:]]
    return tree


def moved(text: str) -> str:
    """The module that the mapped classes of a text are moved to, with all that stands at its top."""
    tops = (ast.Import, ast.ImportFrom, ast.Assign)
    return ast.unparse(ast.Module([one for one in ast.parse(text).body if isinstance(one, tops) or _is_moved(one)], []))


def _is_moved(node: ast.stmt) -> bool:
    """All classes but those that work with a session."""
    return isinstance(node, ast.ClassDef) and not re.search("ession|def __init__", ast.unparse(node))


def wrap_in_with(tree: ast.Module) -> ast.Module:
    """`with nullcontext():` around every body."""
    tree = _wrap(tree, "with _contextlib.nullcontext():")
    after = next(i for i, node in enumerate(tree.body) if i and not _is_future(node))
    tree.body.insert(after, ast.parse("import contextlib as _contextlib").body[0])
    return tree


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def comment_out(tree: ast.Module) -> ast.Module:
    """A statement without effect before every other, which moves all lines."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.For):
                setattr(node, field, [part for one in block for part in (one, ast.Pass())])
    return tree


REWRITINGS = [rename_aliases, wrap_in_if, wrap_in_with, comment_out]


def applies(rewrite: Rewriting, text: str) -> bool:
    """Whether a text has something to rewrite."""
    if rewrite is rename_aliases:
        return bool(re.search(r"^from (?!__future__)", text, re.MULTILINE))
    return "def " in text


CHANGED = [(name, one) for one in REWRITINGS for name, text in TEXTS.items() if applies(one, text)]


@pytest.mark.parametrize(("name", "rewrite"), CHANGED, ids=[f"{one.__name__}-{name}" for name, one in CHANGED])
def test_same_findings(name: str, rewrite: Rewriting, tmp_path: Path) -> None:
    """Rewritten so that it means the same, an example has the same findings."""
    before = ast.unparse(ast.parse(TEXTS[name]))
    after = ast.unparse(ast.fix_missing_locations(rewrite(ast.parse(TEXTS[name]))))
    assert after != before, "the rewriting does nothing"
    assert found(tmp_path / "after", after) == found(tmp_path / "before", before)


MOVED = [name for name, text in TEXTS.items() if any(map(_is_moved, ast.parse(text).body))]


@pytest.mark.parametrize("name", MOVED)
def test_models_moved_to_another_file(name: str, tmp_path: Path) -> None:
    """With its mapped classes in a file beside it, an example has the same findings, wherever they stand."""
    text = TEXTS[name]
    after = ast.unparse(move_models(ast.parse(text)))
    assert found(tmp_path / "after", after, moved=moved(text)) == found(
        tmp_path / "before", ast.unparse(ast.parse(text))
    )


REPORTED = [name for name, text in TEXTS.items() if any(one.kind is Kind.ERROR for one in markers(text))]


@pytest.mark.parametrize("name", REPORTED)
def test_another_library_is_none_of_ours(name: str, tmp_path: Path) -> None:
    """With every import of the library under another name, nothing is said, whatever an unconnected file imports."""
    text = re.sub(rf"\b({'|'.join(LIBRARIES)})\b", r"other_\1", TEXTS[name])
    text = re.sub(r"^(from|import) shop\b", r"\1 other_shop", text, flags=re.MULTILINE)
    assert text != TEXTS[name]
    assert not found(tmp_path, text, unconnected="from sqlalchemy.orm import Session, relationship\n")


TWINS = {
    "session-not-closed": """
{a}def leaks(key):
    session = Make()
    return {w}session.get(Order, key)

{a}def closes(key):
    {a}with Make() as session:
        return {w}session.get(Order, key)

{a}def closes_by_hand(key):
    session = Make()
    try:
        return {w}session.get(Order, key)
    finally:
        {w}session.close()
""",
    "commit-in-loop": """
{a}def commits(session: Session, keys):
    for key in keys:
        session.add(Order(id=key))
        {w}session.commit()

{a}def save(session: Session, key):
    session.add(Order(id=key))
    {w}session.commit()

{a}def commits_in_a_helper(session: Session, keys):
    for key in keys:
        {w}save(session, key)

{a}def commits_after(session: Session, keys):
    for key in keys:
        session.add(Order(id=key))
    {w}session.commit()
""",
    "delete-then-add": """
{a}def swaps(session: Session, order: Order):
    {w}session.delete(order)
    session.add(Order(code=order.code))

{a}def flushes_between(session: Session, order: Order):
    {w}session.delete(order)
    {w}session.flush()
    session.add(Order(code=order.code))
""",
    "lazy-load-in-loop": """
{a}def reads(session: Session):
    for order in {w}session.scalars(select(Order)):
        print(order.lines)

{a}def reads_rows(session: Session):
    for order, key in ({w}session.execute(select(Order, Order.id))).all():
        print(order.lines)

{a}def loads(session: Session):
    for order in {w}session.scalars(select(Order).options(selectinload(Order.lines))):
        print(order.lines)

{a}def find(session: Session):
    return ({w}session.scalars(select(Order))).all()

{a}def reads_what_a_helper_finds(session: Session):
    return [order.lines for order in {w}find(session)]
""",
}
HEAD = """
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.{home} import {session} as Session, {maker}

Make = {maker}(create_engine("postgresql:///x"))

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    lines: Mapped[list["Line"]] = relationship()

class Line(Base):
    __tablename__ = "line"
"""
SYNC = {"a": "", "w": "", "home": "orm", "session": "Session", "maker": "sessionmaker"}
ASYNC = {"a": "async ", "w": "await ", "home": "ext.asyncio", "session": "AsyncSession", "maker": "async_sessionmaker"}


@pytest.mark.parametrize("rule", TWINS)
def test_asynchronous_twin(rule: str, tmp_path: Path) -> None:
    """The same code under an AsyncSession has the same findings on the same lines."""
    lines: list[list[tuple[int, str]]] = []
    for number, words in enumerate((SYNC, ASYNC)):
        folder = tmp_path / str(number)
        folder.mkdir()
        text = HEAD.format(**words) + TWINS[rule].format(**words)
        lines.append([(one.span.line, one.rule) for one in lint(folder, {"example.py": text})])
    assert lines[0] == lines[1]
    assert {name for _, name in lines[0]} == {rule}
