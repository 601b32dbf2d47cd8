"""Loads that a loop repeats for one row after another: why there is one, and what a diagnostic tells of it."""

from __future__ import annotations

from sqla_lint.diagnostic import Note
from sqla_lint.flow.events import RelationshipRead
from sqla_lint.flow.questions import ClassInfo
from sqla_lint.knowledge.loaders import EAGER


def multiplies(read: RelationshipRead) -> bool:
    """Whether a loop repeats the load of a relationship, for instances that differ from turn to turn."""
    if read.loop is None or not read.emits_sql or read.instance is None:
        return False  # loaded already, or no loop to multiply it
    if read.after_failure:
        return False  # for the few rows that fail: nothing that grows with the data
    if read.asynchronous:
        return False  # it raises instead: lazy-load-under-async
    return read.loop.turns is None or read.loop.turns > 1


def is_undone(read: RelationshipRead) -> bool:
    """Whether an option of the query has loaded what is read, and something has expired it since."""
    instance = read.instance
    if instance is None or instance.expired is None or instance.load.doubtful:
        return False
    return instance.load.strategy(read.relationship) in EAGER


def is_joined(read: RelationshipRead, info: ClassInfo | None) -> bool:
    """Whether the query of the rows has joined the one object that is read of each, `info` being how they are mapped.

    A join to a collection picks rows, or repeats them: that is something else. What has expired no join would have
    kept.
    """
    row = read.instance
    if read.producer is None or read.collection or row is None or row.path or row.expired is not None or info is None:
        return False
    targets = [item.target for item in info.relationships.values() if not item.collection]
    return any(
        name == read.relationship and cls in (info.id, *info.lineage)
        if name
        else cls == read.target and targets.count(cls) == 1
        for cls, name in read.producer.joined
    )


def is_joined_to_load(read: RelationshipRead, info: ClassInfo | None) -> bool:
    """Whether the query has joined that, and nothing in sight has a use for the join: it was meant to load."""
    if read.producer is None or not is_joined(read, info):
        return False
    return read.target.rpartition(":")[2].rpartition(".")[2] not in read.producer.named


def notes_of(read: RelationshipRead) -> tuple[Note, ...]:
    """The other places that matter: where the rows come from, what has expired them, and what is read for them."""
    notes: list[Note] = []
    if read.producer is not None and read.producer.place not in (None, read.place):
        notes.append(Note(read.producer.place.span, "the rows come from here"))
    expired = read.instance.expired if read.instance is not None else None
    if expired is not None:
        notes.append(Note(expired.place.span, f"{expired.by} expires what was loaded before"))
    if read.via is not None:
        notes.append(Note(read.via.span, f"`{read.text}` is read here" if _reads(read) else "called from here"))
    return tuple(notes)


def _reads(read: RelationshipRead) -> bool:
    """Whether `via` is the read itself; else it is the call that hands over the rows."""
    return bool(read.outside) or read.loop is not None and read.loop.id != 0
