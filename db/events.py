"""The events of a file, read back."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, text

from db.chains import Digested, Written, event_hash
from domain.messages import Actor, Event

_TAIL = text(
    "SELECT seq, type, row, message_id, at, actor_role, actor_id, on_behalf_of, period, data"
    " FROM event WHERE case_id = :case_id AND seq > :seq ORDER BY seq"
)


def read_events(connection: Connection, case_id: str, after: int = 0) -> list[Event]:
    """The events of a file after a number, in order."""
    rows = connection.execute(_TAIL, {"case_id": case_id, "seq": after})
    return [event_of(row._mapping) for row in rows]


def event_of(row: Any) -> Event:
    """An event from its columns."""
    plain = ("seq", "type", "row", "message_id", "at", "period", "data")
    return Event(**{name: row[name] for name in plain}, actor=actor_of(row))


def actor_of(row: Any) -> Actor:
    """Who did what a row of the file or of the inbox says."""
    named = {"id": row["actor_id"], "on_behalf_of": row["on_behalf_of"]}
    return Actor(role=row["actor_role"], **{k: str(v) if v else None for k, v in named.items()})


def chained(
    previous: bytes,
    told: bytes,
    events: Sequence[Event],
    written: Written,
    digested: Sequence[Digested] = (),
) -> dict[str, Any]:
    """The values by which events are written at the end of a file: chained to the `previous` one;
    `told` is where its messages end. What is `digested` already is not digested again.
    """
    lines = []
    for event, known in zip_longest(events, digested):
        made = known.hash if known else event_hash
        hashed = made(previous, event, written)
        lines.append(line_of(event, previous, hashed))
        previous = hashed
    ends = {"hash": previous, "told": told, "wall": written.at, "xid": written.xid}
    return {"events": json.dumps(lines, ensure_ascii=False), "salt": written.salt, **ends}


def line_of(event: Event, previous: bytes, hashed: bytes) -> dict[str, Any]:
    """The columns of an event that is chained, as JSON."""
    told = event.model_dump(mode="json", exclude={"actor"})
    by = {"actor_role": event.actor.role, "actor_id": event.actor.id}
    by["on_behalf_of"] = event.actor.on_behalf_of
    return {**told, **by, "previous": previous.hex(), "hash": hashed.hex()}
