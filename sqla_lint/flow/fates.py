"""What becomes of the sessions of one function besides their lives: lent, returned, closed and used again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from sqla_lint.flow.endings import LockedStale
from sqla_lint.flow.places import Place
from sqla_lint.flow.state import ENDED, State
from sqla_lint.flow.values import External, Method, OneOf, Session, SessionFactory, Value
from sqla_lint.knowledge.sessions import connection_or_engine

if TYPE_CHECKING:
    from sqla_lint.flow.frame import Frame


@dataclass(slots=True)
class Fates:
    """By the keys of sessions: where each is yielded, returned, closed, and used (and closed) after its end.

    registries: those that are yielded, with what is written there. returned: with the kind of what is returned that
    needs it. drawn: the calls of generator functions that gave those whose generators nobody keeps. sources: by their
    expressions, what comprehensions go through and the session gives. locked: rows that were locked too late. engines:
    where they are made; keeps_engine: one is kept somewhere, or disposed of.
    """

    lent: dict[str, Place] = field(default_factory=dict)
    registries: dict[str, tuple[Session, str]] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)
    returned: dict[str, tuple[Place, str]] = field(default_factory=dict)
    sources: dict[cst.CSTNode, Value] = field(default_factory=dict)
    closed: dict[str, Place] = field(default_factory=dict)
    reused: dict[str, tuple[Session, Place, Place]] = field(default_factory=dict)
    locked: list[LockedStale] = field(default_factory=list)
    engines: list[Place] = field(default_factory=list)
    keeps_engine: bool = False

    def end(self, state: State, session: Session, place: Place) -> None:
        """The session is closed for good, as far as its function shows; nobody owns what begins anew with it."""
        state.done |= {(ENDED, session.key)}
        self.closed[session.key] = place

    def enter(self, frame: Frame, session: Session) -> None:
        """A block is entered that owns the session: what was closed before may begin anew."""
        frame.state.done -= {(ENDED, session.key)}

    def use(self, frame: Frame, session: Session) -> None:
        """A statement is sent through a session, which may be closed."""
        if any(key == session.key for key, _ in frame.state.ended):
            return  # inside the block of the transaction that this has ended, it raises
        if frame.emitting and (ENDED, session.key) in frame.state.done:
            frame.state.done -= {(ENDED, session.key)}
            self.reused.setdefault(session.key, (session, frame.place(frame.current), self.closed[session.key]))


def holds_engine(value: Value) -> bool:
    """Whether somebody who gets this value gets an engine with it: an engine, its `dispose`, a factory of sessions."""
    match value:
        case SessionFactory() | Session(registry=True):
            return True
        case Method(receiver=receiver):
            return holds_engine(receiver)
        case OneOf(values=values):
            return any(map(holds_engine, values))
        case External(dotted=dotted, made=True):
            return connection_or_engine(dotted) == "engine"
    return False
