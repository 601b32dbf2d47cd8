"""Statements, queries and results: building them, executing them, taking their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.bulk import note_query_update
from sqla_lint.flow.constructs import entities, generated, select
from sqla_lint.flow.failures import sent
from sqla_lint.flow.frame import Arguments, Frame
from sqla_lint.flow.froms import references
from sqla_lint.flow.half_built import loads, note_flushed
from sqla_lint.flow.instances import note_load, target_of
from sqla_lint.flow.lattice import join
from sqla_lint.flow.loaded import fill
from sqla_lint.flow.locking import marks_of, note_locked
from sqla_lint.flow.lookups import narrowed, note_got, note_repeated, sent_by
from sqla_lint.flow.noted import note_iterated
from sqla_lint.flow.partly import marks_of_part, note_passed_by
from sqla_lint.flow.passed_over import note_passed_over
from sqla_lint.flow.places import Place, nodes
from sqla_lint.flow.polling import COMMITTING, RENEWING, note_renewed
from sqla_lint.flow.questions import Effect, MappingOf
from sqla_lint.flow.second import note_statement
from sqla_lint.flow.sent import note_sent
from sqla_lint.flow.steps import ANY_COLUMN, after, joined, named, naming
from sqla_lint.flow.transactions import follow
from sqla_lint.flow.unwritten import fetched, written
from sqla_lint.flow.values import (
    ANY_PARENT,
    PARENT,
    UNKNOWN,
    Collection,
    ColumnValue,
    Constant,
    Coroutine,
    Instance,
    MappedAttribute,
    OneOf,
    Producer,
    Result,
    Session,
    Statement,
    Symbol,
    Text,
    TupleValue,
    Value,
)
from sqla_lint.knowledge import statements


def statement_method(frame: Frame, value: Statement, name: str, arguments: Arguments, node: cst.Call) -> Value:
    """A method of a select or a Query: another statement, or what executing it gives."""
    if name in statements.GENERATIVE:
        known = narrowed(frame, value, name, arguments)
        return replace(_generative(value, name, arguments, frame, frame.place(node)), narrowed=known)
    if name in statements.ADDING:
        return replace(value, entities=(*value.entities, *entities(arguments.positional)), plain=False)
    if name in ("with_entities", "with_only_columns"):
        made = select(arguments)
        return replace(value, entities=made.entities, plain=made.plain)
    if value.kind == "query":
        return _terminal(frame, value, name, arguments, node)
    return UNKNOWN


def _generative(value: Statement, name: str, arguments: Arguments, frame: Frame, place: Place) -> Statement:
    match name:
        case "execution_options" if arguments.keywords.get("autoflush") == Constant(False):
            return replace(value, flushes=False)
        case "autoflush" if arguments.first() == Constant(False):
            return replace(value, flushes=False)
    if marks := marks_of(name, arguments):
        value = replace(value, criteria=(*value.criteria, *marks))
    if name == "with_parent":
        # All rows have this parent: reading it back costs nothing, whichever relationship leads there.
        return replace(value, filtered=True, criteria=(*value.criteria, (_parent(arguments.first()), UNKNOWN)))
    made = generated(value, name, arguments, place)
    if name in statements.SORTING:
        made = replace(made, steps=reduce(after, map(naming, _titles(arguments)), made.steps))
    if name in statements.FILTERING:
        criteria = (*value.criteria, *criteria_of(frame, arguments))
        if name in ("filter", "where"):
            made = replace(made, steps=reduce(after, references(frame, arguments, place), made.steps))
        return replace(made, criteria=tuple(dict.fromkeys(criteria)))
    return made


def _titles(arguments: Arguments) -> Iterator[str]:
    """The names in arguments that begin as those of classes do."""
    for argument in arguments.nodes:
        names = (item.value for item in nodes(argument) if isinstance(item, cst.Name))
        yield from (name for name in names if name[0].isupper())


def _parent(value: Value) -> str:
    match value:
        case Instance(cls=cls):
            return f"{PARENT}{cls}"
        case Symbol(path=(*_, name)):
            return f"{PARENT}{name}"
    return ANY_PARENT


def criteria_of(frame: Frame, arguments: Arguments) -> tuple[tuple[str, Value], ...]:
    """The pairs (column, value) that a `filter`, `where` or `filter_by` compares for equality."""
    found = [(name, held(frame, arguments.keywords[name], node)) for name, node in arguments.keyword_nodes.items()]
    if arguments.spread:
        found.append((ANY_COLUMN, UNKNOWN))
    todo = list(arguments.nodes)
    while todo:
        node = todo.pop()
        match node:
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(cst.Equal(), right)]):
                for one, other in ((left, right), (right, left)):
                    match one:
                        case cst.Attribute(attr=cst.Name(value=column)) if _on_class(frame, one):
                            if isinstance(other, cst.Attribute) and _on_class(frame, other):
                                break  # rows of two tables, with whatever value
                            found.append((column, _peek(frame, other)))
                            break
                        case cst.Attribute(value=cst.Attribute(attr=cst.Name(value="c" | "columns"))):
                            found.append((ANY_COLUMN, UNKNOWN))  # of a table: no class tells what it is
                            break
            case cst.Call(func=cst.Name(value="and_"), args=args):
                todo += [item.value for item in args]
            case cst.BinaryOperation(left=left, operator=cst.BitAnd(), right=right):
                todo += [left, right]
    return tuple(dict.fromkeys(found))


def _on_class(frame: Frame, node: cst.BaseExpression) -> bool:
    with frame.silent():
        return isinstance(frame.evaluate(node), MappedAttribute)


def _peek(frame: Frame, node: cst.BaseExpression) -> Value:
    with frame.silent():
        return held(frame, frame.evaluate(node), node)


def held(frame: Frame, value: Value, node: cst.BaseExpression) -> Value:
    """What a column is given, in a form that is equal for equal values."""
    match value:
        case Constant() | ColumnValue() | Symbol():
            return value
        case Instance(identity=identity) if identity:
            return ColumnValue(identity, "")
    return Text(frame.slice.text(node))


def _terminal(frame: Frame, value: Statement, name: str, arguments: Arguments, node: cst.Call) -> Value:
    """Execute a Query, or a dynamic relationship."""
    if name in statements.QUERY_ROWS:
        note_sent(frame, value, name, node)
    if name in statements.QUERY_SENDS:
        execute(frame, value.session, sent_by(value, name))
        if name not in statements.WRITING:
            read_dynamic(frame, value, node)
    if name == "update" and isinstance(node, cst.Call) and node.args:
        note_query_update(frame, value, node)
    if name in statements.WRITING and value.session is not None:
        note_effect(frame, value.session, "write")
        note_statement(frame, value.session, replace(value, kind=name))
    if name in statements.QUERY_MANY:
        return collection(frame, value, node)
    if name == "paginate":
        return collection(frame, value, node)  # its `.items` are the rows
    if name in statements.QUERY_ONE:
        if name.startswith("get") and arguments.nodes and value.scalar:
            key = held(frame, arguments.positional[0], arguments.nodes[0])
            value = replace(value, criteria=(*value.criteria, ("<pk>", key)))
            note_got(frame, value, name, arguments)
            note_passed_over(frame, value.session, value, node)
        return row(frame, value, node)
    if name == "scalar":
        return entity(frame, value, 0, node)
    if name in ("scalars", "yield_per"):
        return collection(frame, value, node)
    return UNKNOWN


def execute(frame: Frame, session: Session | None, statement: Statement | None, flushes: bool = True) -> None:
    """A statement is sent: the session flushes first where it does, and holds a connection afterwards."""
    fetched(frame)
    if statement is not None:
        note_repeated(frame, statement if session is None else replace(statement, session=session))
    if session is None:
        frame.may_raise()
        return
    silent = not flushes or session.key in frame.state.no_autoflush or not session.autoflush
    writes = False
    if not silent and (statement is None or statement.flushes):
        writes = bool(frame.state.pending(session.key))
        if frame.making.follows and loads(statement):
            if writes:
                note_flushed(frame, session)
            note_effect(frame, session, "loads")
        frame.state.flush(session.key)
        written(frame)
    sent(frame, session, "autoflush" if writes else "statement")
    note_effect(frame, session, "sql")
    if statement is not None:
        note_locked(frame, session, statement, frame.current)


def _is_missed(frame: Frame, guard: cst.BaseExpression | None) -> bool:
    """Whether a branch is for the row that a query here has not found: of what is new that is the usual way."""
    match guard:
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.Name(value=name)):
            pass
        case cst.Comparison(
            left=cst.Name(value=name), comparisons=[cst.ComparisonTarget(cst.Is(), cst.Name(value="None"))]
        ):
            pass
        case _:
            return False
    held = frame.state.names.get(name)
    return isinstance(held, Instance) and (held.new or held.producer is not None and held.producer.seen)


def note_effect(
    frame: Frame,
    session: Session,
    op: str,
    instance: Instance | None = None,
    durable: bool = False,
    like: Effect | None = None,
) -> None:
    """Keep, for the summary, what happens to a session that is not this function's own; `like` is a callee's effect."""
    if op in RENEWING and (session.expire_on_commit or op not in COMMITTING):
        note_renewed(frame, session.key)
    follow(frame, session, op, like)
    if like is None or like.must:
        frame.state.done |= {(op, session.key)}
    if not frame.emitting or session.key in frame.opened:
        return
    if session.key.startswith("site:") and session.key not in frame.captured_keys:
        return  # entered here by a manager that closes it
    usual = (like is None or like.usual) and all(_is_missed(frame, guard) for guard in frame.guards)
    key = (op, session.key, instance.cls if instance else None)
    known, once = frame.outcome.effects.get(key), like is not None and like.once
    if known is None or known.once and not once:
        place = frame.place(frame.current)
        durable = durable or any(item.swallows for item in frame.handlers)
        works = frame.state.dirty
        outside = like.outside if like is not None else ""
        effect = Effect(op, session.key, False, usual, place, instance, durable, works, outside, once)
        frame.outcome.effects[key] = effect
    elif usual:
        frame.outcome.effects[key] = replace(known, usual=True)


def producer_of(frame: Frame, value: Statement, node: cst.CSTNode) -> Producer:
    """Where the rows of a statement come from."""
    inside = frame.loops[-1].id if frame.loops else 0
    return Producer(value.owner is None, frame.place(node), value.root, inside, joined(value.steps), named(value.steps))


def entity(frame: Frame, value: Statement, index: int, node: cst.CSTNode) -> Value:
    """What stands at one position of a row of the statement."""
    found = value.entities[index] if index < len(value.entities) else UNKNOWN
    if not isinstance(found, Instance):
        return UNKNOWN
    beside = value.entities if len(value.entities) > 1 else ()
    return replace(
        found,
        free=found.free | _held_by_row(frame, found, beside) if beside else found.free,
        load=value.load,
        producer=producer_of(frame, value, node),
        session=value.session.key if value.session else "",
        values=(*value.criteria, *marks_of_part(frame, value)),
        identity=frame.number(node),
        rows=frame.loops[-1].id if frame.loops else 0,
        asynchronous=value.session is not None and value.session.kind == "async",
    )


def _held_by_row(frame: Frame, one: Instance, beside: tuple[Value, ...]) -> frozenset[str]:
    """The single objects that an entity refers to and that stand beside it in the row: the session holds them."""
    info = frame.ask(MappingOf(one.cls))
    others = {item.cls for item in beside if isinstance(item, Instance)}
    related = info.relationships.values() if info is not None else ()
    return frozenset(item.name for item in related if item.many_to_one and item.target in others)


def row(frame: Frame, value: Statement, node: cst.CSTNode, scalars: bool = False) -> Value:
    """One row: the instance itself for a Query of one entity and for scalars, else a row of them."""
    if value.kind not in ("select", "query"):
        return UNKNOWN
    _note_target(frame, value)
    if scalars or (value.kind == "query" and value.scalar):
        return entity(frame, value, 0, node)
    return TupleValue(tuple(entity(frame, value, index, node) for index in range(len(value.entities))))


def _note_target(frame: Frame, value: Statement) -> None:
    """A row that is asked for by what a column of another one holds: the many-to-one of that one finds it at hand."""
    found = value.entities[0] if value.entities else UNKNOWN
    for column, given in value.criteria:
        if isinstance(given, ColumnValue) and given.identity and given.column and isinstance(found, Instance):
            info = frame.ask(MappingOf(found.cls))
            if column == "<pk>" or info is not None and {column} == info.primary:
                frame.state.loaded |= {target_of(found.cls, given.identity)}


def collection(frame: Frame, value: Statement, node: cst.CSTNode, scalars: bool = False) -> Value:
    """All rows of an executed statement."""
    element = row(frame, value, node, scalars)
    if value.limit is None:
        rows = element.items if isinstance(element, TupleValue) else (element,)
        frame.state.loaded |= {item.cls for item in rows if isinstance(item, Instance)}
    note_passed_by(frame, value)
    fill(frame, value)
    return Collection(element, producer_of(frame, value, node), value.limit)


def rows_of(frame: Frame, value: Value, node: cst.CSTNode) -> Value:
    """What is iterated over: a Query is executed by it."""
    if not isinstance(value, Statement):
        note_iterated(frame, value, node)
        return value
    note_sent(frame, value, "iteration", node)
    frame.current = node
    execute(frame, value.session, value)
    read_dynamic(frame, value, node)
    return collection(frame, value, node)


def result(frame: Frame, value: Value, node: cst.CSTNode, scalars: bool = False) -> Value:
    """What `session.execute(value)` gives, or `session.scalars(value)`."""
    if not isinstance(value, Statement) or value.kind not in ("select", "query"):
        return Result(UNKNOWN, Producer(False))
    found = collection(frame, value, node, scalars)
    assert isinstance(found, Collection) and found.producer is not None
    return Result(found.element, found.producer, found.limit, unique=value.kind == "query", of=value)


def page(frame: Frame, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A page of the rows of a statement, which is executed by its own session or by the one it is given with."""
    first, second, *_ = (*arguments.positional, UNKNOWN, UNKNOWN)
    given = first if isinstance(first, Statement | Collection) else second
    if "transformer" in arguments.keywords:
        return UNKNOWN
    if not isinstance(given, Statement):
        return given if isinstance(given, Collection) else UNKNOWN
    execute(frame, first if isinstance(first, Session) else given.session, given)
    return collection(frame, given, node, scalars=given.scalar)


def read_dynamic(frame: Frame, value: Statement, node: cst.CSTNode) -> None:
    """Executing a dynamic relationship is a load each time."""
    if isinstance(value.owner, Instance):
        info = frame.ask(MappingOf(value.owner.cls))
        relationship = info.relationships.get(value.relationship) if info is not None else None
        if relationship is not None:
            note_load(frame, value.owner, relationship, node)


def awaited(value: Value) -> Value:
    """What `await value` gives."""
    match value:
        case Coroutine(result=Coroutine() as inner):
            return Coroutine(inner.result)  # handed through something that awaits it, or not
        case Coroutine(result=result):
            return result
        case OneOf(values=values):
            return reduce(join, map(awaited, values))
    return value
