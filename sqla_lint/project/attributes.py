"""Reading the declarations in a mapped class: columns, relationships, constraints, of bodies already put into words.

Facts: https://docs.sqlalchemy.org/en/20/orm/relationship_api.html and
https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqla_lint.flow.questions import Relationship
from sqla_lint.knowledge.loaders import LAZY
from sqla_lint.knowledge.mapping import ALL_CASCADES, CASCADE, COLUMNS, KEYED, RELATIONSHIPS, TELLING
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
    parse_annotation,
)
from sqla_lint.survey.facts import ClassFact, Declared

_ANNOTATED = {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}
_MANY = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "dict", "Dict", "WriteOnlyMapped",
                   "DynamicMapped", "InstrumentedList", "Iterable", "MutableSequence", "AbstractSet"})  # fmt: skip


def _called(value: Expression | None) -> str:
    """The word that is called."""
    return value.function.word if isinstance(value, Apply) and isinstance(value.function, Word) else ""


def is_relationship(value: Expression | None) -> bool:
    """Whether an attribute's value declares a relationship."""
    return _called(value) in RELATIONSHIPS


def has_keyword(value: Expression | None, name: str) -> bool:
    """Whether the call gives a keyword."""
    return isinstance(value, Apply) and value.keyword(name) is not None


def _options(value: Expression | None) -> Apply:
    """The call that carries the options: SQLModel may nest SQLAlchemy's in its own."""
    assert isinstance(value, Apply)
    inner = value.keyword("sa_relationship")
    if isinstance(inner, Apply):
        return inner
    extra = value.keyword("sa_relationship_kwargs")
    if isinstance(extra, Pairs):
        return Apply(value.function, value.arguments, (*value.keywords, *extra.items))
    if isinstance(extra, Apply) and dotted(extra.function) == "dict":
        return Apply(value.function, value.arguments, (*value.keywords, *extra.keywords))
    return value


def target(value: Expression, annotation: Expression | None) -> Expression | None:
    """What the relationship leads to, as written: its first argument, else its annotation."""
    call = _options(value)
    named = call.arguments[0] if call.arguments else call.keyword("argument")
    if isinstance(named, Produce):
        named = named.body
    if named is not None and not (isinstance(named, Literal) and named.value is None):
        return _unquoted(named)
    return _innermost(annotation)


def _unquoted(expression: Expression) -> Expression:
    if isinstance(expression, Literal) and isinstance(expression.value, str):
        return parse_annotation(expression.value)
    return expression


def quoted(expression: Expression | None) -> str:
    """The text of a string literal."""
    return expression.value if isinstance(expression, Literal) and isinstance(expression.value, str) else ""


def _innermost(annotation: Expression | None) -> Expression | None:
    """`Mapped[list["Order"]]` -> `Order`."""
    for _ in range(8):
        match annotation:
            case Literal(value=str(text)):
                annotation = parse_annotation(text)
            case Index(items=items):
                annotation = items[-1]
            case Choice(options=options):
                real = [item for item in options if not (isinstance(item, Literal) and item.value is None)]
                annotation = real[0] if real else None
            case _:
                break
    return annotation


def is_many(value: Expression, annotation: Expression | None) -> bool | None:
    """Whether the relationship holds a collection; None where only the foreign keys can tell."""
    call = _options(value)
    scalar = call.keyword("uselist")
    if isinstance(scalar, Literal):
        return bool(scalar.value)
    if call.keyword("collection_class") is not None:
        return True
    by_annotation = _annotated_many(annotation)
    if by_annotation is not None:
        return by_annotation
    if call.keyword("secondary") is not None:
        return True
    if call.keyword("remote_side") is not None:
        return False
    cascade = quoted(call.keyword("cascade"))
    if "delete-orphan" in cascade and call.keyword("single_parent") is None:
        return True
    return None


def is_keyed(value: Expression, annotation: Expression | None) -> bool:
    """Whether the collection is a dict: by its annotation, or by what makes it."""
    made = _options(value).keyword("collection_class")
    if made is not None:
        function = made.function if isinstance(made, Apply) else made
        return function.word in KEYED if isinstance(function, Word) else dotted(function) == "dict"
    for _ in range(4):
        match annotation:
            case Literal(value=str(text)):
                annotation = parse_annotation(text)
            case Index(base=Word(word=word), items=items) if word in ("Mapped", "Optional"):
                annotation = items[0]
            case Index(base=Word(word=word)):
                return word in ("dict", "Dict")
            case _:
                break
    return False


