"""id-before-flush: the primary key of an object that no flush has written is None."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.events import KeyRead
from sqla_lint.rule import Rule

rule = Rule(
    name="id-before-flush",
    code="ORM303",
    since="0.1",
    message="`{text}` is None before a flush, and {what}",
    severity=Severity.ERROR,
)

_USES = {
    "column": "`{target}` gets no value",
    "criterion": "the query compares with NULL",
    "returned": "that is returned",
    "text": "the text says so",
    "passed": "that is what `{target}()` gets",
    "kept": "`{target}` keeps that",
}


@rule.on(KeyRead)
def check(read: KeyRead, context: Context) -> Iterator[Diagnostic]:
    """Report a key that is used before a flush has given it."""
    if read.added is None and read.use != "column":
        return  # nobody says that it will ever have a row
    notes = (Note(read.added.span, "added here, and written by the next flush"),) if read.added else ()
    if read.via is not None:
        notes = (*notes, Note(read.via.span, "read here"))
    owner, _, column = read.target.rpartition(".")
    target = f"{context.class_name(owner)}.{column}" if read.use == "column" else read.target
    what = _USES[read.use].format(target=target)
    fix = _by_relationship(read, owner, column, context) or _by_flush(read)
    yield rule.at(read.place.span, fix=fix, notes=notes, text=read.text, what=what)


def _by_relationship(read: KeyRead, owner: str, column: str, context: Context) -> Fix | None:
    info = context.mapping(owner) if read.use == "column" else None
    if info is not None:
        for item in info.relationships.values():
            if item.keys == (column,) and item.target == read.instance.cls:
                return Fix(f"give it the object itself: `{item.name}={read.text.rpartition('.')[0]}`")
    return None


def _by_flush(read: KeyRead) -> Fix:
    call = f"{read.receiver or 'session'}.flush()"
    asynchronous = read.session is not None and read.session.kind == "async"
    return Fix(f"flush before this line: `{'await ' if asynchronous else ''}{call}`")
