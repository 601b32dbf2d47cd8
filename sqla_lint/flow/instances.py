"""Reading attributes of mapped instances: what is loaded, what a read costs, what it leads to."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import libcst as cst

from sqla_lint.flow.appended import only_added_to
from sqla_lint.flow.columns import Column
from sqla_lint.flow.events import ColumnRead, Event, Loop, RelationshipRead
from sqla_lint.flow.frame import Frame
from sqla_lint.flow.lattice import join
from sqla_lint.flow.loaded import is_loaded, missing, remember
from sqla_lint.flow.loading import APART, COLUMNS, DEFERRED, RAISED
from sqla_lint.flow.paths import AS, SENT
from sqla_lint.flow.places import nodes
from sqla_lint.flow.questions import ClassInfo, KeepsRowOf, MappingOf, Read, Relationship
from sqla_lint.flow.raising import is_expected, note_raising
from sqla_lint.flow.transactions import begins, use
from sqla_lint.flow.unwritten import load
from sqla_lint.flow.values import (
    ANY_PARENT,
    NEVER,
    PARENT,
    UNKNOWN,
    Collection,
    Constant,
    Instance,
    Object,
    OneOf,
    Producer,
    Session,
    Statement,
    Symbol,
    TupleValue,
    Value,
    class_name,
    derived,
)
from sqla_lint.knowledge import loaders

EACH = "[]"
VALUE = "{}"
INDEX = "__getitem__"
_LONGEST = 6
_MOST_READS = 60


def in_rows(value: Value, loop: int) -> Value:
    """`value` as it differs from turn to turn of a loop."""
    match value:
        case Instance() | Symbol():
            return replace(value, rows=loop)
        case TupleValue(items=items):
            return TupleValue(tuple(in_rows(item, loop) for item in items))
        case OneOf(values=values):
            return OneOf(tuple(in_rows(item, loop) for item in values))
        case Collection(element=element):
            return replace(value, element=in_rows(element, loop))
        case Object(fields=(_, *_) as fields):
            return replace(value, fields=tuple((name, in_rows(item, loop)) for name, item in fields))
    return value


def read_relationship(frame: Frame, value: Instance, relationship: Relationship, node: cst.CSTNode) -> Value:
    """The value of a relationship; emits a `RelationshipRead` where it is a load per row."""
    name = relationship.name
    if relationship.lazy in ("dynamic", "write_only"):  # no option changes that
        # Its rows are as those of a collection: the way back leads to the parent, which the session holds.
        target = None if value.detached else frame.ask(MappingOf(relationship.target))
        rows = (Instance(relationship.target, free=_back(frame, target, relationship)),)
        return Statement("query", rows, place=frame.place(node), owner=value, relationship=name, plain=True)
    if value.detached:
        at_hand = is_loaded(value, relationship)
    else:
        at_hand = is_loaded(value, relationship) or in_identity_map(frame, value, relationship)
        at_hand = at_hand or _has_no_target(frame, relationship, node)
    if is_loaded(value, relationship):
        held = in_identity_map(frame, value, relationship) or _has_no_target(frame, relationship, node)
        note_raising(frame, value, relationship, held, node)
    if value.new and frame.info.is_async:
        remember(frame, value, name)  # what was looked at is there, empty, when the object is flushed
    if not at_hand:
        note_load(frame, value, relationship, node)
    elif value.producer is not None and value.producer.root and by_mapping_alone(value, relationship):
        root = value.producer.root
        if len(root) < _LONGEST and frame.in_loop(value.rows) is None:
            note_argument_read(frame, (*root, name), value.rows, node)
    if not relationship.target:
        return Collection(UNKNOWN) if relationship.collection else UNKNOWN
    return _reached(frame, value, relationship, node)


def by_mapping_alone(value: Instance, relationship: Relationship) -> bool:
    """Whether only the mapping says that it is loaded: an option of a caller's query may say otherwise."""
    told = relationship.name in value.free or value.new or value.detached or value.load.strategy(relationship.name)
    return not told and relationship.lazy in loaders.FREE and relationship.lazy != "noload"


