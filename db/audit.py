"""Who did what to which row from outside the process of a case, and who read what is personal.

One line each, never changed.
"""

from uuid import UUID

from sqlalchemy import Connection, insert

from db.reference_tables import Audit
from domain.messages import Actor

_NOTE = insert(Audit)


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
