"""One cheap walk over a function body: which chains it calls and which attributes it reads, in and out of loops."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from sqla_lint.knowledge.concurrency import CALLING, MAPPING, STARTING_THREADS, TO_ASYNC, TO_SYNC
from sqla_lint.knowledge.loaders import RAISES
from sqla_lint.knowledge.reflection import ANY_NAME, SHOWING, TEXT
from sqla_lint.knowledge.rendering import is_template, renders
from sqla_lint.knowledge.sessions import COROUTINES, may_key_session
from sqla_lint.knowledge.statements import SYNCHRONIZE, TAKING_CRITERIA
from sqla_lint.survey.attempts import attempted, passes
from sqla_lint.survey.changes import Changes
from sqla_lint.survey.facts import Sketch
from sqla_lint.survey.likeness import is_item, is_strange, mistakable
from sqla_lint.survey.numbers import Numbers
from sqla_lint.survey.once import once
from sqla_lint.survey.removed import may_be_removed
from sqla_lint.survey.uses import uses

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# The nodes that say something themselves; of the others only what is below them does.
_TOLD = frozenset(
    {ast.Attribute, ast.Constant, ast.Name, ast.Assign, ast.AnnAssign, ast.Call, ast.Await, ast.Expr, ast.arg,
     ast.MatchAs, ast.MatchStar, ast.ExceptHandler, ast.withitem, ast.Yield, ast.YieldFrom, *_DEFINITIONS, *_LOOPS,
     *_COMPREHENSIONS, ast.AugAssign, ast.Delete, ast.FormattedValue, ast.BinOp, ast.Subscript, ast.Try, ast.TryStar}
)  # fmt: skip
_ITERATING_BUILTINS = frozenset(
    {"map", "filter", "sorted", "min", "max", "sum", "any", "all", "groupby", "sort", "starmap", "takewhile",
     "dropwhile", "filterfalse", "nlargest", "nsmallest",
     *MAPPING}
)  # fmt: skip
# What those names mean where they stand after a dot: `query.filter(…)`, `func.max(…)`, `Order.lines.any(…)`.
_METHODS_OF_QUERIES = frozenset({"filter", "min", "max", "sum", "any", "all"})
# Where the function stands among the arguments, if not only as `key=`.
_FUNCTION_AT = {"map": 0, "filter": 0, "starmap": 0, "takewhile": 0, "dropwhile": 0, "filterfalse": 0, "groupby": 1}
_FUNCTION_AT |= dict.fromkeys(MAPPING, 0)
# Those that call it where it does not stand: in a thread, or when what they give is called.
_STARTED = CALLING - MAPPING | TO_ASYNC | TO_SYNC
_FUNCTION_AT |= {name: STARTING_THREADS.get(name, 0) for name in _STARTED}
_LONGEST = 40
# Keywords of calls that say what the methods of these names say of a statement.
_LOCKING, _OPTIONS = "with_for_update", "options"


def sketch(body: Iterable[ast.AST], imports: Mapping[str, str]) -> tuple[Sketch, bool]:
    """Return the sketch of a body and whether it yields; nested definitions are not entered, lambdas are.

    `imports` tells what the names of the file stand for.
    """
    walk = _Walk(imports)
    return walk.run(list(body)), walk.yields


class _Walk:
    def __init__(self, imports: Mapping[str, str]) -> None:
        self.imports = imports
        self.calls: set[str] = set()
        self.reads: set[str] = set()
        self.loop_calls: set[str] = set()
        self.loop_reads: set[str] = set()
        self.made: set[tuple[str, str]] = set()
        self.bound: set[str] = set()
        self.texts: set[str] = set()
        self.names: set[str] = set()
        self.entered: set[str] = set()
        self.awaited: set[str] = set()
        self.stated: set[str] = set()
        self.waited: dict[int, str] = {}  # the calls that stand right under an `await`, and the last names of them
        self.unawaited: set[str] = set()
        self.tests = False
        self.decided: set[str] = set()
        self.criteria: set[str] = set()
        self.dropped: set[str] = set()
        self.kept: set[tuple[str, str]] = set()
        self.loaded: set[str] = set()
        self.changes = Changes()
        self.numbers = Numbers()
        self.keys: set[str] = set()
        self.synchronizes = False
        self.removed = False
        self.tried: set[str] = set()
        self.passes = False
        self.strange: set[str] = set()
        self.renders = False
        self.yields = False

    def run(self, body: list[ast.AST]) -> Sketch:
        todo: list[tuple[ast.AST, bool]] = [(node, False) for node in body]
        while todo:
            node, in_loop = todo.pop()
            if type(node) not in _TOLD:
                todo += [(child, in_loop) for child in ast.iter_child_nodes(node)]
                continue
            if isinstance(node, ast.Attribute):
                for reads in (self.reads, self.loop_reads) if in_loop else (self.reads,):
                    reads.add(chain_of(node))
                todo.append((node.value, in_loop))
                continue
            if isinstance(node, ast.Constant):
                self._text(node.value)
                continue
            if isinstance(node, ast.Name):
                (self.bound if isinstance(node.ctx, ast.Store) else self.loaded).add(node.id)
                continue
            if isinstance(node, ast.Subscript):
                self.strange.update([chain_of(node.value)] if is_item(node) else ())
                todo += ((node.value, in_loop), (node.slice, in_loop))
                continue
            self.changes.note(node)
            self._drops(node)
            if isinstance(node, ast.Assign) and self._makes(node):
                todo.append((node.value, in_loop))
                continue
            if isinstance(node, ast.Call):
                in_loop = self._call(node, in_loop) or in_loop
            elif isinstance(node, (ast.Await, ast.Expr)):
                self._waits(node)
            elif isinstance(node, ast.arg):
                self.bound.add(node.arg)  # of a lambda
            elif isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)) and node.name:
                self.bound.add(node.name)
            elif isinstance(node, ast.withitem):
                self.entered.add(chain_of(node.context_expr))
            elif isinstance(node, (ast.Yield, ast.YieldFrom)):
                self.yields = True
            elif isinstance(node, (ast.FormattedValue, ast.BinOp)):
                if _interpolates(node) if isinstance(node, ast.BinOp) else isinstance(node.value, ast.Name):
                    self._shows(in_loop)
            elif isinstance(node, (ast.Try, ast.TryStar)):
                self.tried.update(attempted(node, self.imports, in_loop, chain_of))
                self.passes = self.passes or passes(node, self.imports, chain_of)
            elif isinstance(node, _DEFINITIONS):
                todo += [(item, in_loop) for item in node.decorator_list]
                continue
            elif isinstance(node, (*_LOOPS, *_COMPREHENSIONS)):
                todo += _loop_children(node, in_loop)
                continue
            todo += [(child, in_loop) for child in ast.iter_child_nodes(node)]
        return self._told(body)

    def _told(self, body: list[ast.AST]) -> Sketch:
        for reads in (self.reads, self.loop_reads):
            if f"?.{ANY_NAME}" in reads:
                reads.update(self.names)
        found = Sketch(
            frozenset(self.calls),
            frozenset(self.reads),
            frozenset(self.loop_calls),
            frozenset(self.loop_reads),
            frozenset(self.made),
            frozenset(self.bound),
            frozenset(self.texts) if self.renders else frozenset(),
            frozenset(self.entered),
            self.tests or not self.decided.isdisjoint(self.criteria),
            frozenset(self.awaited),
            frozenset(self.stated),
            frozenset(self.dropped.union(called for name, called in self.kept if name not in self.loaded)),
            self.changes.names(),
            frozenset(self.changes.sets),
            self.synchronizes,
            self.removed,
            frozenset(self.tried),
            *uses(body, self.calls),
            frozenset(name for name in self.loaded if name[0].isupper()),
            frozenset(self.waited.values()) - self.unawaited,
            frozenset(self.unawaited.intersection(self.waited.values())),
            self.passes,
            mistakable(self.strange),
            self.numbers.names(self.calls),
            frozenset(self.keys),
        )
        return Sketch._make(once(part) if isinstance(part, frozenset) else part for part in found)

    def _waits(self, node: ast.Await | ast.Expr) -> None:
        """Note a call under `await`, and one that tells by it, or by the want of it, of which kind a session is."""
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            self.waited[id(node.value)] = chain_of(node.value.func).rpartition(".")[2]
        match node.value:
            case ast.Call(func=ast.Attribute(attr=name) as function) if name in COROUTINES:
                (self.awaited if isinstance(node, ast.Await) else self.stated).add(chain_of(function))

    def _drops(self, node: ast.AST) -> None:
        """Note a call of which nothing may come, and a name for what Python's own operators give."""
        if isinstance(node, ast.Assign) and _is_pythons(node.value):
            self.decided.update(target.id for target in node.targets if isinstance(target, ast.Name))
        if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
            called = chain_of(node.value.func).rpartition(".")[2]
            if isinstance(node, ast.Expr):
                self.dropped.add(called)
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            self.kept.update((target.id, called) for target in targets if isinstance(target, ast.Name))

    def _text(self, text: object) -> None:
        """Note a text that may be the name of a template, of an attribute or of an option."""
        self.synchronizes = self.synchronizes or text == SYNCHRONIZE
        if isinstance(text, str) and is_template(text):
            self.texts.add(text)
        elif isinstance(text, str) and text.isidentifier():
            self.names.add(f"?.{text}")
            if may_key_session(text):
                self.keys.add(text)

    def _makes(self, node: ast.Assign) -> bool:
        """Note what a single name is bound to, where that is a chain; `None` says nothing of it."""
        match node.targets:
            case [ast.Name(id=name)]:
                chain = chain_of(node.value)
                if not chain.startswith("?"):
                    self.made.add((name, chain))
                    return True
                return isinstance(node.value, ast.Constant) and node.value.value is None
        return False

    def _call(self, node: ast.Call, in_loop: bool) -> bool:
        """Note the call; true where the builtin called runs its function once per item."""
        name = chain_of(node.func)
        self.calls.add(name)
        if id(node) not in self.waited:
            self.unawaited.add(name.rpartition(".")[2])
        self.renders = self.renders or renders(name.rpartition(".")[2])
        if in_loop:
            self.loop_calls.add(name)
        self.removed = self.removed or may_be_removed(node, name, self.imports.get(name, name))
        self.synchronizes = self.synchronizes or any(item.arg == SYNCHRONIZE for item in node.keywords)
        if any(item.arg == _LOCKING for item in node.keywords):
            self.calls.add(f"?.{_LOCKING}")
        if any(item.arg == RAISES for item in node.keywords):
            self.calls.add(f"?.{RAISES}=")
        if is_strange(node):
            self.strange.add(name.rpartition(".")[0])
        if any(item.arg == _OPTIONS for item in node.keywords):
            self.calls.add(f"?.{_OPTIONS}")
        self.numbers.note(node, name)
        last = self.imports.get(name, name).rpartition(".")[2]
        if last in TAKING_CRITERIA:
            self.tests = self.tests or _decides(node)
            self.criteria.update(item.id for item in node.args if isinstance(item, ast.Name))
        if any(item.arg == "execution_options" for item in node.keywords):
            self.calls.add("?.execution_options")  # as the method does, it changes the statement
        if last in SHOWING and (len(node.args) > 1 or last == "format"):
            self._shows(in_loop)
        if last in ("getattr", "attrgetter"):
            self._named_read(node, in_loop)
        iterates = last in _ITERATING_BUILTINS and not (last in _METHODS_OF_QUERIES and "." in name)
        if iterates or last in _STARTED:
            self._calls_by_name(node, last, in_loop or iterates)
        return iterates

    def _shows(self, in_loop: bool) -> None:
        """Note that a text is made of something."""
        self.reads.add(TEXT)
        if in_loop:
            self.loop_reads.add(TEXT)

    def _calls_by_name(self, node: ast.Call, name: str, in_loop: bool) -> None:
        """`map(serialize, orders)` calls its function once per item, `pool.submit(load, key)` calls it elsewhere."""
        index = _FUNCTION_AT.get(name)
        functions = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
        functions += node.args[index : index + 1] if index is not None else ()
        for item in functions:
            if isinstance(item, ast.Name | ast.Attribute):
                self.calls.add(chain_of(item))
                if in_loop:
                    self.loop_calls.add(chain_of(item))

    def _named_read(self, node: ast.Call, in_loop: bool) -> None:
        if len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
            self.reads.add(f"?.{ANY_NAME}")
            if in_loop:
                self.loop_reads.add(f"?.{ANY_NAME}")
        for item in node.args:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                names = [f"?.{name}" for name in item.value.split(".")]
                self.reads.update(names)
                self.calls.update(names)  # whoever gets a method by its name calls it
                if in_loop:
                    self.loop_reads.update(names)
                    self.loop_calls.update(names)


