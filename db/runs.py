"""What the runs of cases are to hear of, and how they are called."""

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, text

from db.casefile import NoSuchCase, opened
from db.wakes import Untold

_TITLE = text(
    "SELECT h.reference || coalesce(' ' || v.item, '') FROM case_head h"
    " LEFT JOIN case_view v USING (case_id) WHERE case_id = :case_id"
)


def hear(engine: Engine, case_ids: Iterable[str]) -> list[Untold]:
    """Have files take what was left in their inboxes, one by one; whose runs are to be told."""
    told = []
    for case_id in case_ids:
        with engine.begin() as connection, opened(connection, case_id) as file:
            file.hear()
        told += [file.untold] if file.untold else []
    return told


def title(connection: Connection, case_id: str) -> str:
    """Reference and item of a case. Raises NoSuchCase."""
    found: str | None = connection.execute(_TITLE, {"case_id": case_id}).scalar()
    if found is None:
        raise NoSuchCase("no case file of this id")
    return found
