"""Requests to the outside world: written before they are sent, so that none is repeated blindly."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from db.events import read_events
from db.inbox import Stored, Submission, put
from db.sealing import Seal
from domain.apply import fold
from domain.case import Case
from domain.messages import Actor, Event, Role
from domain.terms import local_day

GATEWAY = Actor(role=Role.GATEWAY)
DELIVERED = "DELIVERED"
# The last words of a gateway by which a message did not reach anybody, or came back.
BOUNCED = ("UNDELIVERED", "EXPIRED", "REJECTED")
# News whose receipt by the recipient means something to the case.
PROVING = ("order_refused", "refusal_intended", "closing_intended")

_COLUMNS = "key, case_id, kind, channel, data, provider_id, outcome, begun_at"
_BEGIN = text(
    "INSERT INTO dispatch (key, case_id, kind, channel, data)"
    " VALUES (:key, :case_id, :kind, :channel, CAST(:data AS jsonb))"
    f" ON CONFLICT (key) DO NOTHING RETURNING {_COLUMNS}"
)
_READ = text(f"SELECT {_COLUMNS} FROM dispatch WHERE key = :key")
_FINISH = text(
    "UPDATE dispatch SET outcome = CAST(:outcome AS jsonb),"
    " provider_id = coalesce(:provider_id, provider_id) WHERE key = :key AND outcome IS NULL"
    f" RETURNING {_COLUMNS}"
)
_PAYMENTS = text(
    f"SELECT {_COLUMNS} FROM dispatch WHERE case_id = :case_id AND kind = 'pay'"
    " AND data ->> 'payment' = :payment ORDER BY begun_at"
)
# The treasury's number of a payment, by which entries of the account may tell it alone.
_NAME_PAYMENT = text(
    "UPDATE dispatch SET provider_id = :reference WHERE case_id = :case_id AND kind = 'pay'"
    " AND data ->> 'payment' = :payment AND provider_id IS NULL"
)
_BY_REFERENCE = text(
    "SELECT DISTINCT provider_id, data ->> 'payment' AS key FROM dispatch"
    " WHERE channel IS NULL AND provider_id = ANY(:references) AND kind = 'pay'"
)
_BY_PROVIDER = text(
    f"SELECT {_COLUMNS} FROM dispatch WHERE channel = :channel AND provider_id = :provider_id"
    " ORDER BY key"
)
_SHARED = text(
    "SELECT provider_id FROM dispatch WHERE case_id = ANY(CAST(:cases AS uuid[]))"
    " AND channel = :channel AND data ->> 'gateway_key' = :gateway_key"
    " AND provider_id IS NOT NULL LIMIT 1"
)
_RECEIPT = text(
    "INSERT INTO receipt (channel, provider_id, state, at)"
    " VALUES (:channel, :provider_id, :state, :at) ON CONFLICT DO NOTHING"
)
_DELIVERY = text(
    "SELECT at, received_at FROM receipt WHERE channel = :channel AND provider_id = :provider_id"
    " AND state = 'DELIVERED'"
)
# Words come in any order and by wrong clocks: what came later by our clock or by theirs counts.
_BOUNCE = text(
    "SELECT 1 FROM receipt WHERE channel = :channel AND provider_id = :provider_id"
    " AND state = ANY(:states) AND (received_at >= :received_at OR at >= :at) LIMIT 1"
)
# A receipt may come before we have written down the number that it names: whoever is second finds
# what the first one wrote.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:channel || ':' || :provider_id, 1))")
_LEGAL_NOW = text("SELECT legal_now()")
_OWED = text("SELECT state->'outbox'->CAST(:key AS text) FROM case_state WHERE case_id = :case_id")
_EDITION = text("SELECT edition FROM case_head WHERE case_id = :case_id")
_CAUSE = text("SELECT message_id, at FROM event WHERE case_id = :case_id AND seq = :seq")
_OF_REFERENCES = text(
    "SELECT s.case_id, CAST(s.state AS text) AS state"
    " FROM case_head h JOIN case_state s USING (case_id)"
    " WHERE h.reference = ANY(:references)"
)
_MEASURE = text("SELECT programme_number, measure_id FROM case_head WHERE case_id = :case_id")
# The measures of one request of E-Собес that its recipient is to choose for.
_GROUP = text(
    "SELECT j.batch_id, array_agg(DISTINCT o.case_id) AS cases FROM journal j"
    " JOIN journal o ON o.batch_id = j.batch_id AND o.verdict = 'accepted'"
    " JOIN inbox i ON i.id = o.inbox_id AND i.name = 'measure_arrived'"
    "   AND NOT CAST(i.data #>> '{measure,procured}' AS boolean)"
    "   AND i.data #>> '{measure,payer}' = 'BUDGET'"
    " JOIN case_head h ON h.case_id = o.case_id AND h.person_id = CAST(:person AS uuid)"
    " WHERE j.message_id = (SELECT idempotency_key FROM inbox"
    "   WHERE id = CAST(:message_id AS uuid) AND name = 'measure_arrived')"
    " GROUP BY j.batch_id"
)


@dataclass(frozen=True)
class Dispatch:
    """One request. `data` holds no address and no text; without `outcome` its fate is not known."""

    key: str
    case_id: str
    kind: str
    channel: str | None
    data: dict[str, Any]
    provider_id: str | None
    outcome: dict[str, Any] | None
    begun_at: datetime
    fresh: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Group:
    """The measures of one request of E-Собес for one person: they share one text."""

    key: str
    cases: tuple[str, ...]


def legal_now(connection: Connection) -> datetime:
    """The legal instant."""
    now: datetime = connection.execute(_LEGAL_NOW).scalar_one()
    return now


def measure_key(connection: Connection, case_id: str) -> tuple[str, str]:
    """By what E-Собес knows a case: number of the programme, key of the measure."""
    row = connection.execute(_MEASURE, {"case_id": case_id}).one()
    return row.programme_number, row.measure_id


def read_owed(connection: Connection, case_id: str, key: str) -> dict[str, Any] | None:
    """An effect that the outbox of a case holds, by its key."""
    named = {"case_id": case_id, "key": key}
    found: dict[str, Any] | None = connection.execute(_OWED, named).scalar()
    return found


def read_effect(connection: Connection, case_id: str, key: str) -> tuple[Case, Event, Case]:
    """The case as it was after the event that asked for an effect, that event, and the case now."""
    edition = connection.execute(_EDITION, {"case_id": case_id}).scalar_one()
    events = read_events(connection, case_id)
    seq = int(key.partition(".")[0])
    then = fold(Case(id=case_id, edition=edition), events[:seq])
    return then, events[seq - 1], fold(then, events[seq:])


def read_cause(connection: Connection, case_id: str, key: str) -> tuple[str, datetime]:
    """The message behind the event that asked for an effect, and the instant of that event."""
    named = {"case_id": case_id, "seq": int(key.partition(".")[0])}
    row = connection.execute(_CAUSE, named).one()
    return row.message_id, row.at


def begin(
    connection: Connection,
    key: str,
    case_id: str,
    kind: str,
    data: dict[str, Any],
    channel: str | None = None,
) -> Dispatch:
    """Write a request down, or find it; commit before it is sent. `fresh`: it was not there."""
    values = {"key": key, "case_id": case_id, "kind": kind, "channel": channel}
    added = connection.execute(_BEGIN, {**values, "data": json.dumps(data)}).one_or_none()
    row = added or connection.execute(_READ, {"key": key}).one()
    return _dispatch(row, fresh=added is not None)


def find(connection: Connection, key: str) -> Dispatch | None:
    """A request by its key."""
    row = connection.execute(_READ, {"key": key}).one_or_none()
    return None if row is None else _dispatch(row)


def finish(connection: Connection, key: str, outcome: dict[str, Any]) -> dict[str, Any]:
    """Write down what came of it; the first outcome stays, and is the answer."""
    kept = _finished(connection, key, outcome).outcome
    assert isinstance(kept, dict)
    return kept


def _finished(
    connection: Connection, key: str, outcome: dict[str, Any], provider_id: str | None = None
) -> Dispatch:
    told = {"key": key, "outcome": json.dumps(outcome), "provider_id": provider_id}
    row = connection.execute(_FINISH, told).one_or_none()
    return _dispatch(row or connection.execute(_READ, {"key": key}).one())


def note_sent(connection: Connection, sealer: Seal, sent: Sequence[tuple[Dispatch, str]]) -> None:
    """Gateways took messages under these numbers. Receipts that were faster are handed on now.

    Every number is locked before the first case is, as whoever brings a receipt does.
    """
    heard = []
    for dispatch, number in sorted(sent, key=lambda one: (one[0].channel or "", one[1])):
        connection.execute(_LOCK, {"channel": dispatch.channel, "provider_id": number})
        heard.append(_finished(connection, dispatch.key, {"sent": True}, number))
    for dispatch in heard:
        _hear(connection, sealer, dispatch)


def receive(
    connection: Connection, sealer: Seal, channel: str, provider_id: str, said: tuple[str, datetime]
) -> list[Stored]:
    """Keep a receipt (state, instant); the messages that it is to the cases that share it.

    Only the delivery of a notice, or of news in `PROVING`, means something to a case, and that what
    was delivered came back. A message that never arrived proves nothing, and says nothing new.
    """
    state, at = said
    named = {"channel": channel, "provider_id": provider_id}
    connection.execute(_LOCK, named)
    connection.execute(_RECEIPT, {**named, "state": state, "at": at})
    if state not in (DELIVERED, *BOUNCED):
        return []
    rows = connection.execute(_BY_PROVIDER, named).all()
    return [one for row in rows for one in _hear(connection, sealer, _dispatch(row))]


def shared_number(
    connection: Connection, cases: Sequence[str], channel: str, gateway_key: str
) -> str | None:
    """The number of a message that another case of the group has sent already."""
    named = {"cases": list(cases), "channel": channel, "gateway_key": gateway_key}
    found: str | None = connection.execute(_SHARED, named).scalar()
    return found


def group_of(connection: Connection, person: str, message_id: str) -> Group | None:
    """With which measures a round of notices is shared; None where no request of E-Собес began it.

    `message_id` is that of the event that began the round.
    """
    if message_id.startswith("effect:") or len(message_id) != 36:
        return None
    named = {"person": person, "message_id": message_id}
    row = connection.execute(_GROUP, named).one_or_none()
    if row is None:
        return None
    return Group(f"{row.batch_id}/{person}", tuple(str(case) for case in row.cases))


def payments_of(connection: Connection, case_id: str, payment: str) -> list[Dispatch]:
    """Every time that a payment was sent or about to be, the earliest first."""
    rows = connection.execute(_PAYMENTS, {"case_id": case_id, "payment": payment})
    return [_dispatch(row) for row in rows]


def find_payments(connection: Connection, keys: Collection[str]) -> dict[str, tuple[str, int]]:
    """Case and period of each payment of ours; a permanent key begins with the case's reference."""
    references = sorted({key.partition("-")[0] for key in keys})
    wanted, found = set(keys), {}
    for row in connection.execute(_OF_REFERENCES, {"references": references}):
        for period in Case.model_validate_json(row.state).periods.values():
            for payment in period.payments:
                if payment.key in wanted:
                    found[payment.key] = (str(row.case_id), period.number)
    return found


