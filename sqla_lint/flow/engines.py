"""Engines that a function makes: whether anybody keeps them, or disposes of them, and what the function runs for."""

from __future__ import annotations

import libcst as cst

from sqla_lint.flow.decorating import RunsFor
from sqla_lint.flow.endings import EngineMade
from sqla_lint.flow.fates import holds_engine
from sqla_lint.flow.frame import Arguments, Frame, path_of
from sqla_lint.flow.questions import EventAsked
from sqla_lint.flow.values import Constant, External, Session, Value
from sqla_lint.knowledge.sessions import ENGINE_MAKERS, POOLLESS, connection_or_engine


def note_engine(frame: Frame, dotted: str, arguments: Arguments, node: cst.CSTNode) -> None:
    """An engine is made, if this is a call that makes one with a pool of its own."""
    home, _, last = dotted.rpartition(".")
    if last not in ENGINE_MAKERS or connection_or_engine(dotted) != "engine" or not home.startswith("sqlal"):
        return
    if frame.emitting and not _is_poolless(arguments) and frame.ask(EventAsked("EngineMade")):
        frame.fates.engines.append(frame.place(node))


def _is_poolless(arguments: Arguments) -> bool:
    pool, url = arguments.keywords.get("poolclass"), arguments.first()
    if isinstance(pool, External) and pool.dotted.rpartition(".")[2] in POOLLESS:
        return True
    return isinstance(url, Constant) and isinstance(url.value, str) and _in_memory(url.value)


def _in_memory(url: str) -> bool:
    return url.startswith("sqlite") and (url.endswith(("://", "://:memory:", "/:memory:")))


def tell_engines(frame: Frame) -> None:
    """At the end of the function tell of the engines that nobody keeps, and that are made each time it runs."""
    info = frame.info
    if not frame.fates.engines or frame.fates.keeps_engine or info.wraps.startswith(("cached", "fixture")):
        return
    given = (*frame.outcome.returns, *frame.outcome.yields)
    if any(map(holds_engine, given)):
        return
    serves = "session" if any(isinstance(item, Session) for item in given) else frame.ask(RunsFor(info.id))
    for place in frame.fates.engines if serves else ():
        frame.sink(EngineMade(place, None, serves))


def gives_connection(frame: Frame, node: cst.Call) -> bool:
    """Whether `maker.configure(bind=connection)` is called: what it opens leaves a connection to its owner."""
    return frame.gets_connection(tuple(item.value for item in node.args))


def rebind(frame: Frame, node: cst.Call, value: Value) -> None:
    """A method has changed what its name stands for."""
    name = path_of(node.func.value) if isinstance(node.func, cst.Attribute) else ""
    if name in frame.state.names:
        frame.state.bind(name, value)
