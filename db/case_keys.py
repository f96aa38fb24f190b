"""Under what is sealed what is said in a case."""

from collections.abc import Set
from typing import Final

from sqlalchemy import Connection, text

from db.casefile import NoSuchCase
from db.persons import key_of
from db.sealing import Seal

_OWNERS: Final = text(
    "SELECT h.case_id, h.person_id, k.wrapped FROM case_head h"
    " LEFT JOIN person_key k USING (person_id) WHERE h.case_id = ANY(CAST(:cases AS uuid[]))"
)


def key_of_case(connection: Connection, sealer: Seal, case_id: str) -> bytes:
    """The key of the person of a case. Raises NoSuchCase."""
    (key,) = keys_of_cases(connection, sealer, {case_id}).values()
    return key


def keys_of_cases(connection: Connection, sealer: Seal, cases: Set[str]) -> dict[str, bytes]:
    """The same of many cases."""
    rows = connection.execute(_OWNERS, {"cases": list(cases)}).all()
    if len(rows) < len(cases):
        raise NoSuchCase("no case file of this id")
    return {str(row.case_id): key_of(connection, sealer, row) for row in rows}
