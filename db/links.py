"""Messages that were left in an inbox are chained by whoever has the lock of the file next."""

from typing import Final

from sqlalchemy import Connection, text

from db.chains import MESSAGE, hash_of_row

_NEXT: Final = "nextval(pg_get_serial_sequence('inbox', 'place'))"
# In the order in which they came, whatever was chained meanwhile.
_LEFT: Final = text(
    "WITH gone AS (DELETE FROM unlinked WHERE case_id = :case_id RETURNING inbox_id),"
    f" left_ones AS (SELECT {MESSAGE} FROM inbox i"
    " WHERE i.case_id = :case_id AND i.id IN (SELECT inbox_id FROM gone) ORDER BY i.place)"
    f" SELECT *, {_NEXT} AS linked FROM left_ones"
)
_LINK: Final = text(
    "WITH linking AS (INSERT INTO linked (inbox_id, case_id, place, hash)"
    " SELECT l.id, CAST(:case_id AS uuid), l.place, l.hash FROM unnest(CAST(:ids AS uuid[]),"
    " CAST(:places AS bigint[]), CAST(:hashes AS bytea[])) AS l(id, place, hash))"
    " UPDATE case_head SET told = :told WHERE case_id = :case_id"
)
_NEXT_PLACE: Final = text(f"SELECT {_NEXT}")


def link(connection: Connection, case_id: str, told: bytes) -> bytes:
    """Chain what was left to the messages of a file that is held; where they end now."""
    named = {"case_id": case_id}
    rows = sorted(connection.execute(_LEFT, named), key=lambda row: int(row.linked))
    hashes = []
    for row in rows:
        told = hash_of_row(told, row, row.linked)
        hashes.append(told)
    links = {"ids": [row.id for row in rows], "places": [row.linked for row in rows]}
    connection.execute(_LINK, {**named, **links, "hashes": hashes, "told": told})
    return told


def next_place(connection: Connection) -> int:
    """The place in all inboxes of what is written next."""
    place: int = connection.execute(_NEXT_PLACE).scalar_one()
    return place
