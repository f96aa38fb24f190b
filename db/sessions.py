"""Who is signed in with a browser. A copy of the database signs nobody in: each session is sealed
under a key that only the secret in its cookie gives.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Interval, bindparam, delete, func, insert, update
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from db.rows import models
from db.sealing import seal, unseal
from db.session_tables import BrowserSession

# A session that is used all the time is written down as used so often at most.
USES_LIE_APART: Final = timedelta(minutes=1)
_ID: Final = col(BrowserSession.id) == bindparam("own")
_WHOSE: Final = col(BrowserSession.whose) == bindparam("person")
_LASTS: Final = (
    col(BrowserSession.until) > func.now(),
    col(BrowserSession.used_at) > func.now() - bindparam("idle", type_=Interval),
)
_OVER: Final = delete(BrowserSession).where(col(BrowserSession.until) < func.now())
_END: Final = delete(BrowserSession).where(_ID)
_FIND: Final = select(BrowserSession).where(_ID, *_LASTS)
_LOCK: Final = _FIND.with_for_update()
_USE: Final = (
    update(BrowserSession)
    .where(_ID, col(BrowserSession.used_at) < func.now() - bindparam("apart", type_=Interval))
    .values(used_at=func.now())
    .returning(col(BrowserSession.used_at))
)
_KEEP: Final = update(BrowserSession).where(_ID).values(sealed=bindparam("anew"))
_OF_ONE: Final = (
    select(BrowserSession)
    .where(_WHOSE, *_LASTS)
    .order_by(col(BrowserSession.used_at).desc(), col(BrowserSession.id))
)
_END_OTHERS: Final = delete(BrowserSession).where(
    _WHOSE, col(BrowserSession.id) != bindparam("own")
)
_END_TOLD: Final = delete(BrowserSession).where(
    or_(_WHOSE, col(BrowserSession.at_provider) == bindparam("session"))
)


@dataclass(frozen=True, slots=True)
class HeldSession:
    """What a session holds, when it ends at the latest, and when it was used last."""

    content: bytes = field(repr=False)
    until: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One session of somebody, as they see it among theirs."""

    began_at: datetime
    used_at: datetime
    this_one: bool


def begin_session(
    connection: Connection,
    secret: bytes,
    held: bytes,
    until: datetime,
    whose: bytes | None = None,
    at_provider: bytes | None = None,
) -> None:
    """A new one, that ends at an instant of the wall clock; those that are over go."""
    connection.execute(_OVER)
    named = {
        "id": name_of(secret),
        "sealed": seal(key_of(secret), held),
        "until": until,
        "whose": whose,
        "at_provider": at_provider,
    }
    connection.execute(insert(BrowserSession), named)


def read_session(connection: Connection, secret: bytes, idle: timedelta) -> HeldSession | None:
    """A session that lasts and was not left unused for so long."""
    return _held(connection, _FIND, secret, idle)


def lock_session(connection: Connection, secret: bytes, idle: timedelta) -> HeldSession | None:
    """The same for one who changes what it holds: others wait."""
    return _held(connection, _LOCK, secret, idle)


def keep_session(connection: Connection, secret: bytes, held: bytes) -> None:
    """Let it hold something else from now on."""
    anew = seal(key_of(secret), held)
    connection.execute(_KEEP, {"own": name_of(secret), "anew": anew})


def use_session(connection: Connection, secret: bytes) -> datetime | None:
    """Write down that it is used; None if that stands there already."""
    named = {"own": name_of(secret), "apart": USES_LIE_APART}
    found: datetime | None = connection.execute(_USE, named).scalar()
    return found


def end_session(connection: Connection, secret: bytes) -> None:
    """Whoever has its cookie is signed in no more."""
    connection.execute(_END, {"own": name_of(secret)})


def sessions_of(
    connection: Connection, whose: bytes, secret: bytes, idle: timedelta
) -> list[OwnSession]:
    """All that one person has, the last used first; `secret` is of the one that asks."""
    rows = models(connection, _OF_ONE, {"person": whose, "idle": idle})
    return [OwnSession(one.began_at, one.used_at, one.id == name_of(secret)) for one in rows]


def end_others(connection: Connection, whose: bytes, secret: bytes) -> int:
    """End all sessions of one person but this one; how many there were."""
    return connection.execute(_END_OTHERS, {"person": whose, "own": name_of(secret)}).rowcount


def end_told(connection: Connection, whose: bytes | None, at_provider: bytes | None) -> int:
    """End what a provider names: one of its sessions, or all of a person; how many there were."""
    return connection.execute(_END_TOLD, {"person": whose, "session": at_provider}).rowcount


def name_of(secret: bytes) -> bytes:
    """By what a row is found whose secret its owner alone has."""
    return hashlib.sha256(b"name:" + secret).digest()


def key_of(secret: bytes) -> bytes:
    """Under what its content is sealed."""
    return hashlib.sha256(b"key:" + secret).digest()


def _held(
    connection: Connection, asked: SelectOfScalar[BrowserSession], secret: bytes, idle: timedelta
) -> HeldSession | None:
    found = models(connection, asked, {"own": name_of(secret), "idle": idle}).first()
    if found is None:
        return None
    return HeldSession(unseal(key_of(secret), found.sealed), found.until, found.used_at)
