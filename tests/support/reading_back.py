"""All that can still be read in a database by whoever has every key of the settings.

Whatever opens is opened: by the master keys, and by the keys of people that these unwrap.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from db.envelopes import open_envelope
from db.sealing import Seal, Unreadable, unseal

_TABLES: Final = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
    " AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
)


def readable(connection: Connection, sealer: Seal) -> Iterator[tuple[str, bytes]]:
    """Column by column what stands there in the clear, and what opens."""
    wrapped = connection.execute(text("SELECT wrapped FROM person_key")).scalars()
    keys = [sealer.unwrap(bytes(one)) for one in wrapped]
    for name in connection.execute(_TABLES).scalars().all():
        for row in connection.execute(text(f"SELECT to_jsonb(t) FROM {name} t")).scalars():
            for column, value in row.items():
                place, said = f"{name}.{column}", str(value)
                yield place, said.encode()
                if said.startswith("\\x"):
                    sealed = bytes.fromhex(said.removeprefix("\\x"))
                    yield from ((place, found) for found in _opened(sealer, keys, sealed))


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
