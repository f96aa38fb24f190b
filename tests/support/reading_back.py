"""All that can still be read in a database by whoever has every key of the settings.

Whatever opens is opened: by the master keys, and by the keys of people that these unwrap.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from db.envelopes import open_envelope
from db.sealing import Seal, Unreadable, unseal

_COLUMNS: Final = text(
    "SELECT c.table_name AS name, c.column_name AS said, c.data_type = 'bytea' AS sealed"
    " FROM information_schema.columns c JOIN information_schema.tables t"
    " USING (table_schema, table_name) WHERE c.table_schema = 'public'"
    " AND t.table_type = 'BASE TABLE' ORDER BY 1, 2"
)


def readable(connection: Connection, sealer: Seal) -> Iterator[tuple[str, bytes]]:
    """Column by column what stands there in the clear, and what opens."""
    wrapped = connection.execute(text("SELECT wrapped FROM person_key")).scalars()
    keys = [sealer.unwrap(bytes(one)) for one in wrapped]
    for one in connection.execute(_COLUMNS).all():
        for value in connection.execute(text(f"SELECT {one.said} FROM {one.name}")).scalars():
            place = f"{one.name}.{one.said}"
            if value is None:
                continue
            if one.sealed:
                yield from ((place, found) for found in _opened(sealer, keys, bytes(value)))
            else:
                yield place, str(value).encode()


def _opened(sealer: Seal, keys: Sequence[bytes], sealed: bytes) -> Iterator[bytes]:
    yield sealed
    yield from _if_it_opens(open_envelope, sealer, sealed)
    for key in keys:
        # In front of a message that became a case's stands a sign.
        for content in (sealed, sealed[1:]):
            yield from _if_it_opens(unseal, key, content)


def _if_it_opens(open_: Any, key: Any, sealed: bytes) -> Iterator[bytes]:
    try:
        yield open_(key, sealed)
    except (Unreadable, ValueError):
        return