def _annotated_many(annotation: Expression | None) -> bool | None:
    for _ in range(6):
        match annotation:
            case Literal(value=str(text)):
                annotation = parse_annotation(text)
            case Index(base=Word(word=word)) if word in _MANY:
                return True
            case Index(items=items):
                annotation = items[0]
            case Choice(options=options):
                real = [item for item in options if not (isinstance(item, Literal) and item.value is None)]
                annotation = real[0] if real else None
            case Name(id=name):
                return name in _MANY
            case Member():
                return False
            case _:
                return None
    return None


def lazy(value: Expression, annotation: Expression | None = None) -> str:
    """The loader strategy of the mapping; one that cannot be read counts as loading early."""
    if _called(value) == "dynamic_loader":
        return "dynamic"
    written = _options(value).keyword("lazy")
    if written is None:
        word = annotation.base if isinstance(annotation, Index) else None
        return _ANNOTATED.get(word.word, "select") if isinstance(word, Word) else "select"
    if isinstance(written, Literal) and (written.value is None or isinstance(written.value, bool | str)):
        return LAZY.get(written.value, "selectin")
    return "selectin"


def reverse(value: Expression) -> str:
    """The name of the other side, by `back_populates` or `backref`."""
    call = _options(value)
    return quoted(call.keyword("back_populates")) or backref(value)[0]


def backref(value: Expression) -> tuple[str, Apply]:
    """The other side that `backref` makes: its name, and the call that says more of it."""
    written = _options(value).keyword("backref")
    if isinstance(written, Apply) and written.arguments:
        return quoted(written.arguments[0]), written
    return quoted(written), Apply(Word("backref"), (), ())


def is_scalar(value: Apply) -> bool:
    """Whether a `backref(…)` is said to hold one."""
    return value.keyword("uselist") == Literal(False)


def declares_columns(fact: ClassFact) -> bool:
    """Whether a class body has columns of SQLAlchemy's own spelling; `Field` is pydantic's as well."""
    return any(value is None or _called(value) in TELLING for _, value in columns(fact))


def columns(fact: ClassFact) -> Iterator[tuple[str, Expression | None]]:
    """The mapped columns of a class body, by name."""
    for name, declared in fact.attributes.items():
        if _called(declared.value) in COLUMNS:
            yield name, declared.value
        elif declared.value is None and is_mapped(declared.annotation):
            yield name, None


def fields(fact: ClassFact) -> Iterator[tuple[str, Declared]]:
    """The columns that a SQLModel makes of annotations alone."""
    for name, declared in fact.attributes.items():
        base = declared.annotation.base if isinstance(declared.annotation, Index) else None
        if declared.annotation is not None and base != Word("ClassVar") and not isinstance(declared.value, Apply):
            yield name, declared


def is_mapped(annotation: Expression | None) -> bool:
    """Whether an annotation says of itself that the attribute is mapped."""
    return isinstance(annotation, Index) and annotation.base == Word("Mapped")


def flag(column: Expression | None, name: str) -> bool:
    """Whether a column is declared with `name=True`, in a nested `Column` too."""
    if not isinstance(column, Apply):
        return False
    written = column.keyword(name)
    if isinstance(written, Literal):
        return bool(written.value)
    inner = [*column.arguments, column.keyword("sa_column")]
    return any(flag(item, name) for item in inner if _called(item) in COLUMNS)


def foreign_keys(column: Expression | None) -> Iterator[str]:
    """The targets "table.column" (or "Class.column") of a column's foreign keys."""
    if not isinstance(column, Apply):
        return
    if quoted(column.keyword("foreign_key")):
        yield quoted(column.keyword("foreign_key"))
    for item in (*column.arguments, column.keyword("sa_column")):
        if _called(item) == "ForeignKey":
            assert isinstance(item, Apply)
            first = item.arguments[0] if item.arguments else None
            yield quoted(first) or dotted(first)
        elif _called(item) in COLUMNS:
            yield from foreign_keys(item)


def table_name(fact: ClassFact) -> str:
    """`__tablename__`, where it is written out."""
    declared = fact.attributes.get("__tablename__")
    return quoted(declared.value) if declared else ""


def named(table: Apply | None) -> str:
    """The name of a `Table(…)`."""
    return quoted(table.arguments[0]) if table is not None and table.arguments else ""


def bound(fact: ClassFact) -> Iterator[str]:
    """The names that a class body binds: an annotation alone binds one only where it maps."""
    for name, declared in fact.attributes.items():
        if declared.value is not None or is_mapped(declared.annotation):
            yield name


