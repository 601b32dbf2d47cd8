"""SQLAlchemy does what the pages say it does: the newest of the environment, 2.0 and 1.4."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

from tests.harness.markers import Kind, markers
from tests.harness.pages import Example, examples
from tests.harness.proof import (
    GENERATIONS,
    NEWEST,
    Generation,
    Observed,
    Unavailable,
    contradictions,
    generation,
    prove,
)
from tests.harness.server import address

RUNTIME = frozenset({Kind.EMITS, Kind.COMMITS, Kind.RAISES, Kind.WARNS})
NOT_ON = {"since-2.0": {"1.4"}, "until-2.0": {NEWEST}, "unproved": set(GENERATIONS)}


def running(name: str) -> Generation:
    """Return the generation, or give up."""
    found = generation(name)
    if isinstance(found, Unavailable):
        given_up(found, f"on {name}")
    return found


def given_up(reason: Unavailable, what: str) -> NoReturn:
    """Skip the test with the reason; where nothing may be skipped (CI=true), fail."""
    said = f"cannot prove {what}: {reason}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(said)
    pytest.skip(said)


def observe(text: str) -> Observed:
    """Run `text` on the newest generation."""
    return running(NEWEST).observe(text, "/example/example.py")


@pytest.mark.parametrize("name", GENERATIONS)
@pytest.mark.parametrize("example", examples(), ids=str)
def test_example(example: Example, name: str) -> None:
    """What happens when the example runs is what its markers say, and nothing else."""
    if any(name in NOT_ON.get(word, ()) for word in example.words):
        pytest.skip(f"the fence says {' '.join(sorted(example.words))}")
    try:
        observed = prove(example, running(name))
    except Unavailable as reason:
        given_up(reason, "on PostgreSQL")
    if observed.missing is not None and name != NEWEST:
        pytest.skip(observed.missing)
    assert observed.missing is None
    said = contradictions(example.text, observed)
    assert not said, "\n".join(said)


def test_the_generations_are_what_they_are_called() -> None:
    """A process called 1.4 runs 1.4, and so on; the newest is at least 2.0."""
    assert running("1.4").version.startswith("1.4.")
    assert running("2.0").version.startswith("2.0.")
    assert tuple(map(int, running(NEWEST).version.split(".")[:2])) >= (2, 0)


# Races, and rows in another order, show now and then, not in every run.
UNMEASURED = {"offset-without-order-by", "session-shared-across-tasks", "session-shared-across-threads"}


def test_every_bad_section_proves_something() -> None:
    """Each example under "Bad" shows its harm by a marker that is measured, or by an `assert` that holds."""
    bad = [example for example in examples() if example.section == "Bad" and "unproved" not in example.words]
    assert bad
    proved = [one for one in bad if {marker.kind for marker in markers(one.text)} & RUNTIME or "assert " in one.text]
    assert {one.page for one in bad if one not in proved} == UNMEASURED


WRONG = [
    ("session.execute(text('SELECT 1'))  # emits: 2", "emits 1, not 2"),
    ("session.execute(text('SELECT 1'))\n    session.commit()  # emits: 0", "no marker counts"),
    ("session.execute(text('SELECT 1'))  # commits: 1", "commits 0, not 1"),
    ("session.execute(text('SELECT 1'))  # raises: OperationalError", "raises no OperationalError"),
    ("session.execute(text('SELECT nothing'))", "OperationalError"),
    ("session.execute(text('SELECT nothing'))  # raises: IntegrityError", "OperationalError"),
    ("warnings.warn('careful', stacklevel=1)", "UserWarning: careful"),
    ("print(session)  # warns: UserWarning", "warns no UserWarning"),
]


@pytest.mark.parametrize(("line", "said"), WRONG, ids=[line.splitlines()[0] for line, _ in WRONG])
def test_a_wrong_claim_is_found(line: str, said: str) -> None:
    """The harness believes no marker: one that is not true is contradicted."""
    text = f"import warnings\n\nfrom sqlalchemy import text\n\n\ndef claim(session):\n    {line}\n"
    assert said in "\n".join(contradictions(text, observe(text)))


RIGHT = """
import warnings

from shop.models import Order
from sqlalchemy import select, text


def counted_at_the_call(orders):
    for order in orders:
        size(order)  # emits: 5


def size(order):
    return len(
        order.lines,
    )


async def awaited(session):
    result = await session.execute(select(Order))  # emits: 1
    result.all()
    await session.commit()  # commits: 1


def refused(session):
    session.execute(text("SELECT nothing"))  # emits: 1; raises: OperationalError


def warned():
    warnings.warn("careful", stacklevel=1)  # warns: UserWarning
"""


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_true_claim_stands(name: str) -> None:
    """Counts, at the call or in an await, exceptions and warnings are seen where they happen."""
    assert contradictions(RIGHT, running(name).observe(RIGHT, "/example/right.py")) == []


ON_A_SERVER = """
from sqlalchemy import text


def transactional(session):
    session.execute(text("CREATE INDEX CONCURRENTLY ix ON customer (name)"))  # raises: ActiveSqlTransaction
"""


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_server_takes_the_place_of_the_file(name: str) -> None:
    """What only PostgreSQL does happens on the server, and the shop's rows are there."""
    server = address()
    if isinstance(server, Unavailable):
        given_up(server, "on PostgreSQL")
    seen = running(name).observe(ON_A_SERVER, "/example/server.py", server)
    assert contradictions(ON_A_SERVER, seen) == []


MIGRATION = """
import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("customer", sa.Column("city", sa.String()))
    op.execute("UPDATE customer SET city = 'Rome'")


def upgrade_too_far():
    op.add_column("customer", sa.Column("city", sa.String(), nullable=False))  # raises: OperationalError
"""


@pytest.mark.parametrize("name", GENERATIONS)
def test_a_migration_runs(name: str) -> None:
    """The functions of an example that imports Alembic run inside a migration, each on a fresh shop."""
    assert contradictions(MIGRATION, running(name).observe(MIGRATION, "/example/revision.py")) == []