def name_payment(connection: Connection, case_id: str, payment: str, reference: str) -> None:
    """Keep the first number that the treasury gave a payment."""
    named = {"case_id": case_id, "payment": payment, "reference": reference}
    connection.execute(_NAME_PAYMENT, named)


def payments_by_reference(connection: Connection, references: Collection[str]) -> dict[str, str]:
    """The keys of payments by the treasury's numbers, as far as one number means one payment."""
    if not references:
        return {}
    found: dict[str, set[str]] = {}
    for row in connection.execute(_BY_REFERENCE, {"references": list(references)}):
        found.setdefault(row.provider_id, set()).add(row.key)
    return {number: keys.pop() for number, keys in found.items() if len(keys) == 1}


def _hear(connection: Connection, sealer: Seal, dispatch: Dispatch) -> list[Stored]:
    """What all that the gateway has said of a message is to its case, in the order of the file."""
    named = {"channel": dispatch.channel, "provider_id": dispatch.provider_id}
    delivery = connection.execute(_DELIVERY, named).one_or_none()
    if delivery is None:
        return []
    made = [_prove(connection, sealer, dispatch, delivery.at)]
    after = {"at": delivery.at, "received_at": delivery.received_at, "states": list(BOUNCED)}
    if dispatch.kind == "notify" and connection.execute(_BOUNCE, {**named, **after}).first():
        made.append(_doubt(connection, sealer, dispatch))
    return [stored for stored in made if stored is not None]