def _has_no_target(frame: Frame, relationship: Relationship, node: cst.CSTNode) -> bool:
    """Whether a test has shown that the foreign key is NULL: then nothing is asked of the database."""
    if not relationship.many_to_one or not isinstance(node, cst.Attribute):
        return False
    key = f"{frame.text(node.value)}.{relationship.name}_id"
    return frame.state.assumed.get(key) is False or frame.state.assumed.get(f"{key} is None") is True


def note_load(frame: Frame, value: Instance, relationship: Relationship, node: cst.CSTNode) -> None:
    """A relationship is loaded: emit it where a loop repeats it, keep it for the summary where an argument is read."""
    root = value.producer.root if value.producer else ()
    if root and len(root) < _LONGEST:
        sent = (SENT,) if relationship.lazy in ("dynamic", "write_only") else ()
        note_argument_read(frame, (*root, relationship.name, *sent), value.rows, node)
    if not value.detached:
        load(frame)
    loop = frame.in_loop(value.rows)
    after_failure = frame.after_failure(loop)
    if not value.detached and not after_failure:
        remember(frame, value, relationship.name)
    if loop is None and not value.detached and not value.asynchronous:
        return
    if not frame.emitting:
        frame.mark(node)
        return
    event = RelationshipRead(
        frame.place(node),
        None,
        value,
        relationship.name,
        relationship.owner,
        relationship.target,
        relationship.collection,
        relationship.many_to_one or value.shared,
        relationship.lazy in loaders.NOT_A_LOAD,
        not value.detached,
        loop,
        value.producer,
        frame.text(node),
        value.asynchronous and not is_had_by_another(frame, value, relationship),
        owed=(frame.info.id, *root, relationship.name) if root and not value.detached else (),
        detached=value.detached is not None,
        after_failure=after_failure,
        adds=relationship.collection and loop is not None and only_added_to(frame, node),
        reverse=relationship.reverse,
    )
    _emit(frame, loop, node, event)


def read_column(frame: Frame, value: Instance, column: Column, node: cst.CSTNode) -> None:
    """Emits a `ColumnRead` where the value of a column is not at hand."""
    why = missing(value, column)
    if not why or why == RAISED and not value.detached and is_expected(frame):
        return
    root = value.producer.root if value.producer else ()
    if root and why in (APART, DEFERRED):
        narrowed = (f"{AS}{value.cls}",) if why == APART else ()
        note_argument_read(frame, (*root, *narrowed, column.name), value.rows, node)
        if why == APART:
            return  # whoever has queried it knows whether that was asked for
    if value.expired:
        use(frame, value.session, node)
    if why == RAISED:
        remember(frame, value, column.name)
    elif not value.detached:
        if why == "expired" and frame.held.begun:
            begins(frame, Session(value.session), frame.text(node), frame.place(node), sent=True)
        load(frame)
        remember(frame, value, COLUMNS if why == "expired" else column.name)
    loop = frame.in_loop(value.rows)
    if loop is not None and value.expired is not None and _stands_in(loop, value.expired.place.node):
        loop = None  # what ends the transaction in each turn costs more than this
    event = ColumnRead(
        frame.place(node),
        None,
        value,
        column.name,
        column.owner,
        why,
        loop,
        value.detached is not None,
        value.asynchronous,
        frame.after_failure(loop),
    )
    _emit(frame, loop, node, event)


def _stands_in(loop: Loop, node: cst.CSTNode | None) -> bool:
    """Whether something stands in the body of a loop; a `while` is taken for one that holds it."""
    return loop.node is None or isinstance(loop.node, cst.For) and any(item is node for item in nodes(loop.node.body))


def _emit(frame: Frame, loop: Loop | None, node: cst.CSTNode, event: Event) -> None:
    if loop is None:
        frame.emit(event)
    else:
        frame.emit_in(loop, node, event)


def note_argument_read(
    frame: Frame,
    path: tuple[str, ...],
    rows: int,
    node: cst.CSTNode,
    inner: Read | None = None,
    after_failure: bool = False,
) -> None:
    """Keep, for the summary, that something reached from a parameter is read.

    `inner` where a loop of a callee reads it; `after_failure` where a callee does that has failed.
    """
    loop = frame.in_loop(rows)
    after_failure = after_failure or frame.after_failure(loop)
    known = frame.outcome.reads.get(path)
    if not frame.emitting or known is None and not _has_room(frame, path):
        return
    if known is not None and (after_failure or not known.after_failure):
        return
    unless = _found_empty(frame, path[0]) if frame.state.assumed else frozenset[str]()
    if inner is not None:
        unless |= inner.unless
        frame.outcome.reads[path] = replace(inner, path=path, after_failure=after_failure, unless=unless)
    else:
        owed, source = (frame.info.id, *path), loop.source if loop else ""
        place, text = frame.place(node), frame.text(node)
        frame.outcome.reads[path] = Read(path, loop is not None, owed, place, source, text, after_failure, unless)