def chain_of(node: ast.expr) -> str:
    """`a.b().c` of a chain of names and calls; `?.c` where it starts from anything but a name."""
    parts: list[str] = []
    calls = ""
    while True:
        match node:
            case ast.Attribute(value=value, attr=name):
                parts.append(name + calls)
                node, calls = value, ""
            case ast.Call(func=function):
                node, calls = function, calls + "()"
            case ast.Await(value=value):
                node = value
            case _:
                head = node.id + calls if isinstance(node, ast.Name) else "?"
                return ".".join([head, *reversed(parts)] if len(parts) < _LONGEST else ["?", *reversed(parts[:1])])


def _decides(call: ast.Call) -> bool:
    """Whether operators that Python keeps for itself stand in the arguments of a call."""
    arguments = [*call.args, *(item.value for item in call.keywords)]
    return any(_is_pythons(node) for item in arguments for node in ast.walk(item))


def _is_pythons(node: ast.AST) -> bool:
    match node:
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=ops):
            return len(ops) > 1 or isinstance(ops[0], ast.In | ast.NotIn | ast.Is | ast.IsNot)
    return False


def _interpolates(node: ast.BinOp) -> bool:
    """`"…" % value`."""
    return isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)


def _loop_children(node: ast.AST, in_loop: bool) -> Iterator[tuple[ast.AST, bool]]:
    """What stands in a loop runs once per item, but for the first iterable."""
    match node:
        case ast.For() | ast.AsyncFor():
            yield node.iter, in_loop
            yield from ((child, True) for child in (node.target, *node.body))
            yield from ((child, in_loop) for child in node.orelse)
        case ast.While():
            yield node.test, True
            yield from ((child, True) for child in node.body)
            yield from ((child, in_loop) for child in node.orelse)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            first, *others = node.generators
            yield first.iter, in_loop
            yield from ((child, True) for child in (first.target, *first.ifs, *others))
            yield from (
                (child, True) for child in ast.iter_child_nodes(node) if not isinstance(child, ast.comprehension)
            )