def unique_constraints(items: Iterable[Expression]) -> list[frozenset[str]]:
    """The column sets that the arguments of a table make unique."""
    found = []
    for item in items:
        if not isinstance(item, Apply):
            continue
        name = _called(item)
        # A deferred constraint is checked at the commit, a partial index speaks of some rows only.
        if any(key in ("deferrable", "initially") or key.endswith("_where") for key, _ in item.keywords):
            continue
        if name == "UniqueConstraint":
            found.append(_column_names(item.arguments))
        elif name == "Index" and flag(item, "unique"):
            found.append(_column_names(item.arguments[1:]))
    return [item for item in found if item]


def primary_constraint(items: Iterable[Expression]) -> frozenset[str]:
    """The columns that a `PrimaryKeyConstraint` among the arguments of a table names."""
    found = (item for item in items if isinstance(item, Apply) and _called(item) == "PrimaryKeyConstraint")
    return frozenset(name for item in found for name in _column_names(item.arguments))


def table_columns(table: Apply) -> Iterator[tuple[str, Apply]]:
    """The columns of a `Table(…)`, by name."""
    for item in table.arguments:
        if isinstance(item, Apply) and _called(item) == "Column":
            name = quoted(item.arguments[0]) if item.arguments else quoted(item.keyword("name"))
            if name:
                yield name, item


def _column_names(items: tuple[Expression, ...]) -> frozenset[str]:
    names = [quoted(item) or dotted(item).rpartition(".")[2] for item in items]
    # An expression among them (`func.lower(email)`) is not a column whose values can be compared.
    return frozenset(names) if all(names) else frozenset()


def proxies(fact: ClassFact) -> Iterator[tuple[str, str]]:
    """The association proxies of a class body, each with the relationship it goes through."""
    for name, declared in fact.attributes.items():
        if _called(declared.value) in ("association_proxy", "AssociationProxy"):
            assert isinstance(declared.value, Apply)
            if declared.value.arguments and quoted(declared.value.arguments[0]):
                yield name, quoted(declared.value.arguments[0])


def table_foreign_keys(items: Iterable[Expression]) -> Iterator[tuple[str, str]]:
    """The foreign keys that the arguments of a table declare: the column, and the target as it is written."""
    for item in items:
        if _called(item) == "ForeignKeyConstraint" and isinstance(item, Apply) and len(item.arguments) > 1:
            own, targets = (one.items if isinstance(one, Items) else () for one in item.arguments[:2])
            for column, target in zip(own, targets, strict=False):
                yield quoted(column) or dotted(column).rpartition(".")[2], quoted(target) or dotted(target)


def keys_of(value: Expression, owner: str) -> tuple[str, ...]:
    """The columns that `foreign_keys=` names of the class that declares the relationship."""
    given = _options(value).keyword("foreign_keys")
    found = []
    for item in given.items if isinstance(given, Items) else (given,):
        for text in quoted(item).strip("[] ").split(",") if quoted(item) else [dotted(item)]:
            place, _, name = text.strip().rpartition(".")
            if name and place.partition(".")[0] in (owner, ""):
                found.append(name)
    return tuple(found)


def cascade(value: Expression) -> frozenset[str]:
    """What `cascade=` says, `all` taken apart."""
    written = _options(value).keyword("cascade")
    if not quoted(written):
        silent = isinstance(written, Literal) and (written.value is False or written.value == "")
        return frozenset() if silent or flag(_options(value), "viewonly") else CASCADE
    words = frozenset(word.strip() for word in quoted(written).split(","))
    return (words - {"all", "none", ""}) | (ALL_CASCADES if "all" in words else frozenset())


def secondary(value: Expression) -> str:
    """The table between the two sides: its name, or "?" where that is not written out."""
    written = _options(value).keyword("secondary")
    if written is None or written == Literal(None):
        return ""
    return quoted(_unlambda(written)) or dotted(_unlambda(written)) or "?"


def _unlambda(value: Expression) -> Expression:
    return value.body if isinstance(value, Produce) else value


def passive_deletes(value: Expression) -> str:
    """What `passive_deletes=` says: "yes", "all" or nothing."""
    written = _options(value).keyword("passive_deletes")
    if not isinstance(written, Literal) or not written.value:
        return ""
    return "all" if written.value == "all" else "yes"


def detailed(relationship: Relationship, value: Expression) -> Relationship:
    """A relationship with what its declaration, or that of a `backref`, says beside its target."""
    call = _options(value)
    return replace(
        relationship,
        cascade=cascade(value),
        secondary=secondary(value),
        passive_deletes=passive_deletes(value),
        viewonly=flag(call, "viewonly"),
        single_parent=flag(call, "single_parent"),
        order_by=call.keyword("order_by") not in (None, Literal(None), Literal(False)),
        joins=call.keyword("primaryjoin") is not None,
        backref=relationship.backref or has_keyword(call, "backref"),
        cascade_backrefs=call.keyword("cascade_backrefs") != Literal(False),
    )
