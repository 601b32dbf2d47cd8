"""Options that change nothing: `get()` looks for the object in the session first, and takes it as it is."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.frame import Frame
from sqla_lint.flow.instances import in_identity_map
from sqla_lint.flow.loaded import is_loaded
from sqla_lint.flow.locking import LOCKS, READS_ANEW, is_row
from sqla_lint.flow.query_events import OptionsPassedOver
from sqla_lint.flow.questions import EventAsked, MappingOf
from sqla_lint.flow.values import Instance, Session, Statement
from sqla_lint.knowledge.loaders import EAGER


def note_passed_over(frame: Frame, session: Session | None, statement: Statement, node: cst.Call) -> None:
    """A row is got by its key: tell of the first option that would load more of an object which is at hand."""
    wanted = [name for name, strategy, _ in statement.load.branches if strategy in EAGER]
    if not wanted or session is None or not frame.emitting or not frame.ask(EventAsked("OptionsPassedOver")):
        return
    said = dict(statement.criteria)
    asked = statement.entities[0] if statement.entities else None
    if LOCKS in said or READS_ANEW in said or statement.load.doubtful or not isinstance(asked, Instance):
        return  # a lock is a statement of its own, whose options count
    info = frame.ask(MappingOf(asked.cls))
    for name, held in frame.state.names.items():
        if not isinstance(held, Instance) or held.cls != asked.cls or "<" in name or info is None:
            continue
        if not _is_kept(held, session) or not is_row(frame, held, said):
            continue
        for relationship in filter(None, map(info.relationships.get, wanted)):
            if not is_loaded(held, relationship) and not in_identity_map(frame, held, relationship):
                loaded = held.producer.place if held.producer is not None else None
                found = (relationship.owner, relationship.name, relationship.collection)
                frame.emit(OptionsPassedOver(frame.place(node), None, name, *found, loaded, frame.callee(node.func)))
                return


def _is_kept(held: Instance, session: Session) -> bool:
    """Whether the session surely holds an object that some statement in sight has loaded."""
    seen = held.producer is not None and held.producer.seen and not held.producer.root
    return seen and held.detached is None and not held.new and held.session == session.key != ""
