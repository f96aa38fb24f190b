"""Who is signed in with a browser. A copy of the database signs nobody in: each session is sealed
under a key that only the secret in its cookie gives.
"""

import hashlib
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert
from sqlmodel import col, select

from db.rows import models
from db.sealing import seal, unseal
from db.session_tables import BrowserSession

_ID: Final = col(BrowserSession.id) == bindparam("own")
_OVER: Final = delete(BrowserSession).where(col(BrowserSession.until) < func.now())
_END: Final = delete(BrowserSession).where(_ID)
_FIND: Final = select(BrowserSession).where(_ID, col(BrowserSession.until) > func.now())


def begin_session(connection: Connection, secret: bytes, held: bytes, until: datetime) -> None:
    """A new one, that ends at an instant of the wall clock; those that are over go."""
    connection.execute(_OVER)
    named = {"id": name_of(secret), "sealed": seal(key_of(secret), held), "until": until}
    connection.execute(insert(BrowserSession), named)


def read_session(connection: Connection, secret: bytes) -> bytes | None:
    """What a session holds; None if there is none that lasts."""
    found = models(connection, _FIND, {"own": name_of(secret)}).first()
    return None if found is None else unseal(key_of(secret), found.sealed)


def end_session(connection: Connection, secret: bytes) -> None:
    """Whoever has its cookie is signed in no more."""
    connection.execute(_END, {"own": name_of(secret)})


def name_of(secret: bytes) -> bytes:
    """By what a row is found whose secret its owner alone has."""
    return hashlib.sha256(b"name:" + secret).digest()


def key_of(secret: bytes) -> bytes:
    """Under what its content is sealed."""
    return hashlib.sha256(b"key:" + secret).digest()
