"""What does not change the meaning of a program does not change what is found in it.

Each example of a rule page and each edge fixture is rewritten through `ast`; the findings before and after are compared
by code and message. Both sides are printed from the tree, so that only the rewriting differs.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.extraction import HELPER, extract_loop_bodies, helper_module
from tests.harness.lint import lint
from tests.harness.markers import Kind, markers
from tests.harness.pages import examples
from tests.harness.twins import twins
from tests.test_pages import shop

FIXTURES = Path(__file__).parent / "fixtures"
SUFFIX = "_renamed"
WHOLE = "_whole"
LIBRARIES = ("alembic", "sqlalchemy", "sqlmodel", "flask_sqlalchemy")

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
    """The message without the loop's text and that of calls, both shortened, lines, and what was added to names."""
    plain = re.sub(r" on line \d+|\(.*?\)(?=`)|\(.*?…(?=`)", "", message.partition(" of `")[0])
    return re.sub(rf"\w+{WHOLE}\.", "", plain).replace(SUFFIX, "").replace("other_", "")


class Aliases(ast.NodeTransformer):
    """Gives every imported name another one: `from x import y` becomes `from x import y as y_renamed`."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
        bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        bound |= {
            node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        }
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and not _is_future(node)]
        names = {alias.asname or alias.name for node in imports for alias in node.names}
        self.names = {name for name in names - bound - {"*"} if "." not in name}

    def visit_alias(self, node: ast.alias) -> ast.alias:
        """Rename at the import."""
        name = node.asname or node.name
        if name in self.names:
            node.asname = name + SUFFIX
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


class Whole(Aliases):
    """Imports the modules of the library whole: `from sqlalchemy import select` becomes `import sqlalchemy as …`."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(tree)
        self.homes: dict[str, str] = {}
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and _is_library(node):
                own = [alias.name for alias in node.names if alias.asname is None]
                module = (node.module or "").replace(".", "_") + WHOLE
                self.homes |= {name: f"{module}.{name}" for name in own if name in self.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """Import the module instead; what a function binds under the same name stays."""
        kept = [alias for alias in node.names if (alias.asname or alias.name) not in self.homes]
        whole = ast.Import([ast.alias(node.module or "", (node.module or "").replace(".", "_") + WHOLE)])
        rest: list[ast.stmt] = [ast.ImportFrom(node.module, kept, node.level)] if kept else []
        return [whole, *rest] if _is_library(node) and len(kept) < len(node.names) else [node]

    def visit_alias(self, node: ast.alias) -> ast.alias:
        """Left as it is."""
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:  # type: ignore[override]
        """Say where it comes from."""
        return ast.parse(self.homes[node.id], mode="eval").body if node.id in self.homes else node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """The same in a quoted annotation."""
        if isinstance(node.value, str) and re.fullmatch(r"[\w\[\], .|]+", node.value):
            node.value = re.sub(r"\b[A-Z]\w+", lambda one: self.homes.get(one[0], one[0]), node.value)
        return node


def _is_library(node: ast.ImportFrom) -> bool:
    """Whether names of the library are imported; `from alembic import op` imports a module already."""
    return (node.module or "").partition(".")[0] in LIBRARIES and node.module != "alembic"


def import_modules(tree: ast.Module) -> ast.Module:
    """Names of the library by their modules."""
    changed = Whole(tree).visit(tree)
    assert isinstance(changed, ast.Module)
    return changed


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


def _is_future(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def comment_out(tree: ast.Module) -> ast.Module:
    """A statement without effect before every other, which moves all lines."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.For):
                setattr(node, field, [part for one in block for part in (one, ast.Pass())])
    return tree


def wrap_in_try(tree: ast.Module) -> ast.Module:
    """`try: … finally: pass` around every body."""
    for node in _bodies(tree):
        first = 1 if ast.get_docstring(node) is not None else 0
        if node.body[first:]:
            node.body = [*node.body[:first], ast.Try(node.body[first:], [], [], [ast.Pass()])]
    return tree


def _bodies(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node for node in nodes if not _declares(node)]


def reverse_functions(tree: ast.Module) -> ast.Module:
    """The functions of the module, and the methods of a class, in the opposite order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            names = [one.name for one in node.body if _is_plain(one)]
            if len(set(names)) == len(names) and not _runs_at_once(node):
                others = iter([one for one in reversed(node.body) if _is_plain(one)])
                node.body = [next(others) if _is_plain(one) else one for one in node.body]
    return tree


def _is_plain(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list


def _runs_at_once(node: ast.Module | ast.ClassDef) -> bool:
    """Whether something between the functions uses them: then their order matters."""
    names = {one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    others = [one for one in node.body if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(isinstance(one, ast.Name) and one.id in names for other in others for one in ast.walk(other))


def add_an_unused_function(tree: ast.Module) -> ast.Module:
    """Another function that nobody calls."""
    tree.body += ast.parse("def nobody_calls_this(something):\n    return [each for each in something]").body
    return tree


class Locals(ast.NodeTransformer):
    """Gives the local variables of a function other names; a name that says what it holds keeps its end."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename it wherever it stands."""
        if node.id in self.names:
            node.id = f"other_{node.id}"
        return node


def rename_locals(tree: ast.Module) -> ast.Module:
    """Other names for all variables that a function binds and no other scope knows."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _has_scopes(node):
            bound = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
            Locals(bound - {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}).visit(node)
    return tree


def _has_scopes(node: ast.AST) -> bool:
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Global, ast.Nonlocal, ast.Match)
    return any(isinstance(one, (*scopes, ast.ExceptHandler)) for one in ast.walk(node) if one is not node)


class Queries(ast.NodeTransformer):
    """Moves what a `for` statement of a function iterates over into a function of its own."""

    def __init__(self) -> None:
        self.helpers: list[ast.stmt] = []
        self.known: list[str] = []
        self.stored: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """What a function binds, or one around it, functions among that, no helper of the module would know."""
        around = self.known, self.stored
        stored = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        stored |= {one.name for one in ast.walk(node) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        self.known, self.stored = [one.arg for one in _arguments(node)], stored - {node.name} | around[1]
        self.generic_visit(node)
        self.known, self.stored = around
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """Left as it is: the helper would have to be one of its kind."""
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Left as it is."""
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        """Call the helper instead."""
        self.generic_visit(node)
        names = {one.id for one in ast.walk(node.iter) if isinstance(one, ast.Name)}
        given = [name for name in self.known if name in names]
        if isinstance(node.iter, ast.Call) and "session" in given and _stands_alone(node.iter, names & self.stored):
            name = f"_helper_{len(self.helpers)}"
            arguments = ", ".join(given)
            self.helpers += ast.parse(f"def {name}({arguments}):\n    return {ast.unparse(node.iter)}").body
            node.iter = ast.parse(f"{name}({arguments})", mode="eval").body
        return node


def _stands_alone(node: ast.Call, stored: set[str]) -> bool:
    """Whether only arguments of the function and names of the module stand in it."""
    binds = any(isinstance(one, ast.Await | ast.NamedExpr | ast.Yield) for one in ast.walk(node))
    return not stored and not binds and not _has_scopes(node)


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def extract_queries(tree: ast.Module) -> ast.Module:
    """What is iterated over comes from a helper."""
    queries = Queries()
    queries.visit(tree)
    tree.body += queries.helpers
    return tree


REWRITINGS = [rename_aliases, import_modules, wrap_in_if, wrap_in_with, comment_out, wrap_in_try, reverse_functions,
              rename_locals, add_an_unused_function, extract_queries]  # fmt: skip


def applies(rewrite: Rewriting, text: str) -> bool:
    """Whether a text has something to rewrite."""
    return rewritten(rewrite, text) != ast.unparse(ast.parse(text))


def rewritten(rewrite: Rewriting, text: str) -> str:
    """The text rewritten."""
    return ast.unparse(ast.fix_missing_locations(rewrite(ast.parse(text))))


# Of what a helper gives, how its rows were asked for is not told yet.
UNEQUAL = {("row-not-entity:7", "extract_queries"),
           ("lazy-load-in-loop/statement_handed_to_a_pager", "extract_queries"),
           ("lazy-load-in-loop/class_handed_to_a_lister", "extract_queries"),
           ("commit-while-streaming/streams", "extract_queries"),
           ("lazy-load-in-loop/not_a_read", "extract_queries")}  # fmt: skip
# Known by their plain names alone: what makes criteria of a text, and types of columns.
UNEQUAL |= {("query-in-loop/criteria", "import_modules"),
            ("sqlite-alter-without-batch/types_of_another", "import_modules")}  # fmt: skip
# Rules that a rewriting may blind: names of the library that they know as it spells them, statements that a helper
# shapes, blocks that may do anything.
BLIND = {
    "rename_aliases": {"ORM111", "ORM112", "ORM312", "ORM402", "ORM423", "ORM506", "ORM608"},
    "import_modules": {"ORM390", "ORM407"},  # what is imported by its name tells the generation
    "extract_queries": {"ORM422", "ORM423"},
    "wrap_in_with": {"ORM303"},
    "move_models": {"ORM390"},
}
BEFORE: dict[str, Counter[tuple[str, str]]] = {}
CHANGED = [(name, one) for one in REWRITINGS for name, text in TEXTS.items() if applies(one, text)]


def seeing(findings: Counter[tuple[str, str]], blind: set[str]) -> Counter[tuple[str, str]]:
    """The findings of all rules but some."""
    return Counter({one: count for one, count in findings.items() if one[0] not in blind})


@pytest.mark.parametrize(("name", "rewrite"), CHANGED, ids=[f"{one.__name__}-{name}" for name, one in CHANGED])
def test_same_findings(name: str, rewrite: Rewriting, tmp_path: Path) -> None:
    """Rewritten so that it means the same, an example has the same findings."""
    if name not in BEFORE:
        BEFORE[name] = found(tmp_path / "before", ast.unparse(ast.parse(TEXTS[name])))
    after = found(tmp_path / "after", rewritten(rewrite, TEXTS[name]))
    blind = BLIND.get(rewrite.__name__, set())
    same = seeing(after, blind) == seeing(BEFORE[name], blind)
    assert same is ((name, rewrite.__name__) not in UNEQUAL)


@pytest.mark.parametrize("rewrite", REWRITINGS, ids=lambda one: one.__name__)
def test_every_rewriting_changes_something(rewrite: Rewriting) -> None:
    """No rewriting is idle."""
    assert any(one is rewrite for _, one in CHANGED)


# With its models elsewhere, a method of theirs that texts have as well (`title`) is taken for the text's.
HIDDEN = {"lazy-load-in-loop/rows_of_a_dynamic_relationship"}
MOVED = [name for name, text in TEXTS.items() if name not in HIDDEN and any(map(_is_moved, ast.parse(text).body))]


@pytest.mark.parametrize("name", MOVED)
def test_models_moved_to_another_file(name: str, tmp_path: Path) -> None:
    """With its mapped classes in a file beside it, an example has the same findings, wherever they stand."""
    text = TEXTS[name]
    after = ast.unparse(move_models(ast.parse(text)))
    before = found(tmp_path / "before", ast.unparse(ast.parse(text)))
    blind = BLIND["move_models"]
    assert seeing(found(tmp_path / "after", after, moved=moved(text)), blind) == seeing(before, blind)


def by_function(folder: Path, text: str, **files: str) -> set[tuple[str, str]]:
    """The functions with findings, and the codes of these; what stands in a helper is the one's it was taken out of.

    A call is one finding, whatever the helper reads, so that their number may differ; that a helper only adds to what
    it loads is not told of the call.
    """
    folder.mkdir(parents=True)
    beside = SHOP if re.search(r"^(from|import) shop", text, re.MULTILINE) else {}
    given = {**{f"{name}.py": other for name, other in files.items()}, "example.py": text}
    places = {(file, line): where for file, source in given.items() for line, where in _functions(source)}
    reported = lint(folder, {**beside, **given}, report=list(given))
    seen = [(one.span, "ORM401" if one.code == "ORM424" else one.code) for one in reported if one.code not in WITHIN]
    return {(places.get((Path(span.path).name, span.line), ""), code) for span, code in seen}


def _functions(text: str) -> Iterator[tuple[int, str]]:
    """Each line of a function with the function's name; that of a method follows its class's."""
    for top in ast.parse(text).body:
        for node in _bodies(ast.Module([top], [])):
            name = f"{top.name}.{node.name}" if isinstance(top, ast.ClassDef) else node.name.partition(HELPER)[0]
            yield from ((line, name) for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))


# What these speak of has to stand in one function.
WITHIN = {"ORM105", "ORM112", "ORM302", "ORM303", "ORM306", "ORM311", "ORM312", "ORM313", "ORM315", "ORM316", "ORM402",
          "ORM403", "ORM417", "ORM608"}  # fmt: skip
# What a helper does is not followed as closely as a loop's own body: functions whose findings are lost there.
LOST = {
    "commit-in-loop/decided_by_the_callee": {"for_each_that_nothing_sets"},
    "commit-in-loop/for_loop": {"in_a_condition"},  # a commit that a helper makes only sometimes is not reported
    "delete-then-add/orphans": {"cleared"},
    "lazy-load-in-loop/lists_of_rows": {"one_per_turn"},
}
EXTRACTED = {name: len(extract_loop_bodies(ast.parse(text))) for name, text in TEXTS.items()}


@pytest.mark.parametrize("home", ["same file", "other file"])
@pytest.mark.parametrize("name", [name for name, count in EXTRACTED.items() if count])
def test_loop_bodies_in_helpers(name: str, home: str, tmp_path: Path) -> None:
    """With the bodies of its loops in helpers, an example has findings in the same functions."""
    tree = ast.parse(TEXTS[name])
    before = by_function(tmp_path / "before", ast.unparse(tree))
    helpers = extract_loop_bodies(tree)
    files = {}
    if home == "same file":
        tree.body += helpers
    else:
        files["helpers"] = ast.unparse(helper_module(tree, helpers, "example"))
        tree.body.append(ast.ImportFrom("helpers", [ast.alias(one.name) for one in helpers], 0))
    after = by_function(tmp_path / "after", ast.unparse(ast.fix_missing_locations(tree)), **files)
    assert after <= before
    assert {function for function, _ in before - after} == LOST.get(name, set())


def test_hundreds_of_loop_bodies_are_extracted() -> None:
    """The comparison is not idle, and what it excuses may only become less."""
    assert sum(EXTRACTED.values()) >= 300
    assert sum(map(len, LOST.values())) <= 4


def called_functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """The plain functions of a module that others of it call by name, and nothing else."""
    calls = [one.func for one in ast.walk(tree) if isinstance(one, ast.Call)]
    called = Counter(one.id for one in calls if isinstance(one, ast.Name))
    used = Counter(one.id for one in ast.walk(tree) if isinstance(one, ast.Name))
    plain = [one for one in tree.body if isinstance(one, ast.FunctionDef) and not one.decorator_list]
    once = Counter(one.name for one in plain)
    return [one for one in plain if once[one.name] == 1 and 0 < called[one.name] == used[one.name]]


CALLED = [name for name, text in TEXTS.items() if called_functions(ast.parse(text))]


@pytest.mark.parametrize("name", CALLED)
def test_helpers_moved_to_another_file(name: str, tmp_path: Path) -> None:
    """With its helpers in a file beside it, an example has the same findings, wherever they stand."""
    tree = ast.parse(TEXTS[name])
    before = found(tmp_path / "before", ast.unparse(tree))
    helpers = called_functions(tree)
    tree.body = [one for one in tree.body if one not in helpers]
    other = ast.unparse(helper_module(tree, helpers, "example"))
    first = next((at for at, one in enumerate(tree.body) if at and not _is_future(one)), 0)
    tree.body.insert(first, ast.ImportFrom("helpers", [ast.alias(one.name) for one in helpers], 0))
    after = found(tmp_path / "after", ast.unparse(ast.fix_missing_locations(tree)), helpers=other)
    assert after == before


def test_many_helpers_are_moved() -> None:
    """The comparison is not idle."""
    assert sum(len(called_functions(ast.parse(TEXTS[name]))) for name in CALLED) >= 70


REPORTED = [name for name, text in TEXTS.items() if any(one.kind is Kind.ERROR for one in markers(text))]


@pytest.mark.parametrize("name", REPORTED)
def test_another_library_is_none_of_ours(name: str, tmp_path: Path) -> None:
    """With every import of the library under another name, nothing is said, whatever an unconnected file imports."""
    text = re.sub(rf"\b({'|'.join(LIBRARIES)})\b", r"other_\1", TEXTS[name])
    text = re.sub(r"^(from|import) shop\b", r"\1 other_shop", text, flags=re.MULTILINE)
    assert text != TEXTS[name]
    assert not found(tmp_path, text, unconnected="from sqlalchemy.orm import Session, relationship\n")


# A dynamic relationship queries by itself, which it cannot do under an AsyncSession.
ONLY_SYNC = {"lazy-load-in-loop/rows_of_a_dynamic_relationship"}
# What a twin does otherwise: a lazy load raises before they matter, an engine has another driver.
UNTWINNED = {"ORM114", "ORM205", "ORM212", "ORM306", "ORM314", "ORM390", "ORM424"}
# Loads that are one per row with a Session, and raise with an AsyncSession.
ROW_BY_ROW = {"ORM401", "ORM403", "ORM408", "ORM412"}
TWINS = {name: both for name, text in TEXTS.items() if name not in ONLY_SYNC and (both := twins(text))}


def told(folder: Path, text: str) -> set[tuple[int, str]]:
    """The lines and codes of what is found in a text."""
    folder.mkdir()
    found = lint(folder, {**(SHOP if "shop" in text else {}), "example.py": text}, report=["example.py"])
    return {(one.span.line, one.code) for one in found}


@pytest.mark.parametrize("name", TWINS)
def test_asynchronous_twin(name: str, tmp_path: Path) -> None:
    """The same code under an AsyncSession has the same findings, of all rules, on the same lines.

    Two differences are meant. A lazy load is a query with a Session, and raises with an AsyncSession (ORM501), in a
    loop or not. And rows of unseen origin, read in a function that awaits nothing: code that works with an
    AsyncSession had them loaded; with a Session it is a query for each.
    """
    sync, twin = TWINS[name]
    compile(twin, name, "exec")
    before, after = told(tmp_path / "sync", sync), told(tmp_path / "async", twin)
    waiting = [one for one in ast.walk(ast.parse(twin)) if isinstance(one, ast.AsyncFunctionDef)]
    lines = {line for one in waiting for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    raising = {line for line, code in after if code == "ORM501"}
    assert {one for one in after if not one[1].startswith("ORM5") and one[1] not in UNTWINNED} <= before
    lost = [one for one in before - after if one[1] not in UNTWINNED]
    assert not [one for one in lost if one[1] not in ROW_BY_ROW or one[0] in lines - raising]


def test_most_modules_have_a_twin() -> None:
    """The comparison is not idle: it covers most modules and hundreds of functions."""
    assert len(TWINS) > len(TEXTS) / 2
    assert sum(twin.count("async def ") for _, twin in TWINS.values()) > 400
