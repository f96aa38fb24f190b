"""How long a changed calendar takes to reach every open case, beside ordinary takes."""

import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection, Engine, text

from cli.migrations import upgrade
from cli.ports import free_port
from cli.postgres import APP, OWNER, Postgres, fresh_passwords
from cli.program import running
from db.calendars import approve, propose
from db.casefile import GENESIS, take
from db.engine import make_engine
from db.extensions import extend_batch
from db.recounts import count_outcomes
from db.sweeps import BATCH
from definitions.calendars import CURRENT, calendar_data, calendar_text
from definitions.editions import edition_on
from domain.messages import Actor, Message, Role

CASES: Final = 10_000
ORDINARY: Final = 500
AIM_SECONDS: Final = 120
# Two months after it the choice ends, on the day that is given off.
TOLD_ON, OFF = date(2027, 3, 18), "2027-05-18"
LAW = edition_on(date(2026, 11, 23))
# The chain of a file says nothing of whose it is: files may be copied with their hashes.
COPY = (
    "CREATE TEMPORARY TABLE made AS SELECT uuidv7() AS id, n FROM generate_series(1, :many) AS n",
    "INSERT INTO case_head (case_id, reference, programme_number, measure_id, edition, person_id,"
    " seq, hash, run_id) SELECT made.id, 'B' || n, 'B' || n, '1', edition, person_id, seq, hash,"
    " run_id FROM case_head, made WHERE case_id = :id",
    "INSERT INTO event (case_id, seq, type, row, message_id, at, actor_role, actor_id,"
    " on_behalf_of, period, data, previous, hash) SELECT made.id, seq, type, row, message_id, at,"
    " actor_role, actor_id, on_behalf_of, period, data, previous, hash FROM event, made"
    " WHERE case_id = :id",
    "INSERT INTO case_view (case_id, seq, status, closed, waits_for, due_at, item, recipient_id,"
    " representative_ids, authority_id, payer_ids, supplier_ids, region, view, state) SELECT"
    " made.id, seq, status, closed, waits_for, due_at, item, recipient_id, representative_ids,"
    " authority_id, payer_ids, supplier_ids, region, jsonb_set(view, '{id}', to_jsonb(made.id)),"
    " jsonb_set(state, '{id}', to_jsonb(made.id)) FROM case_view, made WHERE case_id = :id",
    "INSERT INTO deadline SELECT made.id, period, term, revision, expires_at, last_day,"
    " certificate FROM deadline, made WHERE case_id = :id",
    "DROP TABLE made",
    "ANALYZE",
)


def main() -> None:
    """Print seconds, cases a second, and what an extension costs beside an ordinary take."""
    many = int(sys.argv[2]) if len(sys.argv) > 2 else CASES
    with tempfile.TemporaryDirectory(prefix="ozhb-bench-") as folder:
        home = Path(folder)
        postgres = Postgres(home / "postgres", free_port(), fresh_passwords())
        postgres.prepare()
        with running(postgres.program(), home / "postgres.log"):
            postgres.ensure_roles()
            upgrade(postgres.url(OWNER))
            owner, engine = make_engine(postgres.url(OWNER)), make_engine(postgres.url(APP))
            try:
                _measure(owner, engine, many)
            finally:
                owner.dispose()
                engine.dispose()


