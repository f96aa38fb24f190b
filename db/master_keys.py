"""Which master keys wrap what is kept, and wrapping it anew under the one that is current."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, text

from db.sealing import KEY_BYTES, NONCE_BYTES, Seal

# Under a master key stand a nonce, a key and the tag of AES-GCM, after `<key id>:`.
_SEALED_BYTES: Final = NONCE_BYTES + KEY_BYTES + 16
_LONGEST_ID: Final = 40
AT_ONCE: Final = 500


class WrappedColumn(NamedTuple):
    """Where wrapped keys stand: at the beginning of a column, after `before` bytes (their length).

    Of some tables only some rows do: others are sealed for a person, whose key stands apart.
    """

    table: str
    key: str
    column: str
    before: int = 2


COLUMNS: Final = (
    WrappedColumn("person_key", "person_id", "wrapped", 0),
    WrappedColumn("journal", "id", "sealed"),
    WrappedColumn("intake_task", "journal_id", "said"),
    WrappedColumn("treasury_report", "id", "sealed"),
    WrappedColumn("report_task", "report_id", "said"),
    WrappedColumn("supplier", "id", "contacts"),
    WrappedColumn("supplier_application", "id", "sealed"),
    WrappedColumn("supplier_application", "id", "reason"),
    WrappedColumn("supplier_removal", "id", "sealed"),
    WrappedColumn("removal_change", "id", "sealed"),
    WrappedColumn("person_search", "id", "reason"),
    WrappedColumn("list_export", "id", "purpose"),
    WrappedColumn("hold", "id", "reason"),
    WrappedColumn("legal_hold", "id", "reason"),
    WrappedColumn("webhook", "id", "secret"),
)


class Rewrapped(NamedTuple):
    """How far it is: rows looked at in this table, and those that were wrapped anew in all."""

    table: str
    rewrapped: int


def wrapped_by(connection: Connection) -> dict[str, int]:
    """How many keys each master key wraps, by its id; also one that the settings do not have."""
    found: Counter[str] = Counter()
    for one in COLUMNS:
        counted = text(
            f"SELECT {_id_of(one)} AS id, count(*) AS many FROM {one.table}"
            f" WHERE {_is_wrapped(one)} GROUP BY 1"
        )
        for row in connection.execute(counted):
            found[row.id] += row.many
    return dict(found)


def samples(connection: Connection) -> list[bytes]:
    """For each master key one of the keys that it wraps: who has the master key can open it."""
    found: dict[str, bytes] = {}
    for one in COLUMNS:
        asked = text(
            f"SELECT DISTINCT ON (1) {_id_of(one)} AS id, {_wrapped(one)} AS wrapped"
            f" FROM {one.table} WHERE {_is_wrapped(one)} ORDER BY 1"
        )
        for row in connection.execute(asked):
            found.setdefault(row.id, bytes(row.wrapped))
    return list(found.values())


def rewrap(engine: Engine, sealer: Seal) -> Iterator[Rewrapped]:
    """Wrap every key under the current master key, some hundred at a time; whoever is broken off
    begins anew and meets what is left. Others read and write meanwhile.

    Unreadable where a master key is not in the settings; what was rewrapped before stays.
    """
    current = next(iter(sealer.masters))
    many = 0
    for one in COLUMNS:
        after: Any = None
        while True:
            with engine.begin() as connection:
                found = _older(connection, one, current, after)
                many += _renew(connection, sealer, one, found)
            yield Rewrapped(one.table, many)
            if len(found) < AT_ONCE:
                break
            after = found[-1]["key"]


def _older(
    connection: Connection, one: WrappedColumn, current: str, after: Any
) -> list[Mapping[str, Any]]:
    begins = f" AND {one.key} > :after" if after is not None else ""
    asked = text(
        f"SELECT {one.key} AS key, {_wrapped(one)} AS wrapped FROM {one.table}"
        f" WHERE {_is_wrapped(one)} AND {_id_of(one)} <> :current{begins}"
        f" ORDER BY {one.key} LIMIT {AT_ONCE}"
    )
    named = {"current": current} | ({"after": after} if after is not None else {})
    return [dict(row) for row in connection.execute(asked, named).mappings()]


def _renew(
    connection: Connection, sealer: Seal, one: WrappedColumn, found: list[Mapping[str, Any]]
) -> int:
    """What somebody else has changed or erased meanwhile is left as it is."""
    if not found:
        return 0
    renewing = text(
        f"UPDATE {one.table} SET {one.column} = :renewed || substring({one.column} FROM :rest)"
        f" WHERE {one.key} = :key AND substring({one.column} FROM 1 FOR :length) = :held"
    )
    done = 0
    for row in found:
        held = bytes(row["wrapped"])
        renewed = sealer.wrap(sealer.unwrap(held))
        length = one.before + len(held)
        named = {
            "key": row["key"],
            "held": _with_length(one, held),
            "length": length,
            "rest": length + 1,
            "renewed": _with_length(one, renewed),
        }
        done += connection.execute(renewing, named).rowcount
    return done


def _with_length(one: WrappedColumn, wrapped: bytes) -> bytes:
    return (len(wrapped).to_bytes(one.before) if one.before else b"") + wrapped


# How long the id of a key is tells the length that stands in front, or, of a key that stands
# alone, that of the whole.
def _id_length(one: WrappedColumn) -> str:
    whole = f"length({one.column})"
    if one.before:
        whole = f"(get_byte({one.column}, 0) * 256 + get_byte({one.column}, 1))"
    return f"({whole} - {_SEALED_BYTES + 1})"


def _id_of(one: WrappedColumn) -> str:
    raw = f"substring({one.column} FROM {one.before + 1} FOR {_id_length(one)})"
    return f"encode({raw}, 'escape')"


def _wrapped(one: WrappedColumn) -> str:
    return (
        f"substring({one.column} FROM {one.before + 1} FOR {_id_length(one)} + {_SEALED_BYTES + 1})"
    )


def _is_wrapped(one: WrappedColumn) -> str:
    """Never of random bytes, by their length, the colon and the letters of an id."""
    length = _id_length(one)
    # Whatever is asked first, no byte is looked at that is not there.
    return (
        f"CASE WHEN length({one.column}) < {_SEALED_BYTES + 2} THEN false"
        f" WHEN {length} NOT BETWEEN 1 AND {_LONGEST_ID} THEN false"
        f" WHEN length({one.column}) < {one.before + _SEALED_BYTES + 1} + {length} THEN false"
        f" WHEN get_byte({one.column}, {one.before} + {length}) <> 58 THEN false"
        f" ELSE {_id_of(one)} ~ '^[0-9A-Za-z]+$' END"
    )
