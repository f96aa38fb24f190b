"""Holds: an administrator has payments, texts, or all that one outside system is asked, wait.

What waits stays in the outbox of its case: it is neither lost nor failed, and goes out once when
the hold is released.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Connection, text

from db.audit import note
from db.envelopes import envelop, open_envelope
from db.rows import lock
from db.sealing import Seal, Unreadable
from domain.messages import Actor, Refusal

Switch = Literal["payments", "notices", "treasury", "sms", "email", "esobes"]
SWITCHES: Final[tuple[Switch, ...]] = get_args(Switch)
# By which switches the effects of a kind are held as a whole. A text goes out by several channels:
# `sms` and `email` hold a part of it, which whoever sends it sees to.
HELD_BY: Final[Mapping[str, frozenset[str]]] = {
    "pay": frozenset(("payments", "treasury")),
    "enquire": frozenset(("treasury",)),
    "notify": frozenset(("notices",)),
    "tell": frozenset(("notices",)),
    "report": frozenset(("esobes",)),
    "verify": frozenset(),
}
_TEXTS: Final = ("notify", "tell")
_BY_CHANNEL: Final[Mapping[str, tuple[str, ...]]] = {"sms": _TEXTS, "email": _TEXTS}

_LOCK: Final = "hold"
_AS_IT_STANDS = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")
_HELD = text("SELECT switch FROM hold WHERE released_at IS NULL")
_STANDING = text(
    "SELECT id, switch, reason, placed_by, placed_at FROM hold WHERE released_at IS NULL"
    " ORDER BY placed_at, id"
)
_PLACE = text(
    "INSERT INTO hold (switch, reason, placed_by) VALUES (:switch, :reason, :person)"
    " ON CONFLICT (switch) WHERE released_at IS NULL DO NOTHING RETURNING id"
)
_RELEASE = text(
    "UPDATE hold SET released_by = :person, released_at = legal_now()"
    " WHERE switch = :switch AND released_at IS NULL RETURNING id"
)
_WAITING = text("SELECT kind, count(*), min(asked_at) FROM owed GROUP BY kind")
_CASES = text(
    "SELECT case_id FROM owed WHERE kind = ANY(:kinds) GROUP BY case_id ORDER BY min(asked_at)"
    " LIMIT :most"
)
# So long after an order to pay left it may still be on its way, and nothing can call it back.
_ON_THEIR_WAY = text(
    "SELECT count(*) FROM owed o JOIN dispatch d ON d.key = o.case_id || '/' || o.key || '/order'"
    " WHERE o.kind = 'pay'"
    " AND CAST(d.data ->> 'posted_at' AS timestamptz) > clock_timestamp() - interval '2 minutes'"
)


class Queue(NamedTuple):
    """How many effects of one kind wait, and since when the oldest of them."""

    many: int
    since: datetime


@dataclass(frozen=True)
class HoldInForce:
    """A hold that stands. `waiting`: effects that it holds now.

    Of one channel all texts are counted that may go out by it.
    """

    id: UUID
    switch: str
    sealed: bytes = field(repr=False)
    placed_by: UUID
    placed_at: datetime
    waiting: int

    def reason(self, sealer: Seal) -> str | None:
        """Why it was placed; None where that cannot be read any more."""
        try:
            return open_envelope(sealer, self.sealed).decode()
        except Unreadable:
            return None


def kinds_of(switch: str) -> tuple[str, ...]:
    """The kinds of effects that a switch holds, whole or a part of them."""
    held = tuple(kind for kind, by in HELD_BY.items() if switch in by)
    return held + _BY_CHANNEL.get(switch, ())


def held_kinds(held: frozenset[str]) -> list[str]:
    """The kinds of effects of which nothing goes out while these switches are held."""
    return [kind for kind, by in HELD_BY.items() if by & held]


def held_now(connection: Connection) -> frozenset[str]:
    """The switches that are held."""
    return frozenset(connection.execute(_HELD).scalars())


def held_until_end(connection: Connection) -> frozenset[str]:
    """The same, and whoever holds something waits until this transaction ends.

    What a transaction sets going after it asked here was set going before the hold was placed.
    """
    connection.execute(_AS_IT_STANDS, {"name": _LOCK})
    return held_now(connection)


def place(
    connection: Connection, sealer: Seal, actor: Actor, switch: Switch, reason: str
) -> UUID | Refusal:
    """Hold it from now on; the id of the hold."""
    lock(connection, _LOCK)
    named = {"switch": switch, "reason": envelop(sealer, reason.encode()), "person": actor.id}
    return _noted(connection, actor, "hold_placed", _PLACE, named, "already_held")


def release(connection: Connection, actor: Actor, switch: Switch) -> UUID | Refusal:
    """Let it go out again; the id of the hold that ends."""
    lock(connection, _LOCK)
    named = {"switch": switch, "person": actor.id}
    return _noted(connection, actor, "hold_released", _RELEASE, named, "not_held")


def _noted(
    connection: Connection,
    actor: Actor,
    action: str,
    statement: Any,
    named: Mapping[str, Any],
    otherwise: str,
) -> UUID | Refusal:
    hold: UUID | None = connection.execute(statement, named).scalar()
    if hold is None:
        return Refusal(code=otherwise)
    note(connection, actor, action, hold)
    return hold


def standing(connection: Connection) -> list[HoldInForce]:
    """What is held now, the oldest first."""
    rows = connection.execute(_STANDING).all()
    waiting = effects_waiting(connection) if rows else {}
    return [
        HoldInForce(
            id=row.id,
            switch=row.switch,
            sealed=bytes(row.reason),
            placed_by=row.placed_by,
            placed_at=row.placed_at,
            waiting=_sum(waiting, row.switch),
        )
        for row in rows
    ]


def waiting_for(connection: Connection, switch: str) -> int:
    """How many effects this switch holds, or would."""
    return _sum(effects_waiting(connection), switch)


def cases_waiting(connection: Connection, switch: str, most: int) -> list[str]:
    """The cases of those effects, the oldest first."""
    named = {"kinds": list(kinds_of(switch)), "most": most}
    return [str(one) for one in connection.execute(_CASES, named).scalars()]


def on_their_way(connection: Connection, switch: str) -> int:
    """Orders to pay that left before this switch was held, and have not been answered yet."""
    if "pay" not in kinds_of(switch):
        return 0
    return int(connection.execute(_ON_THEIR_WAY).scalar_one())


def effects_waiting(connection: Connection) -> dict[str, Queue]:
    """What waits to go out, by the kind of effect."""
    return {kind: Queue(*of) for kind, *of in connection.execute(_WAITING)}


def _sum(waiting: Mapping[str, Queue], switch: str) -> int:
    return sum(waiting[kind].many for kind in kinds_of(switch) if kind in waiting)