def _doubt(connection: Connection, sealer: Seal, dispatch: Dispatch) -> Stored:
    """The message that a bounce is to the case: what was delivered came back (row N6)."""
    data = {"round": dispatch.data["round"], "channel": dispatch.channel}
    return _put(
        connection, sealer, dispatch, "delivery_bounced", {**data, "letter": _letter(dispatch)}
    )


def _letter(dispatch: Dispatch) -> str:
    """Which message of a round it is: `2.1/recipient/sms`."""
    return dispatch.key.partition("/")[2]


def _prove(connection: Connection, sealer: Seal, dispatch: Dispatch, at: datetime) -> Stored | None:
    """The message that a delivery is to the case of one dispatch, if it is one."""
    # The clock of a gateway may run ahead; nothing is delivered tomorrow.
    on = local_day(min(at, legal_now(connection))).isoformat()
    data: dict[str, Any] = {"on": on}
    if dispatch.kind == "notify":
        name = "delivery_proven"
        data |= {name_: dispatch.data[name_] for name_ in ("round", "confirmed")}
        data |= {"channel": dispatch.channel, "letter": _letter(dispatch)}
    elif dispatch.data.get("text") in PROVING and dispatch.data.get("confirmed"):
        name = "told_proven"
        # The key of the effect tells this text from the same one told earlier.
        told = dispatch.key.split("/")[1]
        data |= {"text": dispatch.data["text"], "confirmed": True, "told": told}
    else:
        return None
    return _put(connection, sealer, dispatch, name, data)


def _put(
    connection: Connection, sealer: Seal, dispatch: Dispatch, name: str, data: dict[str, Any]
) -> Stored:
    """Journal what a receipt says; the same again is the same message."""
    word = DELIVERED if name != "delivery_bounced" else "BOUNCED"
    asked = Submission(
        case_id=dispatch.case_id,
        name=name,
        actor=GATEWAY,
        key=f"{dispatch.channel}:{dispatch.provider_id}:{word}:{dispatch.case_id}",
        body=json.dumps(data, sort_keys=True).encode(),
        period=dispatch.data["period"],
        data=data,
    )
    return put(connection, sealer, asked)


def _dispatch(row: Row[Any], *, fresh: bool = False) -> Dispatch:
    return Dispatch(
        key=row.key,
        case_id=str(row.case_id),
        kind=row.kind,
        channel=row.channel,
        data=row.data,
        provider_id=row.provider_id,
        outcome=row.outcome,
        begun_at=row.begun_at,
        fresh=fresh,
    )
