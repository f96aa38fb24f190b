"""The heads of the record: each is over what has grown since the one before, and names it.

Of each case that has grown a leaf says how far: a tree is made over them. What is written beside
the chains is in it by one hash over its lines. Whoever keeps a head that was published can later
prove that nothing before it was changed, by whoever it may be.
"""

import hashlib
import json
import struct
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, text
from sqlmodel import col, select

from db.casefile import opened
from db.chains import GENESIS, instant_text
from db.engine import reads
from db.record_tables import RecordHead
from db.rows import lock, models, walked
from domain.canonical import canonical_bytes
from domain.merkle import leaf_hash, root
from domain.messages import Frozen
from domain.terms.counting import ZONE
from integrations.head_keys import HeadKey

# So many leaves lie together.
TOGETHER: Final = 1000
LINKED_AT_ONCE: Final = 50
# Whoever writes has ended by then: places in the inboxes are had before they are written.
UNSETTLED: Final = timedelta(minutes=10)
_LEAF: Final = struct.Struct(">16sI32s32s")
LEAF_BYTES: Final = _LEAF.size
_UNTIL: Final = text(
    "SELECT clock_timestamp() AS at, legal_now() AS legal,"
    " pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid,"
    " coalesce(pg_sequence_last_value(pg_get_serial_sequence('inbox', 'place')::regclass), 0)"
    " AS place"
)
_MARK: Final = text(
    "SELECT until_place FROM record_head WHERE at < CAST(:at AS timestamptz) - :unsettled"
    " ORDER BY number DESC LIMIT 1"
)
_GROWN: Final = (
    "SELECT h.case_id, h.seq, h.hash, h.told FROM case_head h WHERE h.case_id IN ("
    " SELECT case_id FROM event WHERE xid >= {since} AND xid < {until}"
    " UNION SELECT case_id FROM inbox WHERE place > {mark} AND place <= {place}"
    " UNION SELECT case_id FROM linked WHERE place > {mark} AND place <= {place})"
    " ORDER BY h.case_id"
)
_LINES: Final = (
    "SELECT xid, id, relation, key, hash FROM record_line"
    " WHERE xid >= {since} AND xid < {until} ORDER BY xid, id"
)
_ADD: Final = text(
    "INSERT INTO record_head (number, at, legal_at, until_xid, until_place, jws, public_key)"
    " VALUES (:number, :at, :legal, :xid, :place, :jws, CAST(:key AS jsonb))"
)
_KEEP: Final = text(
    "INSERT INTO record_leaves (head, part, first_case, last_case, leaves)"
    " VALUES (:head, :part, :first, :last, :leaves)"
)
_LOOSE: Final = text("SELECT DISTINCT case_id FROM unlinked ORDER BY case_id LIMIT :most")


class Leaf(NamedTuple):
    """How far a case has grown: its id, its events, and the last hash of events and messages."""

    case_id: UUID
    seq: int
    hash: bytes
    told: bytes

    @classmethod
    def of(cls, packed: bytes) -> Self:
        """From its bytes."""
        case_id, seq, hashed, told = _LEAF.unpack(packed)
        return cls(UUID(bytes=case_id), seq, hashed, told)

    @property
    def packed(self) -> bytes:
        """As it stands in the tree: 16 bytes, a number of 4 with the highest first, 32 and 32."""
        return _LEAF.pack(self.case_id.bytes, self.seq, self.hash, self.told)


class SignedHead(Frozen):
    """What a head says, in the form in which it is signed.

    `previous` is the SHA-256 of the signed text before it (of the first: zeros). It covers events
    and lines of transactions from `since` on and below `until_xid`, and messages up to
    `until_place`.
    """

    form: int = 1
    number: int
    made_at: str
    legal_at: str
    previous: str
    root: str
    leaves: int
    lines: int
    lines_hash: str
    since_xid: int
    until_xid: int
    until_place: int


def make_head(engine: Engine, key: HeadKey) -> SignedHead:
    """Make the next head, whatever there is; whoever makes one at the same time waits."""
    with engine.begin() as connection:
        lock(connection, "record head")
        return _made(connection, key)


def make_due(engine: Engine, key: HeadKey) -> Iterator[SignedHead | None]:
    """Make the head of today, if there is none yet; None after each part of what goes before.

    Of days on which nobody worked the next head is the head too: it says since when it goes.
    """
    with reads(engine) as connection:
        if not is_due(connection):
            return
    for _ in link_left(engine):
        yield None
    with engine.begin() as connection:
        lock(connection, "record head")
        if is_due(connection):
            yield _made(connection, key)


