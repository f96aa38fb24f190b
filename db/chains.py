"""How the lines of a case's file and what it was told are chained: each hash covers the one before.

Every column of a row is in its hash, but two: the hash itself and the year by which old cases lie
apart. Sealed bytes are in it by their own hash, so that erasing a person breaks no chain. An event
is hashed part by part, each with a salt: who may see some of them alone can be shown these, and the
hash goes on proving them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Row, text

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


# How the events of a case are linked, in their order.
LINKS: Final = text(
    "SELECT seq, previous, hash, recorded_at, xid, salt FROM event WHERE case_id = :case_id"
    " ORDER BY seq"
)
SALT_BYTES: Final = 16
Path = tuple[str | int, ...]


class Written(NamedTuple):
    """Where and when events are written: whose file, at what time of the wall, by which
    transaction, and with what salt (None: before there were any).
    """

    case_id: str
    at: datetime
    xid: int
    salt: bytes | None

    @classmethod
    def of(cls, case_id: str, row: Row[Any]) -> Self:
        """As a row of `LINKS` has it."""
        salt = None if row.salt is None else bytes(row.salt)
        return cls(case_id, row.recorded_at, row.xid, salt)


class EventPart(NamedTuple):
    """One value of an event: where it stands, and the key by which its digest is made."""

    path: Path
    key: bytes
    value: Any

    @property
    def digest(self) -> bytes:
        """How it stands in the hash; without its key nobody can guess what it is of."""
        return hashlib.sha256(self.key + place_of(self.path) + canonical_bytes(self.value)).digest()


class Digested(NamedTuple):
    """An event that is decided and not yet written: the digests of its parts in their order, and
    where those stand that only the writing tells.
    """

    digests: bytes
    late: tuple[int, ...]

    @classmethod
    def of(cls, event: Event, written: Written) -> Self:
        """What was `written` is looked at for case and salt alone. It must have a salt."""
        parts = parts_of(event_body(event, written), written.salt or b"")
        places = [one.path for one in parts]
        return cls(b"".join(one.digest for one in parts), tuple(map(places.index, _LATE)))

    def hash(self, previous: bytes, event: Event, written: Written) -> bytes:
        """As `event_hash` makes it, of the same event, case and salt."""
        told = parts_of({"seq": event.seq, **_told_late(written)}, written.salt or b"")
        late, digests = {one.path: one.digest for one in told}, bytearray(self.digests)
        size = hashlib.sha256().digest_size
        for path, place in zip(_LATE, self.late, strict=True):
            digests[place * size : (place + 1) * size] = late[path]
        return hashlib.sha256(previous + hashlib.sha256(digests).digest()).digest()


_LATE: Final = (("recorded_at",), ("xid",))


def event_body(event: Event, written: Written) -> dict[str, Any]:
    """An event as it is hashed."""
    return {**event.model_dump(mode="json"), "case_id": written.case_id, **_told_late(written)}


def _told_late(written: Written) -> dict[str, Any]:
    return {"recorded_at": _told(written.at), "xid": written.xid}


def parts_of(body: Mapping[str, Any], salt: bytes) -> list[EventPart]:
    """The parts of an event in the order of their places: every member of what has members, and of
    its deadlines each.
    """
    salted = salt + canonical_bytes(body["seq"])
    return [
        EventPart(path, hashlib.sha256(salted + place_of(path)).digest(), value)
        for path, value in sorted(_members((), body), key=lambda one: place_of(one[0]))
    ]


# They are the same from event to event.
@lru_cache(maxsize=4096)
def place_of(path: Path) -> bytes:
    """A place in an event as it is hashed."""
    return canonical_bytes(list(path))


def commitment(parts: Iterable[EventPart]) -> bytes:
    """What stands for all parts of an event in its hash."""
    return hashlib.sha256(b"".join(one.digest for one in parts)).digest()


def event_hash(previous: bytes, event: Event, written: Written) -> bytes:
    """The hash of an event, which covers the one before it."""
    body = event_body(event, written)
    if written.salt is None:
        return bytes.fromhex(sha256_hex(previous + canonical_bytes(body)))
    return hashlib.sha256(previous + commitment(parts_of(body, written.salt))).digest()


def is_hash_of(found: bytes, previous: bytes, event: Event, written: Written) -> bool:
    """Whether an event has its hash; without a salt, as it was made in either of former forms."""
    if found == event_hash(previous, event, written):
        return True
    first = canonical_bytes(event.model_dump(mode="json"))
    return written.salt is None and found == hashlib.sha256(previous + first).digest()


def _members(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from _members((*path, name), one)
    elif isinstance(value, list) and value and path == ("data", "deadlines"):
        yield from (((*path, number), one) for number, one in enumerate(value))
    else:
        yield path, value


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
