"""Names beside ids: authorities and suppliers for all, officials who acted for officials alone.

A name stands where a label does: `authority` has it in `authority_label`. Of recipients, and of who
acts for them or for a supplier, the role is told: who reads their names is on record.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from api.access import OFFICIALS
from api.auth import Caller
from api.labels import FOR_PROGRAMS, NAMED_BY_ID
from api.language import said, worded
from db.names import Name, names_of
from db.sealing import Seal

# Here `person`, `by` and `to` are officials.
OF_OFFICIALS: Final = frozenset(
    (
        *("actor", "assignee", "colleagues", "decided_by", "decisions", "escalations"),
        *("officials", "operations", "reads"),
    )
)
_THERE: Final[Mapping[str, str]] = {
    **NAMED_BY_ID,
    **dict.fromkeys(("person", "by", "to"), "person"),
}
# Of people without a name their role is told.
_UNNAMED: Final = frozenset(("authority", "supplier"))
KEPT_SECONDS: Final = 60
MOST_KEPT: Final = 5_000
Wanted = tuple[str, str]
# What an id stands in, under which name, and whose it is.
Place = tuple[dict[str, Any], str, Wanted]


def places_in(told: Any, reader: Caller) -> list[Place]:
    """Every id of an answer that has a name for its reader."""
    official = reader.role in OFFICIALS
    return [one for one in _ids_in(told) if official or one[2][0] != "person"]


def _ids_in(told: Any, kinds: Mapping[str, str] = NAMED_BY_ID) -> Iterator[Place]:
    if isinstance(told, list):
        for one in told:
            yield from _ids_in(one, kinds)
    if not isinstance(told, dict):
        return
    for name, value in told.items():
        if name in kinds and (id_ := _id(value)) is not None:
            yield told, name, (kinds[name], id_)
        elif isinstance(value, list | dict) and name not in FOR_PROGRAMS:
            yield from _ids_in(value, _THERE if name in OF_OFFICIALS else NAMED_BY_ID)


def _id(value: Any) -> str | None:
    if isinstance(value, UUID):
        return str(value)
    try:
        return str(UUID(value)) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


class Names:
    """Looks names up, and keeps those asked for last for a minute; who has none may get one at any
    moment, and is looked up anew.
    """

    def __init__(self) -> None:
        self._kept: dict[Wanted, tuple[float, Name]] = {}

    def missing(self, places: Sequence[Place]) -> set[Wanted]:
        """The names that must be looked up to be put there."""
        return {one for _, _, one in places if self._known(one) is None}

    def look_up(self, connection: Connection, seal: Seal, wanted: Collection[Wanted]) -> None:
        """Read names, and keep them; of who has none any more the one kept before is forgotten."""
        if len(self._kept) + len(wanted) > MOST_KEPT:
            self._kept.clear()
        now = time.monotonic()
        for kind in {kind for kind, _ in wanted}:
            ids = [id_ for of, id_ in wanted if of == kind]
            found = names_of(connection, seal, kind, ids)
            for id_ in ids:
                if id_ in found:
                    self._kept[kind, id_] = (now, found[id_])
                else:
                    self._kept.pop((kind, id_), None)

    def put(self, places: Sequence[Place]) -> bool:
        """The names that are known, beside their ids; whether all of them are."""
        whole = True
        for holder, field, wanted in places:
            kept = self._kept.get(wanted)
            whole = whole and kept is not None
            if kept is not None:
                name = kept[1]
                holder[f"{field}_label"] = name if isinstance(name, str) else worded(name)
            elif wanted[0] in _UNNAMED:
                holder[f"{field}_label"] = said(f"label.unnamed.{wanted[0]}")
        return whole

    def _known(self, wanted: Wanted) -> tuple[float, Name] | None:
        kept = self._kept.get(wanted)
        return kept if kept and time.monotonic() - kept[0] < KEPT_SECONDS else None
