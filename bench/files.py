"""Real files, written by the product's own code: what a million cases are multiplied from.

Each goes the straight way of the process as far as its status, by messages that a model player
sends, at an instant of its own; a part begins where the walks of the tests do, so that every status
is there.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from db.casefile import opened
from db.chains import GENESIS
from db.opening import case_reference
from domain.messages import Message
from tests.domain.play import CURRENT, WAY, E, Play, R, outcome
from tests.domain.starts import STARTS

# Of a thousand files: how many stand in which status; the other 700 are closed.
OPEN: Final = {
    "notifying": 25,
    "choosing": 130,
    "ordered": 15,
    "in_fulfilment": 45,
    "delivered": 10,
    "awaiting_signatures": 15,
    "under_review": 25,
    "payment_pending": 15,
    "elsewhere": 20,
}
CLOSED: Final = {"completed": 560, "declined": 90, "withdrawn": 50}
LEFT_AT: Final = {"declined": "choosing", "withdrawn": "ordered"}
ENDS: Final[Mapping[str, Any]] = {
    "declined": ("decline", R, {"reason": "stated"}),
    "withdrawn": ("revoked", E),
}
AT_ONCE: Final = 4
NAMED: Final = re.compile(r'"(?:person|signer|clerk|member|admin|offer)-\d+"|"m\d+"')
PLAYED: Final = "7XK2M9"
_HEAD: Final = text(
    "INSERT INTO case_head (reference, programme_number, measure_id, edition, person_id, seq, hash,"
    " opened_at) VALUES (:reference, :reference, '1', :edition, :person, 0, :hash, :at)"
    " RETURNING case_id"
)
_INBOX: Final = text(
    "INSERT INTO inbox (id, case_id, name, period, actor_role, actor_id, on_behalf_of, actor_key,"
    " idempotency_key, body_hash, sealed, data, facts, submitted_at) VALUES (:id, :case_id, :name,"
    " :period, :role, :actor, :behalf, :key, :key, :hash, :sealed, CAST(:data AS jsonb),"
    " CAST(:facts AS jsonb), :at)"
)


@dataclass(frozen=True)
class Around:
    """Who a file is about: an authority and its place, a supplier, the recipient."""

    authority: UUID
    region: str
    supplier: UUID
    person: UUID


def write_file(engine: Engine, play: Play, around: Around, number: int) -> UUID:
    """The file of a play, taken message by message; its id."""
    messages = list(_translated(play, around, case_reference(number)))
    with engine.begin() as connection:
        head = {
            "reference": case_reference(number),
            "edition": CURRENT.hash,
            "person": around.person,
            "hash": GENESIS,
            "at": messages[0].at,
        }
        case_id: UUID = connection.execute(_HEAD, head).scalar_one()
        with opened(connection, str(case_id), tells=False) as file:
            for message in messages:
                if ":" not in message.id:  # terms and effects have no row of their own
                    _put(connection, case_id, message)
                file.take_new(message)
    return case_id


def _put(connection: Connection, case_id: UUID, message: Message) -> None:
    values = {
        "id": message.id,
        "key": message.id,
        "case_id": case_id,
        "name": message.name,
        "period": message.period,
        "role": message.actor.role.value,
        "actor": message.actor.id,
        "behalf": message.actor.on_behalf_of,
        "hash": bytes(32),
        "sealed": random.randbytes(300),
        "data": json.dumps(message.data),
        "facts": json.dumps(message.facts),
        "at": message.at,
    }
    connection.execute(_INBOX, values)


def _translated(play: Play, around: Around, reference: str) -> Iterator[Message]:
    """The messages of a play about these parties: every name in it becomes an id."""
    ids: dict[str, str] = {
        '"person-1"': str(around.person),
        '"authority-1"': str(around.authority),
        '"supplier-1"': str(around.supplier),
    }

    def named(found: re.Match[str]) -> str:
        return f'"{ids.setdefault(found[0], str(uuid4()))}"'

    told = re.compile(rf'{NAMED.pattern}|"(?:authority|supplier)-\d+"')
    for message in play.seen.values():
        written = told.sub(named, message.model_dump_json())
        written = written.replace(PLAYED, reference).replace("751110000", around.region)
        written = written.replace('["75"]', f'["{around.region[:2]}"]')
        yield Message.model_validate_json(written)


def plays(many: int, now: datetime, chance: random.Random) -> Iterator[Play]:
    """So many plays, in proportion."""
    shares: Mapping[str, int] = {**OPEN, **CLOSED}
    whole = sum(shares.values())
    for status, share in shares.items():
        for _ in range(max(1, round(many * share / whole))):
            yield _play(status, now, chance)


def _play(status: str, now: datetime, chance: random.Random) -> Play:
    if status == "elsewhere":
        return chance.choice([one for one in STARTS if one.seen]).copy()
    # A tenth of those who must act let the days pass.
    late = chance.random() < 0.1
    days = (1, 55) if status == "choosing" else (8, 20) if late else (0, 2)
    if status in CLOSED:
        days = (70, 1100)
    begun = now - timedelta(days=chance.uniform(*days), hours=15)
    play = Play(now=begun)
    target = LEFT_AT.get(status, status)
    for (reached, step), (following, _) in zip(WAY, (*WAY[1:], ("", None)), strict=True):
        play.now += timedelta(hours=1)
        step(play)
        # A few texts are still on their way.
        if chance.random() > 0.01:
            answer(play, "tell")
        if reached == target != following:
            break
    if status in ENDS:
        play.send(*ENDS[status])
        answer(play, "tell", "report")
    return play


def answer(play: Play, *kinds: str) -> None:
    """What effects of these kinds came to: nobody waits for what was told."""
    for effect in list(play.case.outbox.values()):
        if effect.kind in kinds:
            play.outcome(effect, *outcome(effect, {}))


def write_files(
    engine: Engine, around: Sequence[Around], now: datetime, chance: random.Random
) -> list[UUID]:
    """One file for each of these, in all statuses."""
    made = list(plays(len(around), now, chance))
    chance.shuffle(made)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(partial(write_file, engine), made, around, range(1, len(made) + 1)))
