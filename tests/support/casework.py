"""Case files without intake: opens one, writes to its inbox, and has it take messages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import Connection, text

from cli.offline.bundle_check import hashes_of
from db.casefile import take
from db.chains import GENESIS
from db.events import read_events
from definitions.editions import edition, edition_on
from domain.apply import fold
from domain.case.state import Case
from domain.messages import Actor, Event, Message, Role
from domain.terms.agenda import agenda
from tests.support.door import looked_up

CURRENT = edition_on(date(2026, 11, 23)).hash
ITEM = "wheelchair"
PRICE = 9_000_000
# What the sandbox's verifier would have said of a good signature.
GOOD = {"reason": None, "certificate": "c" * 64}
APPLICATION = "a" * 64

_PERSON = text("INSERT INTO person (iin_index) VALUES (:index) RETURNING id")
_HEAD = text(
    "INSERT INTO case_head (reference, programme_number, measure_id, edition, person_id, seq, hash)"
    " VALUES (:reference, :reference, '1', :edition, :person, 0, :hash) RETURNING case_id"
)
_INBOX = text(
    "WITH made AS (INSERT INTO inbox (case_id, name, period, actor_role, actor_id, on_behalf_of,"
    " actor_key, idempotency_key, body_hash, data, facts, submitted_at)"
    " VALUES (:case_id, :name, :period, :role, :actor, :behalf, :role, :key, '\\x00',"
    " CAST(:data AS jsonb), CAST(:facts AS jsonb), coalesce(:at, legal_now()))"
    " RETURNING id, case_id, submitted_at), word AS ("
    " INSERT INTO unheard (inbox_id, case_id) SELECT id, case_id FROM made)"
    " SELECT id, submitted_at FROM made"
)


@dataclass(frozen=True)
class File:
    """An opened case file and the persons around it."""

    id: str
    person: str
    measure: dict[str, Any]
    supplier: str = field(default_factory=lambda: str(uuid4()))
    signatory: str = field(default_factory=lambda: str(uuid4()))
    caseworkers: tuple[str, str] = field(default_factory=lambda: (str(uuid4()), str(uuid4())))

    @property
    def recipient(self) -> Actor:
        return Actor(role=Role.RECIPIENT, id=self.person)

    @property
    def supplying(self) -> Actor:
        return Actor(role=Role.SUPPLIER, id=self.signatory, on_behalf_of=self.supplier)

    def caseworker(self, which: int = 0) -> Actor:
        return Actor(
            role=Role.CASEWORKER,
            id=self.caseworkers[which],
            on_behalf_of=self.measure["authority"],
        )


def add_person(connection: Connection) -> str:
    """A person of whom nothing is known."""
    return str(connection.execute(_PERSON, {"index": uuid4().bytes}).scalar_one())


def open_file(
    connection: Connection, person: str | None = None, law: str = CURRENT, **measure: Any
) -> File:
    """An empty case file. `measure` overrides what the programme grants."""
    number = connection.execute(text("SELECT nextval('case_reference')")).scalar_one()
    person = person or add_person(connection)
    granted = {
        "reference": f"OZ{number:06d}",
        "recipient": person,
        "authority": str(uuid4()),
        "region": "711110000",
        "item": ITEM,
        "category": "technical_aid",
        "quantity": 1,
        "unit": "piece",
        "unit_sum": PRICE,
        "developed_on": "2026-01-12",
        "implement_until": "2031-12-31",
        "revision": 1,
        "catalogue": "2026-11",
        **measure,
    }
    values = {"reference": granted["reference"], "edition": law, "person": person, "hash": GENESIS}
    case_id = connection.execute(_HEAD, values).scalar_one()
    return File(id=str(case_id), person=person, measure=granted)


@dataclass(frozen=True)
class Said:
    """What somebody says to a case; `at` is the instant of submission where it is not now."""

    name: str
    actor: Actor
    data: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    period: int | None = None


def put(connection: Connection, file: File, said: Said) -> Message:
    """Journal a message, as the door does."""
    facts = {**looked_up(said.data), **said.facts}
    values = {
        "case_id": file.id,
        "name": said.name,
        "period": said.period,
        "role": said.actor.role.value,
        "actor": said.actor.id,
        "behalf": said.actor.on_behalf_of,
        "key": str(uuid4()),
        "data": json.dumps(said.data),
        "facts": json.dumps(facts),
        "at": said.at,
    }
    row = connection.execute(_INBOX, values).one()
    return Message(
        id=str(row.id),
        name=said.name,
        at=row.submitted_at,
        actor=said.actor,
        period=said.period,
        data=said.data,
        facts=facts,
    )


def read_case(connection: Connection, file: File) -> Case:
    """The case that the file's events add up to."""
    law = connection.execute(
        text("SELECT edition FROM case_head WHERE case_id = :id"), {"id": file.id}
    ).scalar_one()
    return fold(Case(id=file.id, edition=law), read_events(connection, file.id))


