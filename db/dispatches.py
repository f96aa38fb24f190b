"""Requests to the outside world: written before they are sent, so that none is repeated blindly."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from db.events import read_events
from db.inbox import Stored, Submission, put
from db.sealing import Seal
from domain.apply import fold
from domain.case.state import Case
from domain.messages import Actor, Event, Role
from domain.terms.counting import local_day

GATEWAY = Actor(role=Role.GATEWAY)
DELIVERED = "DELIVERED"
# The last words of a gateway by which a message did not reach anybody, or came back.
BOUNCED = ("UNDELIVERED", "EXPIRED", "REJECTED")
# News whose receipt by the recipient means something to the case.
PROVING = ("order_refused", "refusal_intended", "closing_intended")

COLUMNS = "key, case_id, kind, channel, data, provider_id, outcome, begun_at"
# In which language the recipient is written to stands beside the case, for figures.
_BEGIN = text(
    "WITH made AS (INSERT INTO dispatch (key, case_id, kind, channel, data)"
    " SELECT key, :case_id, kind, channel, data FROM jsonb_to_recordset(CAST(:requests AS jsonb))"
    "   AS r(key text, kind text, channel text, data jsonb)"
    f" ON CONFLICT (key) DO NOTHING RETURNING {COLUMNS}), spoken AS (INSERT INTO case_language"
    " AS held (case_id, language) SELECT case_id, data ->> 'language' FROM made"
    "   WHERE data ->> 'language' IS NOT NULL AND split_part(key, '/', 3) = 'recipient' LIMIT 1"
    " ON CONFLICT (case_id) DO UPDATE SET language = excluded.language"
    "   WHERE held.language <> excluded.language)"
    f" SELECT {COLUMNS} FROM made"
)
_READ = text(f"SELECT {COLUMNS} FROM dispatch WHERE key = ANY(:keys)")
_REFUSE = text(
    "UPDATE dispatch SET outcome = jsonb_build_object('refused', CAST(:code AS text))"
    " WHERE key = :key AND outcome IS NULL"
)
# Both answer with what was delivered (`delivered`) of the messages under these numbers.
_NUMBERS = text(
    "SELECT * FROM note_numbers(CAST(:keys AS text[]), CAST(:channels AS text[]),"
    " CAST(:numbers AS text[]))"
)
_RECEIPT = text("SELECT * FROM note_receipt(:channel, :number, :state, :at)")
_SHARED = text(
    "SELECT provider_id FROM dispatch WHERE case_id = ANY(CAST(:cases AS uuid[]))"
    " AND channel = :channel AND data ->> 'gateway_key' = :gateway_key"
    " AND provider_id IS NOT NULL LIMIT 1"
)
_LEGAL_NOW = text("SELECT legal_now()")
_STANDS = text(
    "SELECT CAST(state AS text) AS state, legal_now() AS now,"
    " ARRAY(SELECT switch FROM hold WHERE released_at IS NULL) AS held"
    " FROM case_state WHERE case_id = :case_id"
)
_EDITION = text("SELECT edition FROM case_head WHERE case_id = :case_id")
_CAUSE = text("SELECT message_id, at FROM event WHERE case_id = :case_id AND seq = :seq")
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


def read_standing(
    connection: Connection, case_id: str
) -> tuple[Case, datetime, frozenset[str]] | None:
    """A case as it stands, the legal instant, and what is held; None before its first event."""
    row = connection.execute(_STANDS, {"case_id": case_id}).one_or_none()
    if row is None:
        return None
    return Case.model_validate_json(row.state), row.now, frozenset(row.held)


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


@dataclass(frozen=True)
class OutsideRequest:
    """What is about to be asked of the outside. `data` holds no address and no text."""

    key: str
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    channel: str | None = None


def begin(
    connection: Connection, case_id: str, requests: Sequence[OutsideRequest]
) -> list[Dispatch]:
    """Write requests down, or find them; commit before they are sent. `fresh`: it was not there."""
    if not requests:
        return []
    named = {"case_id": case_id, "requests": json.dumps([asdict(one) for one in requests])}
    rows = connection.execute(_BEGIN, named).all()
    made = {row.key: dispatch_of(row, fresh=True) for row in rows}
    if known := [one.key for one in requests if one.key not in made]:
        rows = connection.execute(_READ, {"keys": known}).all()
        made |= {row.key: dispatch_of(row) for row in rows}
    return [made[one.key] for one in requests]


def note_refused(connection: Connection, key: str, code: str) -> None:
    """A gateway does not take a message, and says why."""
    connection.execute(_REFUSE, {"key": key, "code": code})


def note_sent(connection: Connection, sealer: Seal, sent: Sequence[tuple[Dispatch, str]]) -> None:
    """Gateways took messages under these numbers. Receipts that were faster are handed on now.

    Every number is locked before the first case is, as whoever brings a receipt does.
    """
    if sent:
        named = {
            "keys": [dispatch.key for dispatch, _ in sent],
            "channels": [dispatch.channel for dispatch, _ in sent],
            "numbers": [number for _, number in sent],
        }
        hear(connection, sealer, connection.execute(_NUMBERS, named).all())


def note_receipt(
    connection: Connection, channel: str, number: str, said: tuple[str, datetime]
) -> list[Row[Any]]:
    """Keep a receipt (state, instant); what its cases are to hear of.

    Only the delivery of a notice, or of news in `PROVING`, means something to a case, and that what
    was delivered came back. A message that never arrived proves nothing, and says nothing new.
    """
    state, at = said
    named = {"channel": channel, "number": number, "state": state, "at": at}
    delivered = connection.execute(_RECEIPT, named).all()
    if state not in (DELIVERED, *BOUNCED):
        return []
    return [row for row in delivered if _proves(row)]


def receive(
    connection: Connection, sealer: Seal, channel: str, number: str, said: tuple[str, datetime]
) -> list[Stored]:
    """Keep a receipt; the messages that it is to the cases that share it, which take them."""
    return hear(connection, sealer, note_receipt(connection, channel, number, said))


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


def hear(connection: Connection, sealer: Seal, delivered: Sequence[Row[Any]]) -> list[Stored]:
    """What all that the gateway has said of messages is to their cases, in the order of the file.

    A message that was never delivered is nothing to a case.
    """
    made = []
    for row in filter(_proves, delivered):
        dispatch = dispatch_of(row)
        # The clock of a gateway may run ahead; nothing is delivered tomorrow.
        on = local_day(min(row.delivered_at, row.now))
        made.append(_prove(connection, sealer, dispatch, on))
        if dispatch.kind == "notify" and row.bounced:
            made.append(_doubt(connection, sealer, dispatch))
    return made


def _proves(row: Row[Any]) -> bool:
    """Whether its delivery is a message to the case."""
    proving = row.data.get("text") in PROVING and row.data.get("confirmed")
    return row.kind == "notify" or bool(proving)


def _doubt(connection: Connection, sealer: Seal, dispatch: Dispatch) -> Stored:
    """The message that a bounce is to the case: what was delivered came back (row N6)."""
    data = {"round": dispatch.data["round"], "channel": dispatch.channel}
    return _put(
        connection, sealer, dispatch, "delivery_bounced", {**data, "letter": _letter(dispatch)}
    )


def _letter(dispatch: Dispatch) -> str:
    """Which message of a round it is: `2.1/recipient/sms`."""
    return dispatch.key.partition("/")[2]


def _prove(connection: Connection, sealer: Seal, dispatch: Dispatch, on: date) -> Stored:
    """The message that a delivery is to the case of one dispatch."""
    data: dict[str, Any] = {"on": on.isoformat()}
    if dispatch.kind == "notify":
        name = "delivery_proven"
        data |= {name_: dispatch.data[name_] for name_ in ("round", "confirmed")}
        data |= {"channel": dispatch.channel, "letter": _letter(dispatch)}
    else:
        name = "told_proven"
        # The key of the effect tells this text from the same one told earlier.
        told = dispatch.key.split("/")[1]
        data |= {"text": dispatch.data["text"], "confirmed": True, "told": told}
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


def dispatch_of(row: Row[Any], *, fresh: bool = False) -> Dispatch:
    """A request from the columns of its row."""
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
