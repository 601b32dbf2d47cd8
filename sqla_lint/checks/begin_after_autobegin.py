"""begin-after-autobegin: the session is in a transaction already, and begins none by hand any more."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.transacted import BegunTwice
from sqla_lint.rule import Rule

rule = Rule(
    name="begin-after-autobegin",
    code="ORM206",
    since="0.1",
    message="`{call}()` raises: `{by}` on line {line} has begun a transaction of this session",
    severity=Severity.ERROR,
)


@rule.on(BegunTwice)
def check(begun: BegunTwice, context: Context) -> Iterator[Diagnostic]:
    """Report `begin()` of a session whose transaction has surely begun before, and not ended since."""
    session = begun.session
    if begun.began is None or session.guessed or session.autocommit:
        return
    in_sight = session.kind == "async" or session.key.startswith("site:")
    if not in_sight and not context.version.since("2.0"):
        return  # of 1.x it may be one that begins nothing by itself, `autocommit=True`
    notes = [Note(begun.began.span, "begun here")]
    if begun.via is not None:
        notes.append(Note(begun.via.span, "`begin()`"))
    fix = Fix("begin before anything else, go on in the same transaction, or take a savepoint: `begin_nested()`")
    line = begun.began.span.line
    yield rule.at(begun.place.span, fix=fix, notes=tuple(notes), call=begun.name, by=begun.by, line=line)
