"""Who did what to which row from outside the process of a case, and who read what is personal.

One line each, never changed.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from domain.messages import Actor

_NOTE = text(
    "INSERT INTO audit (actor_id, actor_role, action, subject, case_id, on_behalf_of, sha256)"
    " VALUES (:actor, :role, :action, :subject, :case_id, :on_behalf_of, :sha256)"
)


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
    named = {
        "actor": actor.id,
        "role": actor.role.value,
        "action": action,
        "subject": subject,
        "case_id": case_id,
        "on_behalf_of": actor.on_behalf_of if case_id else None,
        "sha256": sha256,
    }
    connection.execute(_NOTE, named)
