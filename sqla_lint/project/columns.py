"""Reading the columns of a mapped class: types, defaults, keys, of bodies already put into words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sqla_lint.flow.columns import Column, Default, ForeignKey
from sqla_lint.knowledge import columns as known
from sqla_lint.knowledge.mapping import COLUMNS, is_family
from sqla_lint.project.attributes import unique_constraints
from sqla_lint.project.origins import Origins
from sqla_lint.project.words import Words
from sqla_lint.survey.expressions import (
    Apply,
    Choice,
    Expression,
    Index,
    Items,
    Literal,
    Member,
    Name,
    Pairs,
    Produce,
    Word,
    dotted,
)
from sqla_lint.survey.facts import Declared

_DEEPEST = 6
_INNERMOST = frozenset({"Column", "mapped_column"})
_KINDS = {"composite": "composite", "query_expression": "query_expression", "synonym": "synonym"}
_NOTHING = (None, Literal(None))


@dataclass(frozen=True, slots=True)
class _Spelling:
    """The calls that declare one column, the outermost first: `deferred(Column(…))`, `Field(sa_column=Column(…))`."""

    layers: tuple[Apply, ...]

    def keyword(self, *names: str) -> Expression | None:
        """What the outermost call that has one of the keywords gives for it."""
        for layer in self.layers:
            for name in names:
                found = layer.keyword(name)
                if found is not None:
                    return found
        return None

    def flag(self, name: str) -> bool | None:
        """A keyword that is written out as true or false."""
        found = self.keyword(name)
        return bool(found.value) if isinstance(found, Literal) else None

    @property
    def arguments(self) -> tuple[Expression, ...]:
        """The positional arguments of the columns."""
        return tuple(item for layer in self.layers if _called(layer) in _INNERMOST for item in layer.arguments)

    @property
    def words(self) -> frozenset[str]:
        """The words that are called."""
        return frozenset(map(_called, self.layers))


class Columns:
    """Reads columns, and resolves what they name."""

    def __init__(self, words: Words, origins: Origins) -> None:
        self._words = words
        self._origins = origins

    def read(self, owner: str, name: str, declared: Declared, dataclass_like: bool) -> Column:
        """A column as declared in the body of `owner`. dataclass_like: its constructor sets the defaults."""
        module = owner.partition(":")[0]
        declared = declared._replace(annotation=self._expanded(module, declared.annotation))
        spelled = _Spelling(tuple(_layers(declared.value)))
        type_, tracked, shallow = self._type(module, spelled, declared.annotation)
        default = self._default_of(module, spelled, declared)
        early = "Field" in spelled.words or not spelled.layers or dataclass_like
        primary = spelled.flag("primary_key") or False
        items = [self._words.word(module, item.function) or _called(item) for item in _calls(spelled.arguments)]
        server = self._server(spelled, "server_default") or not known.GENERATING.isdisjoint(items)
        return Column(
            name,
            owner,
            name_in_table(declared.value) or name,
            _kind(spelled),
            type_,
            tracked or self._all_tracked,
            spelled.flag("deferred") or not spelled.words.isdisjoint(("deferred", "query_expression")),
            _text(spelled.keyword("deferred_group")) or _group(spelled),
            _nullable(spelled, declared.annotation, primary),
            primary,
            spelled.flag("unique") or False,
            default,
            early and default is not None and spelled.keyword("insert_default") is None,
            server,
            self._onupdate(module, spelled),
            autoincrement=_autoincrement(spelled),
            foreign_keys=tuple(_foreign_keys(spelled)),
            shallow=shallow and not self._all_tracked,
        )

    def _expanded(self, module: str, annotation: Expression | None) -> Expression | None:
        """`Mapped[key]` where `key = Annotated[int, mapped_column(…)]` is `Mapped[int]`."""
        match annotation:
            case Index(base=Word(word="Mapped"), items=(Name() | Member() as alias,)):
                home, held = self._words.held(module, alias)
                if isinstance(held, Index) and self._words.word(home, held.base) == "Annotated":
                    return Index(annotation.base, (self._words.annotation(home, held.items[0]) or held.items[0],))
        return annotation

    # Types.

    @cached_property
    def _all_tracked(self) -> bool:
        """Whether the project has changes noticed by a call that speaks of columns declared elsewhere."""
        bodies = (facts.body_sketch for facts in self._origins.index.files)
        calls = (call.rpartition(".")[2] for body in bodies if body is not None for call in body.calls)
        return not known.TRACKING.isdisjoint(calls)

    def _type(self, module: str, spelled: _Spelling, annotation: Expression | None) -> tuple[str, bool, bool]:
        """The name of the type, whether changes within its values are noticed, and whether only the outermost are."""
        written = spelled.keyword("type_", "sa_type")
        if written is None:
            written = next((item for item in spelled.arguments if self._may_be_type(module, item)), None)
        if written is not None:
            return self._type_named(module, written, 0)
        return known.BY_ANNOTATION.get(_annotated(annotation), ""), False, False

    def _may_be_type(self, module: str, item: Expression) -> bool:
        made = item.function if isinstance(item, Apply) else item
        name = made.word if isinstance(made, Word) else self._words.word(module, made)
        return not isinstance(item, Literal) and name not in known.SCHEMA_ITEMS

    def _type_named(self, module: str, written: Expression, depth: int) -> tuple[str, bool, bool]:
        if depth > _DEEPEST:
            return "", False, False
        match written:
            case Apply(function=Member(base=base, name="with_variant" | "evaluates_none")):
                return self._type_named(module, base, depth + 1)
            case Apply(function=Member(base=tracker, name="as_mutable"), arguments=(inner, *_)):
                found = self._origins.origin(module, tracker)
                return self._type_named(module, inner, depth + 1)[0], True, found.name in known.SHALLOW
            case Apply(function=function):
                return self._type_named(module, function, depth + 1)
            case Name() | Member():
                home, held = self._words.held(module, written)
                if held is not None:
                    return self._type_named(home, held, depth + 1)
                found = self._origins.origin(module, written)
                theirs = found.kind == "external" and is_family(found.name) or found.kind == "unknown"
                name = self._words.word(module, written).removesuffix("()") if theirs else ""
                return (name if name[:1].isupper() else ""), False, False
        return "", False, False

    # Defaults.

    def _default_of(self, module: str, spelled: _Spelling, declared: Declared) -> Default | None:
        if not spelled.layers:
            return None if declared.value in _NOTHING else self._default(module, declared.value, 0)
        factory = spelled.keyword("default_factory")
        if factory is not None:
            return Default("callable", dotted(factory))
        written = spelled.keyword("insert_default", "default")
        if written is None and _called(spelled.layers[0]) == "Field" and spelled.layers[0].arguments:
            written = spelled.layers[0].arguments[0]
        if isinstance(written, Member | Name) and written in (Name("Ellipsis"), Name("...")):
            return None
        return None if written in _NOTHING else self._default(module, written, 0)

    def _default(self, module: str, written: Expression | None, depth: int) -> Default:
        match written:
            case Literal(value=value):
                return Default("constant", "", value)
            case Items() | Pairs():
                return Default("mutable")
            case Produce():
                return Default("callable")
            case Name() | Member():
                return self._named_default(module, written)
            case Apply() if depth <= _DEEPEST:
                return self._called_default(module, written, depth)
        return Default("unknown")

    def _named_default(self, module: str, written: Name | Member) -> Default:
        """A name is a callable or a constant: of what it stands for, else of its spelling."""
        text = dotted(written)
        if not text:
            # `uuid4().hex` is worked out with the call that it is taken of.
            base = written.base if isinstance(written, Member) else None
            return self._default(module, base, 1) if isinstance(base, Apply) else Default("unknown")
        found = self._origins.origin(module, written)
        last = text.rpartition(".")[2]
        if found.kind in ("function", "class") or found.kind == "external" and not last.isupper():
            return Default("callable", text)
        if (
            last.isupper()
            or isinstance(written, Member)
            and (last in ("value", "name") or self._lists(module, written))
        ):
            return Default("constant", text)
        return Default("unknown", text)

    def _lists(self, module: str, written: Member) -> bool:
        """Whether it is a member of an enumeration: a class of the project sets the name in its body."""
        found = self._origins.origin(module, written.base)
        facts = self._origins.facts(found.id) if found.kind == "class" else ()
        return any(written.name in fact.attributes for _, fact in facts)

    def _called_default(self, module: str, written: Apply, depth: int) -> Default:
        """What a call gives, when the class is made."""
        if isinstance(written.function, Member) and not dotted(written.function):
            inner = written.function.base
            return self._default(module, inner, depth + 1) if isinstance(inner, Apply) else Default("unknown")
        text = dotted(written.function)
        found = self._origins.origin(module, written.function)
        if found.kind == "function":
            fact = self._origins.index.function_fact(found.id)
            if fact is not None and isinstance(fact.declares, Apply) and not fact.decorators:
                return self._default(found.module, fact.declares, depth + 1)._replace(text=text)
            return Default("unknown", text)
        if found.kind != "external":
            return Default("unknown", text)
        if is_family(found.name):
            return Default("sql", text)
        if found.name == "functools.partial":
            return Default("callable", dotted(written.arguments[0]) if written.arguments else "")
        if found.name in known.CONTAINERS:
            return Default("mutable", text)
        if found.name in known.VARYING:
            return Default("called", text)
        inner_kinds = {self._default(module, item, depth + 1).kind for item in written.arguments}
        if "called" in inner_kinds:
            return Default("called", text)
        ours = found.name.partition(".")[0] in sys.stdlib_module_names and "unknown" not in inner_kinds
        return Default("constant" if ours else "unknown", text)

    def _onupdate(self, module: str, spelled: _Spelling) -> str:
        written = spelled.keyword("onupdate")
        if written in _NOTHING:
            return "server" if self._server(spelled, "server_onupdate") else ""
        return self._default(module, written, 0).kind

    def _server(self, spelled: _Spelling, keyword: str) -> bool:
        return spelled.keyword(keyword) not in _NOTHING


def generated(columns: dict[str, Column]) -> dict[str, Column]:
    """The columns of a class, its primary key told who gives it a value where the program gives none."""
    primary = [item for item in columns.values() if item.primary_key]
    return {
        name: item._replace(generated=_giver(item, len(primary) == 1)) if item.primary_key else item
        for name, item in columns.items()
    }


def unique(columns: dict[str, Column], arguments: Iterable[Expression]) -> tuple[frozenset[str], ...]:
    """The sets of attributes that are unique: by their columns, and by the arguments of the table."""
    attributes = {item.column: name for name, item in columns.items()}
    found = [frozenset({name}) for name, item in columns.items() if item.unique]
    found += [frozenset(attributes.get(name, name) for name in item) for item in unique_constraints(arguments)]
    return tuple(dict.fromkeys(found))


def _giver(item: Column, alone: bool) -> str:
    if item.server_default or item.default is not None and item.default.kind == "sql":
        return "database"
    if item.default is not None:
        return "python"
    counts = item.type in known.INTEGERS and not item.foreign_keys
    return "database" if counts and item.autoincrement != "no" and (alone or item.autoincrement == "yes") else ""


def _called(value: Expression | None) -> str:
    return value.function.word if isinstance(value, Apply) and isinstance(value.function, Word) else ""


def _calls(items: tuple[Expression, ...]) -> Iterator[Apply]:
    for item in items:
        if isinstance(item, Apply):
            yield item


def _layers(value: Expression | None) -> Iterator[Apply]:
    """The calls that declare a column, from the outermost in; what SQLModel hands on to SQLAlchemy is one as well."""
    if not isinstance(value, Apply) or _called(value) not in COLUMNS:
        return
    yield value
    if _called(value) == "composite":
        return
    further = value.keyword("sa_column_kwargs")
    if isinstance(further, Pairs):
        yield Apply(Word("mapped_column"), (), further.items)
    elif isinstance(further, Apply) and dotted(further.function) == "dict":
        yield Apply(Word("mapped_column"), (), further.keywords)
    given = value.keyword("sa_column_args")
    if isinstance(given, Items):
        yield Apply(Word("mapped_column"), given.items, ())
    for item in (*value.arguments[:1], value.keyword("sa_column")):
        yield from _layers(item)


def _kind(spelled: _Spelling) -> str:
    for layer in spelled.layers:
        if _called(layer) in _KINDS:
            return _KINDS[_called(layer)]
    computed = "column_property" in spelled.words and "Column" not in spelled.words
    return "expression" if computed else "column"


def _text(value: Expression | None) -> str:
    return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""


def name_in_table(value: Expression | None) -> str:
    """The name that a column is given in the table: a first text, or by keyword."""
    for layer in _layers(value):
        if _called(layer) in _INNERMOST:
            written = _text(layer.arguments[0]) if layer.arguments else ""
            if written or _text(layer.keyword("name")):
                return written or _text(layer.keyword("name"))
    return ""


def _group(spelled: _Spelling) -> str:
    return next((_text(layer.keyword("group")) for layer in spelled.layers if _called(layer) == "deferred"), "")


def _autoincrement(spelled: _Spelling) -> str:
    said = spelled.flag("autoincrement")
    return "yes" if said else "" if said is None else "no"


def _nullable(spelled: _Spelling, annotation: Expression | None, primary: bool) -> bool:
    """Whether the table lets it be NULL: as said, else by its key, else by the annotation."""
    said = spelled.flag("nullable")
    if said is not None:
        return said
    if primary:
        return False
    if "Column" in spelled.words:
        return True
    held = annotation.items[0] if isinstance(annotation, Index) and annotation.base == Word("Mapped") else None
    if held is None and ("Field" in spelled.words or not spelled.layers):
        held = annotation  # SQLModel goes by the bare annotation
    return held is None or _is_optional(held)


def _is_optional(annotation: Expression) -> bool:
    match annotation:
        case Index(base=Word(word="Optional")):
            return True
        case Index(base=Word(word="Annotated"), items=(inner, *_)):
            return _is_optional(inner)
        case Choice(options=options):
            return any(item == Literal(None) or _is_optional(item) for item in options)
    return False


def _annotated(annotation: Expression | None) -> str:
    """The name of the Python type within an annotation: `Mapped[Optional[int]]` -> `int`."""
    for _ in range(_DEEPEST):
        match annotation:
            case Index(base=Word(word="Mapped" | "Optional" | "Annotated"), items=(inner, *_)):
                annotation = inner
            case Choice(options=options):
                real = [item for item in options if item != Literal(None)]
                annotation = real[0] if len(real) == 1 else None
            case Name() | Member():
                return dotted(annotation).rpartition(".")[2]
            case _:
                return ""
    return ""


def _foreign_keys(spelled: _Spelling) -> Iterator[ForeignKey]:
    written = _text(spelled.keyword("foreign_key"))
    if written:
        yield ForeignKey(written, ondelete=_text(spelled.keyword("ondelete")))
    for item in _calls(spelled.arguments):
        if _called(item) == "ForeignKey":
            first = item.arguments[0] if item.arguments else item.keyword("column")
            deferred = _text(item.keyword("initially")).upper() == "DEFERRED"
            yield ForeignKey(_text(first) or dotted(first), "", "", _text(item.keyword("ondelete")), deferred)
