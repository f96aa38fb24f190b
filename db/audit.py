"""Who did what to which row from outside the process of a case, and who read what is personal.

One line each, never changed.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, text

from db.reference_tables import OPERATIONS, Audit
from domain.messages import Actor

_NOTE = insert(Audit)
# The newest first; of a case what was done to it, and in it.
_OPERATIONS: Final = (
    "SELECT id, at, action, actor_role, actor_id, subject, case_id FROM audit"
    f" WHERE {OPERATIONS} AND (CAST(:after AS bigint) IS NULL OR id < :after)"
)
_LIST = text(f"{_OPERATIONS} ORDER BY id DESC LIMIT :most")
_OF_CASE = text(
    f"{_OPERATIONS} AND (case_id = :case OR subject = :case) ORDER BY id DESC LIMIT :most"
)


def list_operations(
    connection: Connection, case: UUID | None, after: int | None, most: int
) -> list[Row[Any]]:
    """Who changed what from outside the process, the newest first; of one case, if one is named."""
    asked = {"after": after, "most": most}
    if case is None:
        return list(connection.execute(_LIST, asked))
    return list(connection.execute(_OF_CASE, {**asked, "case": case}))


def note(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: UUID,
    case_id: UUID | None = None,
    sha256: str | None = None,
) -> None:
    """Write it down, in the transaction in which it is done.

    `case_id`: in which case it was; `sha256`: of the bytes that it was about.
    """
    by = {"actor_id": actor.id, "actor_role": actor.role.value}
    of = {"case_id": case_id, "on_behalf_of": actor.on_behalf_of if case_id else None}
    connection.execute(_NOTE, {"action": action, "subject": subject, "sha256": sha256, **by, **of})
