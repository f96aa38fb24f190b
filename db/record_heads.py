"""The heads of the record proven: their signatures and their chain, and what they are over.

What they say is compared with the rows there are, all at once and in little memory: their leaves
go into a table that passes with the transaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, text
from sqlmodel import col, select

from db.chains import GENESIS, instant_text
from db.heads import LEAF_BYTES, Leaf, SignedHead, digest_of, lines_between, lines_hash
from db.record import LINED, Lined, RecordFault
from db.record_tables import RecordHead
from db.rows import models
from domain.merkle import leaf_hash, root
from integrations.head_keys import SignatureInvalid, as_public, signed_by

_SESSION: Final = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL bytea_output = 'hex'",
    "DROP TABLE IF EXISTS pg_temp.leaf",
    "CREATE TEMPORARY TABLE leaf (head integer, case_id uuid, seq integer,"
    " hash bytea, told bytea) ON COMMIT DROP",
)
_PARTS: Final = text(
    "SELECT part, first_case, last_case, leaves FROM record_leaves WHERE head = :head ORDER BY part"
)
_ADD: Final = text(
    "INSERT INTO leaf SELECT :head, * FROM unnest(CAST(:cases AS uuid[]), CAST(:seqs AS integer[]),"
    " CAST(:hashes AS bytea[]), CAST(:tolds AS bytea[]))"
)
_ORPHANS: Final = text(
    "SELECT DISTINCT head FROM record_leaves l"
    " WHERE NOT EXISTS (SELECT 1 FROM record_head h WHERE h.number = l.head) ORDER BY 1"
)
# A leaf whose event, or whose last message, is not there any more as it was.
_GONE: Final = text(
    "SELECT l.head, l.case_id, l.seq, 'event' AS place FROM leaf l"
    " LEFT JOIN event e ON e.case_id = l.case_id AND e.seq = l.seq"
    " WHERE l.seq > 0 AND e.hash IS DISTINCT FROM l.hash"
    " UNION ALL SELECT l.head, l.case_id, l.seq, 'inbox' FROM leaf l WHERE l.told <> :nothing"
    " AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.case_id = l.case_id AND i.hash = l.told)"
    " AND NOT EXISTS (SELECT 1 FROM linked k WHERE k.case_id = l.case_id AND k.hash = l.told)"
    " ORDER BY 1, 2"
)
# An event of a transaction that the newest head covers, of which no leaf knows.
_UNKNOWN: Final = text(
    "SELECT e.case_id, e.seq FROM event e LEFT JOIN (SELECT case_id, max(seq) AS seq FROM leaf"
    " GROUP BY case_id) l ON l.case_id = e.case_id"
    " WHERE e.xid < :until AND e.seq > coalesce(l.seq, 0) ORDER BY e.case_id, e.seq"
)
# Of every row its line, of every line its row, once.
_LINES: Final = (
    "SELECT coalesce(l.key, t.key) AS key, CASE WHEN t.key IS NULL THEN 'removed'"
    " WHEN l.key IS NULL THEN 'added' WHEN l.many > 1 THEN 'noted twice' ELSE 'changed' END AS what"
    " FROM (SELECT key, min(hash) AS hash, count(*) AS many FROM record_line"
    "  WHERE relation = '{relation}' GROUP BY key) l"
    " FULL JOIN (SELECT {key} AS key, {hash} AS hash FROM {table} r) t USING (key)"
    " WHERE t.hash IS DISTINCT FROM l.hash OR l.many IS DISTINCT FROM 1 ORDER BY 1"
)
_KEY: Final = "jsonb_build_array({columns})::text"
_HASH: Final = (
    "sha256(convert_to((SELECT coalesce(jsonb_object_agg(name, value), '{{}}')::text"
    " FROM jsonb_each(to_jsonb(r){beyond}) AS of_row(name, value)"
    " WHERE value <> 'null' AND name <> ALL ('{{{skipped}}}')), 'UTF8'))"
)
# Whoever wrote a row after a head was made has not written it before.
_DATED: Final = (
    "SELECT l.key FROM record_line l JOIN {table} r ON {key} = l.key JOIN LATERAL"
    " (SELECT h.{clock} AS made FROM record_head h WHERE h.until_xid <= l.xid"
    "  ORDER BY h.number DESC LIMIT 1) b ON true WHERE l.relation = '{relation}'"
    " AND r.{at} < b.made - interval '1 hour' ORDER BY 1"
)
_BEYOND: Final = " || jsonb_build_object('{column}', beyond_key(r.{column}))"
# A line of before there were envelopes: its row is there, whatever its key.
_OF_BEFORE: Final = (
    "SELECT l.key FROM record_line l WHERE l.relation = '{table}'"
    " AND NOT EXISTS (SELECT 1 FROM {table} r WHERE {key} = l.key) ORDER BY 1"
)
_FOREIGN: Final = text(
    "SELECT DISTINCT relation FROM record_line WHERE relation <> ALL (:known) ORDER BY 1"
)
Published = Mapping[int, str]


def prove_heads(
    connection: Connection, published: Published, since: int = 0
) -> Iterator[RecordFault]:
    """Every head, from the number `since` on with what it is over, and against those that somebody
    kept (`published`, number to signed text). Leaves its leaves in the table `leaf`.
    """
    for statement in _SESSION:
        connection.execute(text(statement))
    number, before, until = 0, GENESIS.hex(), 0
    held = models(connection, select(RecordHead).order_by(col(RecordHead.number))).all()
    for row in held:
        number += 1
        if row.number != number:
            yield _of_head(number, "removed")
            number = row.number
        if published.get(row.number, row.jws) != row.jws:
            yield _of_head(row.number, "is another than the one that was published")
        try:
            head = _read(row)
        except (SignatureInvalid, ValidationError):
            yield _of_head(row.number, "signature")
            before = digest_of(row.jws)
            continue
        if head.previous != before or head.since_xid != until:
            yield _of_head(row.number, "does not name the one before it")
        yield from (_of_head(row.number, what) for what in _otherwise(row, head))
        before, until = digest_of(row.jws), head.until_xid
        yield from _prove_tree(connection, head)
        if head.number >= since and (head.lines, head.lines_hash) != lines_hash(
            lines_between(connection, head.since_xid, head.until_xid)
        ):
            yield RecordFault("record_line", {"head": head.number}, "not as the head has them")
    for missing in sorted(set(published) - {row.number for row in held}):
        yield _of_head(missing, "removed")
    for orphan in connection.execute(_ORPHANS).scalars():
        yield RecordFault("record_leaves", {"head": orphan}, "of no head")
    yield from _prove_leaves(connection, until)


def prove_lines(connection: Connection) -> Iterator[RecordFault]:
    """Every row that has a line, and every line; `prove_heads` has prepared the session."""
    for table, one in LINED.items():
        for row in connection.execute(text(_lines_of(table, one))):
            yield RecordFault(table, {"key": row.key}, row.what)
        told = {"table": table, "relation": one.relation(table), "key": _key_of(one)}
        if one.envelope:
            for key in connection.execute(text(_OF_BEFORE.format(**told))).scalars():
                yield RecordFault(table, {"key": key}, "removed")
        if one.at:
            told |= {"at": one.at, "clock": one.clock}
            for row in connection.execute(text(_DATED.format(**told))):
                yield RecordFault(table, {"key": row.key}, "dated before a head that has it not")
    known = {*LINED, *(one.relation(table) for table, one in LINED.items())}
    for relation in connection.execute(_FOREIGN, {"known": sorted(known)}).scalars():
        yield RecordFault("record_line", {"relation": relation}, "of no table")


def _prove_tree(connection: Connection, head: SignedHead) -> Iterator[RecordFault]:
    """The leaves of a head give its root, and stand as they are looked for."""
    wrong: list[str] = []
    count = 0

    def hashes() -> Iterator[bytes]:
        nonlocal count
        last = UUID(int=0)
        for number, row in enumerate(connection.execute(_PARTS, {"head": head.number}).all(), 1):
            packed = bytes(row.leaves)
            whole = len(packed) - len(packed) % LEAF_BYTES
            found = [packed[at : at + LEAF_BYTES] for at in range(0, whole, LEAF_BYTES)]
            leaves = [Leaf.of(one) for one in found]
            cases = [leaf.case_id for leaf in leaves]
            if not cases or (row.first_case, row.last_case) != (cases[0], cases[-1]):
                wrong.append("first and last case")
            ordered = sorted({last, *cases}) == [last, *cases]
            if row.part != number or whole != len(packed) or not ordered:
                wrong.append("order")
            last = cases[-1] if cases else last
            count += len(leaves)
            _keep(connection, head.number, leaves)
            yield from map(leaf_hash, found)

    if root(hashes()).hex() != head.root or count != head.leaves:
        wrong.append("not as the head has them")
    for what in dict.fromkeys(wrong):
        yield RecordFault("record_leaves", {"head": head.number}, what)


def _keep(connection: Connection, head: int, leaves: Sequence[Leaf]) -> None:
    columns = {
        "cases": [one.case_id for one in leaves],
        "seqs": [one.seq for one in leaves],
        "hashes": [one.hash for one in leaves],
        "tolds": [one.told for one in leaves],
    }
    connection.execute(_ADD, {"head": head, **columns})


def _prove_leaves(connection: Connection, until: int) -> Iterator[RecordFault]:
    connection.execute(text("CREATE INDEX ON leaf (case_id, head)"))
    connection.execute(text("ANALYZE leaf"))
    for row in connection.execute(_GONE, {"nothing": GENESIS}):
        key = {"head": row.head, "seq": row.seq}
        yield RecordFault(row.place, key, "not as a head has it", str(row.case_id))
    for row in connection.execute(_UNKNOWN, {"until": until}):
        yield RecordFault("event", {"seq": row.seq}, "no head has it", str(row.case_id))


def _read(row: RecordHead) -> SignedHead:
    return SignedHead.model_validate_json(signed_by(row.jws, row.public_key))


def _otherwise(row: RecordHead, head: SignedHead) -> Iterator[str]:
    """Columns that say otherwise than what was signed."""
    pairs = {
        "number": (row.number, head.number),
        "at": (instant_text(row.at), head.made_at),
        "legal_at": (instant_text(row.legal_at), head.legal_at),
        "public_key": (row.public_key, as_public(row.public_key)),
        "until_xid": (row.until_xid, head.until_xid),
        "until_place": (row.until_place, head.until_place),
    }
    yield from (f"{name} is not as signed" for name, (held, said) in pairs.items() if held != said)


def _of_head(number: int, what: str) -> RecordFault:
    return RecordFault("record_head", {"number": number}, what)


def _key_of(one: Lined) -> str:
    return _KEY.format(columns=", ".join(f"r.{name}" for name in one.key))


def _lines_of(table: str, one: Lined) -> str:
    beyond = _BEYOND.format(column=one.envelope) if one.envelope else ""
    made = _HASH.format(skipped=",".join(one.changing), beyond=beyond)
    relation = one.relation(table)
    return _LINES.format(table=table, relation=relation, key=_key_of(one), hash=made)
