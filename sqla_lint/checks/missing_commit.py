"""missing-commit: what a session writes is undone when it ends, and nothing has committed it."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.transacted import CONNECTION, WritesLost
from sqla_lint.rule import Rule

rule = Rule(
    name="missing-commit",
    code="ORM212",
    since="0.1",
    message="nothing commits what `{what}` writes: it is undone when {session} ends",
    severity=Severity.ERROR,
    costs=True,
)


@rule.on(WritesLost)
def check(lost: WritesLost, context: Context) -> Iterator[Diagnostic]:
    """Report what is written with a session that its function opens and never commits."""
    session = lost.session
    if session.guessed or session.autocommit:
        return
    of_connection = session.key == CONNECTION
    if of_connection and not context.version.since("2.0"):
        return  # before 2.0 a connection commits each statement by itself
    opened = "the connection" if of_connection else "the session"
    notes = [] if lost.opened is None else [Note(lost.opened.span, opened)]
    if lost.via is not None:
        notes.append(Note(lost.via.span, "written here"))
    name = lost.name or "session"
    call = f"await {name}.commit()" if session.kind == "async" else f"{name}.commit()"
    fix = Fix(f"commit before it ends: `{call}`" + (", or enter `engine.begin()`" if of_connection else ""))
    said = f"`{lost.name}`" if lost.name else "its session"
    yield rule.at(lost.place.span, fix=fix, notes=tuple(notes), what=lost.what, session=said)
