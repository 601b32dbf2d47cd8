"""remove-while-iterating: a loop takes out of a collection what it still has to go through."""

from __future__ import annotations

from collections.abc import Iterator

from sqla_lint.context import Context
from sqla_lint.diagnostic import Diagnostic, Fix, Note, Severity
from sqla_lint.flow.work_events import CollectionShrinks
from sqla_lint.rule import Rule

rule = Rule(
    name="remove-while-iterating",
    code="ORM316",
    since="0.1",
    message="{what} while the loop goes through it: the row after each one taken out is skipped",
    severity=Severity.ERROR,
)


@rule.on(CollectionShrinks)
def check(event: CollectionShrinks, context: Context) -> Iterator[Diagnostic]:
    """Report a collection that gets shorter under the loop over it."""
    if not event.repeats:
        return  # it ends the loop
    by_hand = event.how in ("remove", "pop")
    taken = f"`{event.collection}.{event.how}()` takes rows out of the collection"
    linked = f"setting `{event.how}` takes the row out of `{event.collection}`"
    fix = Fix(f"go through a copy: `for … in list({event.collection})`")
    place = event.loop.place if event.loop is not None else None
    notes = (Note(place.span, "the loop over it"),) if place is not None else ()
    yield rule.at(event.place.span, fix=fix, notes=notes, what=taken if by_hand else linked)
