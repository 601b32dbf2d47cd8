"""What rules ask for by name: each file of fixtures/noted marks the calls and operators that are told, and no others.

`# called: kind name` with, in this order, `bare`, `awaited`, `with`, `repeated`, `of function`, `at dotted.name`;
`# called: entered Value` of a `with`; `# tested: operator`; `# used: how method` of rows; `# truth: Value` of a
condition; `# sent: method steps` of statements, those that are not sure with `?`;
`# joined: steps` of those with criteria; `# returned: Value` of rows for entities;
several calls stand side by side with `;` between them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sqla_lint.flow.asked import Asked
from sqla_lint.flow.events import Called, ClassDeclared, ColumnTested, Event
from sqla_lint.flow.outcomes import FromsJoined, RowReturned, RowsUsed, StatementSent, TruthAsked
from sqla_lint.flow.steps import Step
from sqla_lint.flow.transacted import Entered
from sqla_lint.project.declarations import declared
from sqla_lint.project.project import Project
from sqla_lint.project.slices import Slices
from sqla_lint.project.suspects import MODULE_BODY
from tests.flow.cases import Case, cases, marks

CALLS = frozenset(
    {
        *(("session", "execute"), ("result", "all"), ("query", "all"), ("factory", "()"), ("mapped", "()")),
        *(("library", "create_engine"), ("library", "joinedload"), ("engine", "execute"), ("connection", "execute")),
    }
)
EVENTS = ("Entered", "ColumnTested", "ClassDeclared", "RowReturned", "RowsUsed", "StatementSent", "TruthAsked")
ASKED = Asked(CALLS, frozenset(EVENTS))


def project_of(case: Case, asked: Asked = ASKED) -> Project:
    """Link the files of a case for rules that ask for those."""
    return Project(case.files.values(), Slices({**case._given, **case.texts}), asked=asked)


def happened(case: Case) -> list[tuple[int, str]]:
    """Walk the suspects of the case; return what was told, by line."""
    events: list[Event] = []
    joined = ("FromsJoined",) if "# joined:" in case.text else ()
    project = project_of(case, Asked(CALLS, frozenset({*EVENTS, *joined})))
    for facts, name in project.suspects.roots([case.files["main.py"]]):
        project.inspect(facts, name, events.append)
    return sorted({(event.place.span.line, said(event)) for event in events if told(event)})


_TOLD = (Called, Entered, ColumnTested, FromsJoined, RowReturned, RowsUsed, StatementSent, TruthAsked)


def told(event: Event) -> bool:
    """Whether the fixtures speak of such events."""
    return isinstance(
        event, Called | Entered | ColumnTested | FromsJoined | RowReturned | RowsUsed | StatementSent | TruthAsked
    )


def said(event: Event) -> str:
    """What a marker has to say of an event."""
    if isinstance(event, Entered):
        return f"called entered {type(event.value).__name__}"
    if isinstance(event, ColumnTested):
        return f"tested {event.operator}"
    if isinstance(event, RowsUsed):
        return f"used {event.how} {event.name}"
    if isinstance(event, StatementSent):
        return " ".join(["sent", event.name, *map(shown, shaping(event.statement.steps))])
    if isinstance(event, FromsJoined):
        return " ".join(["joined", *map(shown, shaping(event.statement.steps))])
    if isinstance(event, RowReturned):
        return f"returned {type(event.row).__name__}"
    if isinstance(event, TruthAsked):
        return f"truth {type(event.value).__name__}"
    assert isinstance(event, Called) and event.function is not None
    flags = (
        ("bare", event.bare),
        ("awaited", event.awaited),
        (event.entered, event.entered),
        ("repeated", event.repeats),
    )
    words = [event.kind, event.name, *(word for word, holds in flags if holds), "of", event.function.name]
    return " ".join(["called", *words, *(["at", event.dotted] if event.dotted else [])])


def shaping(steps: Iterable[Step]) -> list[Step]:
    """The steps but for those that only say which classes criteria name."""
    return [step for step in steps if step.name != "names"]


def shown(step: Step) -> str:
    """A step as markers write it."""
    to = f"({step.relationship or step.cls.rpartition(':')[2]})" if step.relationship or step.cls else ""
    return f"{step.name}{to}{'' if step.sure else '?'}"


@pytest.mark.parametrize("case", cases("noted"), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """Exactly what is marked is told, and it lies in suspects."""
    marked = [
        (mark.line, text.strip().replace(":", "", 1) if ": " in text else f"{mark.kind} {text.strip()}")
        for mark in marks(case.text, ("called", "joined", "returned", "sent", "tested", "truth", "used"))
        for text in mark.text.split(";")
    ]
    assert happened(case) == sorted(marked)


def test_nothing_is_told_unless_asked_for() -> None:
    """Without rules that ask, the same walk tells nothing of it, and its functions are no suspects."""
    case = next(case for case in cases("noted") if case.name == "operators")
    project = project_of(case, Asked())
    facts = case.files["main.py"]
    assert not list(project.suspects.roots([facts]))
    events: list[Event] = []
    project.inspect(facts, "decided", events.append)
    assert not [event for event in events if told(event)]
    assert MODULE_BODY not in {name for _, name in project.suspects.roots([facts])}


def test_classes_are_told_with_what_they_declare() -> None:
    """A class, or a mixin of one, comes with its own columns and relationships and where they stand."""
    case = next(case for case in cases("noted") if case.name == "operators")
    found = {event.cls: event for event in declared(project_of(case), ["models.py"])}
    assert list(found) == ["models:Numbered", "models:Order", "models:Line"]
    order = found["models:Order"]
    assert isinstance(order, ClassDeclared) and order.info.name == "Order"
    assert {item.name for item in order.columns} == {"total", "paid"}
    assert [item.name for item in order.relationships] == ["lines"]
    assert {item.name for item in found["models:Numbered"].columns} == {"id"}
    assert (order.place_of("total").span.line, order.place_of("total").span.column) == (13, 13)
    assert order.place.span.line == 11