def _found_empty(frame: Frame, root: str) -> frozenset[str]:
    """The attributes of a mapped object that tests around have found empty, and that are none of its table's."""
    held = frame.state.names.get(root)
    info = frame.ask(MappingOf(held.cls)) if isinstance(held, Instance) else None
    if info is None:
        return frozenset()
    tests = (test for test, truth in frame.state.assumed.items() if truth == test.endswith(" is None"))
    named = (test.removesuffix(" is None").partition(".") for test in tests)
    found = frozenset(name for owner, _, name in named if owner == root and name.isidentifier())
    return found - info.columns.keys() - info.relationships.keys()


def _has_room(frame: Frame, path: tuple[str, ...]) -> bool:
    """Whether another read is kept; of too many the longest paths go."""
    reads = frame.outcome.reads
    if len(reads) < _MOST_READS:
        return True
    longest = max(reads, key=len)
    if len(longest) > len(path):
        del reads[longest]
    return len(reads) < _MOST_READS


def in_identity_map(frame: Frame, value: Instance, relationship: Relationship) -> bool:
    """A many-to-one whose target the session holds already, or the same one for every row."""
    if relationship.collection or not relationship.many_to_one:
        return False
    if relationship.target in frame.state.loaded or same_for_all(value, relationship):
        return True
    if value.identity and target_of(relationship.target, value.identity) in frame.state.loaded:
        return True
    if relationship.target == value.cls and value.path:
        return True  # the rows of a collection refer to each other
    same = (ANY_PARENT, relationship.name, f"{relationship.name}_id")
    return any(column in same for column, _ in value.values) or _is_kept(frame, relationship)


def is_had_by_another(frame: Frame, value: Instance, relationship: Relationship) -> bool:
    """Whether another row of its class is at hand that has what is read: where rows lead to it, it may be the same."""
    others = (other for other in frame.state.names.values() if type(other) is Instance) if value.path else ()
    return any(other.cls == value.cls and not other.path and is_loaded(other, relationship) for other in others)


def _is_kept(frame: Frame, relationship: Relationship) -> bool:
    """Whether an object at hand, such as `self`, keeps what a relationship leads to, beside the rows that are read."""
    keepers = {value.cls for value in frame.state.names.values() if isinstance(value, Object)}
    return any(frame.ask(KeepsRowOf(keeper, relationship.target, relationship.name)) for keeper in sorted(keepers))


def target_of(cls: str, identity: int) -> str:
    """What stands, among what is loaded, for the row of a class that a column of that instance names."""
    return f"{cls}@{identity}"


def same_for_all(value: Instance, relationship: Relationship) -> bool:
    """Whether the rows were reached from what the relationship leads to, so that it is one object for all of them."""
    if relationship.collection or not relationship.many_to_one:
        return False
    if relationship.target in value.parents:
        return True
    parents = [f"{PARENT}{relationship.target}", f"{PARENT}{relationship.name}"]
    if value.producer is not None and value.producer.inside != value.rows:
        # One query for all rows of the loop; one that runs in each turn may ask for another target each time.
        parents += [relationship.name, f"{relationship.name}_id"]
    return any(column in parents for column, _ in value.values)


