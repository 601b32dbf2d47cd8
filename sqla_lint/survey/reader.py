"""Read one file's declarations: `ast` in, `Facts` out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqla_lint.knowledge.mapping import IMPERATIVE, KEYS
from sqla_lint.knowledge.migrations import databases_in
from sqla_lint.knowledge.transactions import AUTOCOMMIT, HANDLING, SERIALIZING
from sqla_lint.survey.expressions import Apply, Expression, Opaque, dotted, inlined, reduce
from sqla_lint.survey.facts import ClassFact, Declared, Facts, FunctionFact, Parameter
from sqla_lint.survey.keepers import kept_by
from sqla_lint.survey.named_tuples import fields, is_named_tuple, made_by
from sqla_lint.survey.sketch import sketch

_SIMPLE = (ast.Expr, ast.Return, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.AugAssign, ast.Raise)
# Options of sessions and levels of isolation that matter wherever a project speaks of them.
_OPTIONS = ("autoflush", "expire_on_commit", "IntegrityError", AUTOCOMMIT, *HANDLING, *SERIALIZING)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def survey(tree: ast.Module, path: str, names: Sequence[str], text: str = "") -> Facts:
    """Return the facts of one file; `names` are the dotted names it can be imported by, the primary one first."""
    reader = _Reader(names[0], path.endswith("__init__.py"))
    reader.block(tree.body, "", "", "")
    return Facts(
        path=path,
        module=names[0],
        aliases=tuple(names[1:]),
        is_package=reader.is_package,
        imports=reader.imports,
        other_imports=reader.other_imports,
        star_imports=tuple(reader.stars),
        variables=reader.variables,
        classes=reader.classes,
        functions=reader.functions,
        late=tuple(reader.late),
        mappings=tuple(reader.mappings),
        keys=tuple(reader.keys),
        main_calls=frozenset(reader.main_calls),
        body_sketch=sketch(
            (node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)), reader.imports
        )[0],
        options=frozenset(option for option in _OPTIONS if option in text and _speaks(text, option)),
        databases=databases_in(text),
    )


def _speaks(text: str, option: str) -> bool:
    """Whether a file speaks of an option: `no_autoflush` is none."""
    return re.search(rf"\b{option}\b", text) is not None


class _Reader:
    """Collects declarations; a block knows the class and the function it stands in by their qualified names."""

    def __init__(self, module: str, is_package: bool) -> None:
        self.module = module
        self.is_package = is_package
        self.imports: dict[str, str] = {}
        self.other_imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.variables: dict[str, Declared] = {}
        self.classes: dict[str, ClassFact] = {}
        self.functions: dict[str, FunctionFact] = {}
        self.late: list[tuple[Expression, str, Expression]] = []
        self.mappings: list[tuple[str, Apply]] = []
        self.keys: list[tuple[str, Apply]] = []
        self.main_calls: set[str] = set()

    def block(self, body: Iterable[ast.AST], prefix: str, owner: str, function: str) -> None:
        for node in body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.function(node, prefix, owner, function)
                case ast.ClassDef():
                    self.class_(node, prefix, function)
                case ast.Import() | ast.ImportFrom():
                    self.import_(node)
                case ast.Assign() | ast.AnnAssign():
                    self.assignment(node, owner, function)
                case ast.Expr(value=ast.Call() as call):
                    self.call(call, "")
                    self.key(call, owner, function)
                case ast.If() if _is_main(node):
                    self.main_calls |= {chain.rpartition(".")[2] for chain in sketch(node.body, self.imports)[0].calls}
                    self.block(node.body, prefix, owner, function or "__main__")
                case _ if type(node).__name__ == "TypeAlias":
                    alias: Any = node  # `type Alias = …`, of Python 3.12
                    self.variables.setdefault(alias.name.id, Declared(None, reduce(alias.value)))
                case _:
                    for field in _BLOCKS:
                        self.block(getattr(node, field, ()), prefix, owner, function)

    def import_(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    self.imports.setdefault(alias.asname, alias.name)
                else:
                    head = alias.name.partition(".")[0]
                    self.imports.setdefault(head, head)
            return
        base = self._base(node)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(base)
            else:
                name, target = alias.asname or alias.name, f"{base}.{alias.name}" if base else alias.name
                if self.imports.setdefault(name, target) != target:
                    self.other_imports.setdefault(name, target)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.module.split(".")
        drop = node.level - 1 if self.is_package else node.level
        kept = parts[: len(parts) - drop] if drop else parts
        return ".".join([*kept, node.module] if node.module else kept)

    def assignment(self, node: ast.Assign | ast.AnnAssign, owner: str, function: str) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        annotation = reduce(node.annotation) if isinstance(node, ast.AnnAssign) else None
        for target in targets:
            match target:
                case ast.Name(id=name) if not function:
                    if not owner and is_named_tuple(node.value, self.imports):
                        assert isinstance(node.value, ast.Call)
                        self.classes.setdefault(name, made_by(node.value, name))
                    elif not owner:
                        value = reduce(node.value) if node.value else None
                        known = self.variables.get(name)
                        if known is None or isinstance(known.value, Opaque | None) or _is_none(known.value):
                            self.variables[name] = Declared(annotation, value)
                case ast.Attribute(value=ast.Name() | ast.Attribute() as base, attr=name) if node.value:
                    given = reduce(node.value)
                    if not function or (isinstance(given, Apply) and dotted(reduce(base))[:1].isupper()):
                        self.late.append((reduce(base), name, given))
        if isinstance(node.value, ast.Call):
            self.call(node.value, targets[0].id if isinstance(targets[0], ast.Name) else "")
            self.key(node.value, owner, function)

    def call(self, node: ast.Call, name: str) -> None:
        """`registry.map_imperatively(Order, table)`, `Order.__mapper__.add_property("lines", relationship(Line))`."""
        match node.func, node.args:
            case ast.Name(id=called) | ast.Attribute(attr=called), [_, _, *_] if (
                self.imports.get(called, called).rpartition(".")[2] in IMPERATIVE
            ):
                found = reduce(node)
                assert isinstance(found, Apply)
                self.mappings.append((name, found))
            case ast.Attribute(value=mapper, attr="add_property"), [ast.Constant(value=str(attribute)), value]:
                match mapper:
                    case ast.Attribute(value=base, attr="__mapper__") | ast.Call(args=[base]):
                        self.late.append((reduce(base), attribute, reduce(value)))

    def key(self, node: ast.Call, owner: str, function: str) -> None:
        """`Index("ix_number", Order.number, unique=True)` after the class, or as a statement of its body."""
        match node.func:
            case ast.Name(id=called) | ast.Attribute(attr=called) if not function:
                if self.imports.get(called, called).rpartition(".")[2] in KEYS:
                    found = reduce(node)
                    assert isinstance(found, Apply)
                    self.keys.append((owner, found))

    def class_(self, node: ast.ClassDef, prefix: str, function: str) -> None:
        qualname = f"{prefix}{node.name}"
        attributes: dict[str, Declared] = {}
        tuples = [base for base in node.bases if isinstance(base, ast.Call) and is_named_tuple(base, self.imports)]
        for base in tuples:
            attributes.update(fields(base))
        for statement in _flat(node.body):
            match statement:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        if isinstance(target, ast.Name):
                            attributes[target.id] = Declared(None, reduce(value))
                case ast.AnnAssign(target=ast.Name(id=name)):
                    value_ = reduce(statement.value) if statement.value else None
                    attributes[name] = Declared(reduce(statement.annotation), value_)
        fact = ClassFact(
            qualname=qualname,
            line=node.lineno,
            bases=tuple(reduce(base.func if base in tuples else base) for base in node.bases),
            keywords=tuple((item.arg, reduce(item.value)) for item in node.keywords if item.arg),
            decorators=tuple(reduce(item) for item in node.decorator_list),
            attributes=attributes,
            methods={},
            self_attributes={},
            keepers={},
            fillers={},
        )
        self.classes[qualname] = fact
        self.block(node.body, f"{qualname}.", qualname, "")

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, prefix: str, owner: str, function: str) -> None:
        qualname = f"{prefix}{node.name}"
        overloaded = any("overload" in ast.unparse(item) for item in node.decorator_list)
        if qualname in self.functions or overloaded:
            qualname = f"{qualname}@{node.lineno}"
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        sketched, yields = sketch(node.body, self.imports)
        self.functions[qualname] = FunctionFact(
            qualname=qualname,
            line=first,
            end_line=node.end_lineno or node.lineno,
            parameters=_parameters(node.args),
            returns=reduce(node.returns) if node.returns else None,
            decorators=tuple(reduce(item) for item in node.decorator_list),
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=yields,
            owner=owner,
            nested_in=function,
            sketch=sketched,
            declares=_declares(node, owner, function),
            ending=_ending(node.body),
        )
        self._globals(node)
        if owner and not function and not overloaded:
            # A property's setter bears the property's name: the getter, which comes first, is what a read runs.
            self.classes[owner].methods.setdefault(node.name, qualname)
            self._self_attributes(node, owner)
            self._keepers(node, owner, qualname)
        self.block(node.body, f"{qualname}.<locals>.", "", qualname)

    def _globals(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """`global Session; Session = …`: a module's variable that a function sets up."""
        names = {name for item in node.body if isinstance(item, ast.Global) for name in item.names}
        if not names:
            return
        for item in _within(node.body):
            match item:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names:
                    known = self.variables.get(name)
                    given = inlined(reduce(value), _assigned_once(node.body))
                    made = isinstance(given, Apply) and not isinstance(known and known.value, Apply)
                    if known is None or known.value is None or _is_none(known.value) or made:
                        self.variables[name] = Declared(known.annotation if known else None, given)

    def _self_attributes(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str) -> None:
        if not node.args.args:
            return
        this = node.args.args[0].arg
        known = self.classes[owner].self_attributes
        local = _assigned_once(node.body)
        for statement in _within(node.body):
            match statement:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value):
                    annotation = None
                case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=name), attr=attribute), value=value):
                    annotation = reduce(statement.annotation)
                case _:
                    continue
            if name == this:
                given = Declared(annotation, inlined(reduce(value), local) if value else None, node.name)
                known[attribute] = _better(known.get(attribute), given)

    def _keepers(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str, qualname: str) -> None:
        """Note the method with each attribute that it sets through `self`, or fills there."""
        this = node.args.args[0].arg if node.args.args else ""
        fact = self.classes[owner]
        for attribute, fills in dict.fromkeys(kept_by(node.body, this)) if this else ():
            known = fact.fillers if fills else fact.keepers
            known[attribute] = (*known.get(attribute, ()), qualname)