def _measure(owner: Engine, engine: Engine, many: int) -> None:
    console = Console()
    with engine.begin() as connection:
        case_id = _template(connection)
    with owner.begin() as connection:
        for statement in COPY:
            connection.execute(text(statement), {"many": many - 1, "id": case_id})
    ordinary = _ordinary(engine, case_id) * 1000
    with engine.begin() as connection:
        change = propose(connection, uuid4(), _days())
        begun = time.perf_counter()
        counts = count_outcomes(connection, change.calendar)
        previewed = time.perf_counter() - begun
        approve(connection, uuid4(), change.id)
    seconds = _carry_out(engine, many)
    extended = sum(one.outcomes.get("moves", 0) for one in counts)
    each = seconds / many * 1000
    met = "met" if seconds <= AIM_SECONDS else "missed"
    console.print(f"{extended} deadlines move; counted exactly in {previewed:.2f} s")
    console.print(
        f"{many} open cases extended in {seconds:.1f} s (aim {AIM_SECONDS} s: {met}),"
        f" {many / seconds:.0f} cases/s"
    )
    console.print(
        f"{each:.2f} ms a case beside {ordinary:.2f} ms an ordinary take:"
        f" ratio {each / ordinary:.2f}"
    )


def _carry_out(engine: Engine, many: int) -> float:
    begun = time.perf_counter()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("extending", total=many)
        while extend_batch(engine, timedelta()):
            progress.advance(task, BATCH)
    return time.perf_counter() - begun


def _days() -> dict[str, Any]:
    data = calendar_data(calendar_text(CURRENT))
    source = "provisional: Labour Code 414-V, art. 84(5); announced by the Muftiate"
    rows = [row for row in data["day"] if row["date"] != "2027-05-16"]
    rows += [{"date": OFF, "working": False, "reason": "religious:kurban_ait", "source": source}]
    return {**data, "version": "kz-2027-01", "day": sorted(rows, key=lambda row: row["date"])}


def _template(connection: Connection) -> str:
    """One case whose recipient chooses."""
    statement = text("INSERT INTO person (iin_index) VALUES (:index) RETURNING id")
    person = connection.execute(statement, {"index": uuid4().bytes}).scalar_one()
    head = text(
        "INSERT INTO case_head (reference, programme_number, measure_id, edition, person_id, seq,"
        " hash) VALUES ('B', 'B', '1', :edition, :person, 0, :hash) RETURNING case_id"
    )
    values = {"edition": LAW.hash, "person": person, "hash": GENESIS}
    case_id = str(connection.execute(head, values).scalar_one())
    at = datetime(TOLD_ON.year, TOLD_ON.month, TOLD_ON.day, 7, tzinfo=UTC)
    arrived = {"measure": _measure_of(str(person))}
    proven = {"round": 1, "channel": "sms", "confirmed": True, "on": TOLD_ON.isoformat()}
    _say(connection, case_id, Role.ESOBES, "measure_arrived", at, arrived)
    _say(connection, case_id, Role.GATEWAY, "delivery_proven", at, proven)
    return case_id


def _measure_of(person: str) -> dict[str, Any]:
    return {
        "reference": "B",
        "recipient": person,
        "authority": str(uuid4()),
        "region": "711110000",
        "item": "wheelchair",
        "category": "technical_aid",
        "quantity": 1,
        "unit": "piece",
        "unit_sum": 9_000_000,
        "developed_on": "2026-01-12",
        "implement_until": "2031-12-31",
        "revision": 1,
        "catalogue": "2026-11",
    }


def _say(
    connection: Connection, case_id: str, role: Role, name: str, at: datetime, data: dict[str, Any]
) -> None:
    message = Message(id=str(uuid4()), name=name, at=at, actor=Actor(role=role), data=data)
    assert take(connection, case_id, message)


def _ordinary(engine: Engine, but: str) -> float:
    """Seconds of one take in a transaction of its own, over some of the cases."""
    chosen = text("SELECT case_id FROM case_view WHERE case_id <> :but LIMIT :most")
    with engine.connect() as connection:
        cases = connection.execute(chosen, {"but": but, "most": ORDINARY}).scalars().all()
    at = datetime.now(UTC)
    word = {"key": "", "outcome": "other", "status": ""}
    begun = time.perf_counter()
    for case_id in map(str, cases):
        with engine.begin() as connection:
            _say(connection, case_id, Role.TREASURY, "payment_reported", at, word)
    return (time.perf_counter() - begun) / max(1, len(cases))
