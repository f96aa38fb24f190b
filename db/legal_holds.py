"""Legal holds: while one stands, nothing of the person is erased, whoever asks and whatever term
is over.
"""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, func, insert, update
from sqlmodel import col, select

from db.audit import note
from db.envelopes import open_envelope
from db.erasure_tables import LegalHold
from db.persons import is_kept, lock_person, open_for, seal_for
from db.rows import lock, models
from db.sealing import Seal, Unreadable
from domain.messages import Actor, Refusal

_LOCK: Final = "legal hold"


def place_hold(
    connection: Connection, sealer: Seal, actor: Actor, person: UUID, reason: str
) -> LegalHold | Refusal:
    """From now on this person is not erased."""
    lock(connection, _LOCK)
    lock_person(connection, person)  # who is being erased is gone then
    if not is_kept(connection, person):
        return Refusal(code="erasure_nothing_kept")
    if _standing(connection, person) is not None:
        return Refusal(code="legal_hold_stands")
    # It speaks of them, and goes with them once it was lifted and they are erased.
    sealed = seal_for(connection, sealer, person, reason.encode())
    named: dict[str, Any] = {"person_id": person, "reason": sealed, "placed_by": actor.id}
    made = models(connection, insert(LegalHold).values(**named).returning(LegalHold)).one()
    note(connection, actor, "legal_hold_placed", person)
    return made


def lift_hold(connection: Connection, actor: Actor, person: UUID) -> LegalHold | Refusal:
    """The person may be erased again, where nothing else stands against it."""
    lock(connection, _LOCK)
    held = _standing(connection, person)
    if held is None:
        return Refusal(code="no_legal_hold")
    lifting = update(LegalHold).where(col(LegalHold.id) == held.id).returning(LegalHold)
    values = {"lifted_by": actor.id, "lifted_at": func.legal_now()}
    done = models(connection, lifting.values(values)).one()
    note(connection, actor, "legal_hold_lifted", person)
    return done


def standing_holds(connection: Connection) -> list[LegalHold]:
    """Those that stand, the oldest first."""
    asked = select(LegalHold).where(col(LegalHold.lifted_at).is_(None))
    return list(models(connection, asked.order_by(col(LegalHold.id))))


def reason_of(connection: Connection, sealer: Seal, held: LegalHold) -> str | None:
    """Why it was placed; None where that cannot be read any more."""
    sealed = bytes(held.reason)
    try:
        return open_for(connection, sealer, held.person_id, sealed).decode()
    except Unreadable:  # of before it lay under the key of the person
        with suppress(Unreadable):
            return open_envelope(sealer, sealed).decode()
    return None


def _standing(connection: Connection, person: UUID) -> LegalHold | None:
    asked = select(LegalHold).where(
        col(LegalHold.person_id) == person, col(LegalHold.lifted_at).is_(None)
    )
    return models(connection, asked).one_or_none()