def record(connection: Connection, file: File, message: Message) -> tuple[Event, ...]:
    """Have the file take a message; the events that it made."""
    take(connection, file.id, message)
    return tuple(one for one in read_events(connection, file.id) if one.message_id == message.id)


def say(connection: Connection, file: File, said: Said) -> tuple[Event, ...]:
    """Journal and record at once."""
    return record(connection, file, put(connection, file, said))


def arrive(connection: Connection, file: File, at: datetime | None = None) -> tuple[Event, ...]:
    """The measure arrives, and its first round of notices begins."""
    esobes = Actor(role=Role.ESOBES)
    return say(connection, file, Said("measure_arrived", esobes, {"measure": file.measure}, at=at))


def open_choice(
    connection: Connection, file: File, on: date, at: datetime | None = None
) -> tuple[Event, ...]:
    """The notice is proven delivered on a local day: the two months run from it."""
    proven = {"round": 1, "channel": "sms", "confirmed": True, "on": on.isoformat()}
    gateway = Actor(role=Role.GATEWAY)
    return say(connection, file, Said("delivery_proven", gateway, proven, at=at))


def ordering(file: File, at: datetime | None = None, **facts: Any) -> Said:
    """A good order of the whole quantity; `facts` override what held when it was submitted."""
    quantity = file.measure["quantity"]
    asked = {
        "offer": str(uuid4()),
        "quantity": quantity,
        "price_shown": PRICE,
        "co_payment_confirmed": 0,
        "application": APPLICATION,
        "signature": "b" * 64,
    }
    found = {
        "supplier": file.supplier,
        "supplier_active": True,
        "offer_item": file.measure["item"],
        "offer_regions": ["71"],
        "price": PRICE,
        "supplier_is_party": False,
        "application": APPLICATION,
        "norm_used": 0,
        "signature": GOOD,
        **facts,
    }
    return Said("place_order", file.recipient, asked, found, at=at)


def move_clock(sandbox_url: str, forward: timedelta) -> None:
    """Move the legal clock as the sandbox does, without any workflow coming along."""
    with psycopg.connect(sandbox_url, autocommit=True) as connection:
        connection.execute("select move_legal_clock(%s)", (forward,))


def rows_of(events: Sequence[Event]) -> list[str]:
    """The rows of the process that events took, `-` for what changed nothing."""
    return [event.row for event in events]


_LINES = text(
    "SELECT seq, type, row, message_id, at, actor_role, actor_id, on_behalf_of, period, data,"
    " previous, hash, case_id, recorded_at, xid, salt FROM event WHERE case_id = :id ORDER BY seq"
)


def check_chain(connection: Connection, case_id: str) -> int:
    """Recompute the hashes of a file from its rows, without the product's code; its length."""
    previous, count = GENESIS, 0
    for count, row in enumerate(connection.execute(_LINES, {"id": case_id}), 1):
        assert row.seq == count
        assert row.previous == previous
        body = {
            "seq": row.seq,
            "type": row.type,
            "row": row.row,
            "message_id": row.message_id,
            "at": row.at.isoformat().replace("+00:00", "Z"),
            "actor": {
                "role": row.actor_role,
                "id": row.actor_id and str(row.actor_id),
                "on_behalf_of": row.on_behalf_of and str(row.on_behalf_of),
            },
            "period": row.period,
            "data": row.data,
            "case_id": str(row.case_id),
            "recorded_at": f"{row.recorded_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "xid": row.xid,
        }
        # By the program that others have: it shares nothing with ours.
        salt = row.salt and row.salt.hex()
        assert row.hash in hashes_of({**body, "salt": salt}, previous)
        previous = row.hash
    head = connection.execute(
        text("SELECT seq, hash FROM case_head WHERE case_id = :id"), {"id": case_id}
    ).one()
    assert (head.seq, head.hash) == (count, previous)
    return count


def next_deadline(connection: Connection, file: File) -> Message:
    """The message that the file's clock sends itself next."""
    return agenda(read_case(connection, file), edition(CURRENT).process)[0].message