def is_due(connection: Connection) -> bool:
    """Whether no head was made on this day (of the wall clock, in the country)."""
    last = newest(connection)
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    midnight = datetime.combine(now.astimezone(ZONE).date(), time(), ZONE)
    return last is None or last.at < midnight


def link_left(engine: Engine) -> Iterator[int]:
    """Chain what was left in inboxes, case after case."""
    while True:
        with reads(engine) as connection:
            found = connection.execute(_LOOSE, {"most": LINKED_AT_ONCE}).scalars().all()
        for case_id in found:
            with engine.begin() as connection, opened(connection, str(case_id)) as file:
                file.chain_left()
        if not found:
            return
        yield len(found)


def newest(connection: Connection) -> RecordHead | None:
    """The head that was made last."""
    last = select(RecordHead).order_by(col(RecordHead.number).desc()).limit(1)
    return models(connection, last).one_or_none()


def list_heads(connection: Connection, after: int, most: int) -> list[RecordHead]:
    """The heads after a number, in their order."""
    asked = select(RecordHead).where(col(RecordHead.number) > after)
    return list(models(connection, asked.order_by(col(RecordHead.number)).limit(most)))


def digest_of(jws: str) -> str:
    """By what the next head names a signed one."""
    return hashlib.sha256(jws.encode()).hexdigest()


def lines_hash(rows: Iterator[Row[Any]]) -> tuple[int, str]:
    """How many lines, and one hash over them: of each its numbers, table, key and hash as a row of
    JSON, each on a line.
    """
    made, count = hashlib.sha256(), 0
    for row in rows:
        line = [row.xid, row.id, row.relation, row.key, bytes(row.hash).hex()]
        made.update(canonical_bytes(line) + b"\n")
        count += 1
    return count, made.hexdigest()


def lines_between(connection: Connection, since: int, until: int) -> Iterator[Row[Any]]:
    """The lines of these transactions, in their order, as they come."""
    yield from walked(connection, _LINES.format(since=since, until=until))


def _made(connection: Connection, key: HeadKey) -> SignedHead:
    last = newest(connection)
    until = connection.execute(_UNTIL).one()
    since = last.until_xid if last else 0
    marked = {"at": until.at, "unsettled": UNSETTLED}
    asked = {
        "since": since,
        "until": until.xid,
        "mark": connection.execute(_MARK, marked).scalar_one_or_none() or 0,
        "place": until.place,
    }
    number = last.number + 1 if last else 1
    parts: list[dict[str, Any]] = []
    top, leaves = _tree(connection, asked, number, parts)
    count, digest = lines_hash(lines_between(connection, since, until.xid))
    head = SignedHead(
        number=number,
        made_at=instant_text(until.at),
        legal_at=instant_text(until.legal),
        previous=digest_of(last.jws) if last else GENESIS.hex(),
        root=top.hex(),
        leaves=leaves,
        lines=count,
        lines_hash=digest,
        since_xid=since,
        until_xid=until.xid,
        until_place=until.place,
    )
    signed = key.sign(canonical_bytes(head.model_dump()))
    told = {"number": number, **until._mapping}
    connection.execute(_ADD, {**told, "jws": signed, "key": json.dumps(key.public)})
    for part in parts:
        connection.execute(_KEEP, part)
    return head


def _tree(
    connection: Connection, asked: dict[str, Any], number: int, parts: list[dict[str, Any]]
) -> tuple[bytes, int]:
    """The root over the leaves of the cases that have grown, and how many; `parts` of them to keep.

    The hashes of a million leaves are 80 MB: they are kept packed until the head is there.
    """
    together: list[Leaf] = []
    count = 0

    def keep() -> None:
        parts.append(
            {
                "head": number,
                "part": len(parts) + 1,
                "first": together[0].case_id,
                "last": together[-1].case_id,
                "leaves": b"".join(one.packed for one in together),
            }
        )
        together.clear()

    def hashes() -> Iterator[bytes]:
        nonlocal count
        for row in walked(connection, _GROWN.format(**asked)):
            leaf = Leaf(row.case_id, row.seq, bytes(row.hash), bytes(row.told))
            together.append(leaf)
            count += 1
            if len(together) == TOGETHER:
                keep()
            yield leaf_hash(leaf.packed)

    top = root(hashes())
    if together:
        keep()
    return top, count
