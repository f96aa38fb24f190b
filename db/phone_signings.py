"""Signatures that are asked of a phone: a secret in a QR code leads to them, once and not for long.

A copy of the database opens none: what is to be signed is sealed under a key of that secret.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, update
from sqlmodel import col, select

from db.rows import models
from db.sealing import seal, unseal
from db.session_tables import PhoneSigning
from db.sessions import key_of, name_of

_ID: Final = col(PhoneSigning.id) == bindparam("own")
_OVER: Final = delete(PhoneSigning).where(col(PhoneSigning.until) < func.now())
_FIND: Final = select(PhoneSigning).where(_ID, col(PhoneSigning.until) > func.now())
_SIGN: Final = (
    update(PhoneSigning)
    .where(_ID, col(PhoneSigning.until) > func.now(), col(PhoneSigning.signed).is_(None))
    .values(signed=bindparam("made"))
)
_END: Final = delete(PhoneSigning).where(_ID)


def ask_phone(connection: Connection, secret: bytes, asked: bytes, until: datetime) -> None:
    """What is to be signed, until an instant of the wall clock; what is over goes."""
    connection.execute(_OVER)
    named = {"id": name_of(secret), "sealed": seal(key_of(secret), asked), "until": until}
    connection.execute(insert(PhoneSigning), named)


def read_phone(connection: Connection, secret: bytes) -> tuple[bytes, bytes | None] | None:
    """What was asked, and what the phone has made of it; None where that is over or unknown."""
    found = models(connection, _FIND, {"own": name_of(secret)}).first()
    if found is None:
        return None
    key = key_of(secret)
    return unseal(key, found.sealed), found.signed and unseal(key, found.signed)


def sign_phone(connection: Connection, secret: bytes, made: bytes) -> bool:
    """Keep what the phone has made. False where it had answered before, or too late."""
    sealed = seal(key_of(secret), made)
    return connection.execute(_SIGN, {"own": name_of(secret), "made": sealed}).rowcount == 1


def end_phone(connection: Connection, secret: bytes) -> None:
    """What was signed has been used."""
    connection.execute(_END, {"own": name_of(secret)})
