"""People whose cases are over, so that they may be erased, and their erasure."""

from uuid import UUID

from sqlalchemy import Connection, text

from db.erasure_tables import ErasureCertificate
from db.erasures import erase
from tests.support.intake import SEAL

# As if all of it had gone its way to the end.
_OVER = (
    "UPDATE case_view SET closed = true, status = 'completed' WHERE recipient_id = :person",
    "UPDATE supplier_view SET closed = true WHERE case_id IN"
    " (SELECT case_id FROM case_view WHERE recipient_id = :person)",
    "DELETE FROM owed WHERE case_id IN"
    " (SELECT case_id FROM case_view WHERE recipient_id = :person)",
    "UPDATE supplier SET active = false WHERE person_id = :person",
)


def end_all(connection: Connection, person: UUID) -> None:
    """Nothing of theirs is open, owed or to be sent any more."""
    for statement in _OVER:
        connection.execute(text(statement), {"person": person})


def erased(connection: Connection, person: UUID) -> ErasureCertificate:
    """The certificate that they were erased, with all of theirs over."""
    end_all(connection, person)
    return erase(connection, SEAL, person)