def _assigned_once(body: Iterable[ast.AST]) -> dict[str, Expression]:
    """The local names of a function that one assignment binds, with what it binds."""
    found: dict[str, Expression] = {}
    several: set[str] = set()
    for node in _within(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                several |= {name} & found.keys()
                found[name] = reduce(value)
    return {name: value for name, value in found.items() if name not in several}


def _better(known: Declared | None, given: Declared) -> Declared:
    """Which of two assignments says what an attribute holds: `None` stands for not yet, `__init__` comes first."""
    if known is None:
        return given
    empty = given.value is None or _is_none(given.value)
    filled = known.value is not None and not _is_none(known.value)
    better, other = (known, given) if empty or filled and given.within != "__init__" else (given, known)
    return better if better.annotation else better._replace(annotation=other.annotation)


def _declares(node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str, function: str) -> Expression | None:
    if owner and node.name == "__getattr__":
        returned = (item.value for item in ast.walk(node) if isinstance(item, ast.Return))
        return next((reduce(item) for item in returned if isinstance(item, ast.Call)), None)
    return _declared(node, owner) if owner or not function else None


def _declared(node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str) -> Expression | None:
    """What a decorated method returns, or a function that does nothing else."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    if not (node.decorator_list if owner else len(body) == 1):
        return None
    for item in body:
        if isinstance(item, ast.Return) and (owner or isinstance(item.value, ast.Call)):
            return reduce(item.value)
    return None


def _ending(body: Sequence[ast.stmt]) -> str:
    """How a body ends, as far as its last statement says."""
    kinds = [_kind(statement) for statement in body]
    if all(kind in ("nothing", "unfinished") for kind in kinds):
        return "stub"
    return "raise" if kinds[-1] == "raise" else ""


def _kind(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Constant()):
            return "nothing"
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return "unfinished"
        case ast.Raise():
            return "raise"
    return ""


def _is_none(value: Expression | None) -> bool:
    return getattr(value, "value", 0) is None


def _within(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The assignments of a body, those in its blocks included."""
    for node in body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            yield node
        elif not isinstance(node, _SIMPLE):
            for field in _BLOCKS:
                yield from _within(getattr(node, field, ()))


def _is_main(node: ast.If) -> bool:
    match node.test:
        case ast.Compare(left=ast.Name(id="__name__")):
            return True
    return False


def _flat(body: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """The statements of a class body, those under `if` and `try` included."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            for field in _BLOCKS:
                yield from _flat(getattr(node, field, ()))
        else:
            yield node


def _parameters(arguments: ast.arguments) -> tuple[Parameter, ...]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    found = [_parameter(item, default) for item, default in zip(plain, defaults, strict=True)]
    if arguments.vararg:
        found.append(_parameter(arguments.vararg, None, "args"))
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [_parameter(item, default, "keyword") for item, default in pairs]
    if arguments.kwarg:
        found.append(_parameter(arguments.kwarg, None, "kwargs"))
    return tuple(found)


def _parameter(item: ast.arg, default: ast.expr | None, kind: str = "plain") -> Parameter:
    annotation = reduce(item.annotation) if item.annotation else None
    return Parameter(item.arg, annotation, reduce(default) if default else None, kind)
