"""How the lines of a case's file and what it was told are chained: each hash covers the one before.

Every column of a row is in its hash, but two: the hash itself and the year by which old cases lie
apart. Sealed bytes are in it by their own hash, so that erasing a person breaks no chain.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from domain.canonical import canonical_bytes, sha256_hex
from domain.messages import Event

# What stands before the first of each chain.
GENESIS: Final = b"\0" * 32
# A message of the inbox as its chain has it: what is asked of the database for `message_hash`.
MESSAGE: Final = (
    "i.id, i.place, i.case_id, i.name, i.period, i.submitted_at, i.received_at, i.actor_role,"
    " i.actor_id, i.on_behalf_of, i.actor_key, i.idempotency_key, i.body_hash,"
    " sha256(i.sealed) AS sealed_hash, i.data, i.facts, i.refused"
)


class Written(NamedTuple):
    """Where and when events are written: whose file, at what time of the wall, by which
    transaction.
    """

    case_id: str
    at: datetime
    xid: int


def event_hash(previous: bytes, event: Event, written: Written | None) -> bytes:
    """The hash of an event, which covers the one before it.

    Without `written` as it was made until this was in it too.
    """
    body = event.model_dump(mode="json")
    if written is not None:
        body |= {"case_id": written.case_id, "recorded_at": _told(written.at), "xid": written.xid}
    return bytes.fromhex(sha256_hex(previous + canonical_bytes(body)))


def is_hash_of(found: bytes, previous: bytes, event: Event, written: Written) -> bool:
    """Whether an event has its hash, be it of before or of since more is in it."""
    return any(found == event_hash(previous, event, one) for one in (written, None))


def message_body(row: Mapping[str, Any]) -> dict[str, Any]:
    """A message as it is hashed: the columns `MESSAGE`, and `linked` where it was left first."""
    return {name: _told(value) for name, value in row.items()}


def message_hash(previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of a message, which covers the one before it."""
    return bytes.fromhex(sha256_hex(previous + canonical_bytes(message_body(row))))


def hash_of_row(previous: bytes, row: Row[Any], linked: int | None) -> bytes:
    """The same of a row of the inbox with the columns `MESSAGE`; `linked` is the place that one has
    in the chain which was left.
    """
    columns = {name: row._mapping[name] for name in NAMES}
    return message_hash(previous, {**columns, "linked": linked})


def sealed_hash(sealed: bytes | None) -> bytes | None:
    """How sealed bytes stand in a chain."""
    return None if sealed is None else hashlib.sha256(sealed).digest()


NAMES: Final = tuple(one.rpartition(" ")[2].removeprefix("i.") for one in MESSAGE.split(", "))


def instant_text(at: datetime) -> str:
    """An instant as it stands in what is hashed."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _told(value: Any) -> Any:
    """As JSON."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, UUID):
        return str(value)
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