def _reached(frame: Frame, value: Instance, relationship: Relationship, node: cst.CSTNode) -> Value:
    target = frame.ask(MappingOf(relationship.target))
    producer = value.producer or Producer(False)
    root = (*producer.root, relationship.name) if producer.root else ()
    reached = replace(producer, root=root)
    back = relationship.collection and not value.detached  # by way of the session alone
    free = _back(frame, target, relationship) if back else frozenset()
    instance = Instance(
        relationship.target,
        value.load.below(relationship.name),
        reached,
        free,
        0 if _leads_to_one(value, relationship) else value.rows,
        value.session,
        # Rows of one parent lead to what belongs to that parent as well.
        values=tuple(item for item in value.values if item[0].startswith(PARENT)),
        identity=derived(value.identity, relationship.name),
        path=(*value.path, f"{class_name(value.cls)}.{relationship.name}")[-_LONGEST:],
        shared=value.rows != 0 and (value.shared or relationship.many_to_one),
        parents=value.parents | {value.cls} if relationship.collection else value.parents,
        detached=value.detached,
        asynchronous=value.asynchronous,
    )
    if not relationship.collection:
        return instance
    return Collection(instance, reached)


def _leads_to_one(value: Instance, relationship: Relationship) -> bool:
    """The way back from a collection's elements leads to one parent, whatever the turn; so does what they share."""
    return relationship.name in value.free and not relationship.collection or same_for_all(value, relationship)


def _back(frame: Frame, target: ClassInfo | None, relationship: Relationship) -> frozenset[str]:
    """The relationships of a collection's elements that lead back to the parent, which the session holds."""
    if target is None:
        return frozenset()
    back = [
        item.name
        for item in target.relationships.values()
        if not item.collection and _are_family(frame, item.target, relationship.owner)
    ]
    if relationship.reverse:
        reverse = target.relationships.get(relationship.reverse)
        named = () if reverse is not None and reverse.collection else (relationship.reverse,)
        return frozenset({*named, *(back if len(back) == 1 else ())})
    return frozenset(back) if len(back) == 1 else frozenset()


def _are_family(frame: Frame, one: str, other: str) -> bool:
    """Whether two classes are the same, or one is derived from the other."""
    if one == other:
        return True
    infos = (frame.ask(MappingOf(one)), frame.ask(MappingOf(other)))
    return any(info is not None and {one, other} <= set(info.lineage) for info in infos)


def element_of(frame: Frame, value: Value, loop: int) -> Value:
    """What iterating over `value` gives in one turn of `loop`."""
    match value:
        case Collection(element=Instance() | TupleValue() as element, producer=producer):
            return in_rows(rooted(element, producer), loop)
        case Collection(element=Value() as element, literal=True, limit=0) if element == UNKNOWN:
            return NEVER
        case Collection(items=(_, *_) as items) if all(isinstance(item, Constant) for item in items):
            return reduce(join, items)
        case Collection(element=element):
            return in_rows(element, loop)
        case TupleValue(items=items):
            return reduce(join, (in_rows(item, loop) for item in items)) if items else UNKNOWN
        case Symbol(path=path):
            return Symbol((*path, EACH), loop) if len(path) < _LONGEST else UNKNOWN
        case OneOf(values=values):
            found = [element_of(frame, item, loop) for item in values if not isinstance(item, Constant)]
            return reduce(join, found) if found else UNKNOWN
        case Object(fields=(_, *_) as fields, row=True):
            return reduce(join, (in_rows(item, loop) for _, item in fields))
    return UNKNOWN


def rooted(element: Value, within: Producer | None) -> Value:
    """One element of a collection that a parameter leads to; of a list that was made of these it is one already."""
    if isinstance(element, TupleValue):
        return TupleValue(tuple(rooted(item, within) if isinstance(item, Instance) else item for item in element.items))
    producer = element.producer if isinstance(element, Instance) else None
    if producer is None or not producer.root or within is None or within.root != producer.root:
        return element
    return replace(element, producer=replace(producer, root=(*producer.root, EACH)))  # type: ignore[call-arg]


def is_mapped(frame: Frame, value: Instance, name: str) -> bool:
    """Whether an attribute is a column or a relationship, so that setting it is written by the next flush."""
    info = frame.ask(MappingOf(value.cls))
    return info is not None and (name in info.columns or name in info.relationships)


def replace_relationship(frame: Frame, value: Instance, name: str, node: cst.CSTNode) -> None:
    """Assigning a collection loads the one that it replaces; assigning a single object does not."""
    info = frame.ask(MappingOf(value.cls))
    relationship = info.relationships.get(name) if info is not None else None
    given = value.producer is not None and bool(value.producer.root)
    if relationship is not None and relationship.collection and not (given and frame.guards):
        read_relationship(frame, value, relationship, node)  # what a test decides is not told of a parameter
