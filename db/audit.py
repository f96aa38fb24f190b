"""Who did what to which row from outside the process of a case: one line each, never changed."""

from uuid import UUID

from sqlalchemy import Connection, text

from domain.messages import Actor

_NOTE = text(
    "INSERT INTO audit (actor_id, actor_role, action, subject)"
    " VALUES (:actor, :role, :action, :subject)"
)


def note(connection: Connection, actor: Actor, action: str, subject: UUID) -> None:
    """Write it down, in the transaction in which it is done."""
    named = {"actor": actor.id, "role": actor.role.value, "action": action, "subject": subject}
    connection.execute(_NOTE, named)
