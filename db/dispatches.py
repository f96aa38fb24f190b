"""Requests to the outside world: written before they are sent, so that none is repeated blindly."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.events import read_events
from db.inbox import Stored, Submission, put
from db.persons import KeptPeople
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
# With the messages behind those events, by whom E-Собес knows the case, and what is kept of who are
# told of it.
_STANDS = text(
    "SELECT CAST(s.state AS text) AS state, legal_now() AS now,"
    " ARRAY(SELECT switch FROM hold WHERE released_at IS NULL) AS held,"
    " h.edition, h.programme_number, h.measure_id,"
    " (SELECT json_object_agg(e.seq, json_build_array(e.message_id, e.at)) FROM event e"
    " WHERE e.case_id = s.case_id AND e.seq = ANY(CAST(:seqs AS int[]))) AS causes,"
    " (SELECT json_agg(json_build_array(p.id, encode(p.sealed, 'hex'), encode(k.wrapped, 'hex')))"
    " FROM person p LEFT JOIN person_key k ON k.person_id = p.id"
    " WHERE p.id = ANY(v.recipient_id || v.representative_ids)) AS people,"
    " (SELECT json_agg(json_build_array(p.id, p.person_id, encode(p.contacts, 'hex')))"
    " FROM supplier p WHERE p.id = ANY(v.supplier_ids)) AS suppliers"
    " FROM case_state s JOIN case_head h USING (case_id) JOIN case_view v USING (case_id)"
    " WHERE s.case_id = :case_id"
)
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
class CaseStanding:
    """A case as it stands at the legal instant `now`, and the switches that are held then.

    `edition` is the one under which the file began; by `measure_key` E-Собес knows the case: number
    of the programme, key of the measure. `causes`: the messages behind events (by their numbers)
    that asked for effects, and when. `people`: what is kept of the recipient and of who represents
    them; `suppliers`: which person each is, if any, and what is kept of how it is reached.
    """

    case: Case
    now: datetime
    held: frozenset[str]
    edition: str
    measure_key: tuple[str, str]
    causes: Mapping[str, tuple[str, str]]
    people: KeptPeople = field(repr=False)
    suppliers: Mapping[str, tuple[UUID | None, bytes | None]] = field(repr=False)

    def cause(self, key: str) -> tuple[str, datetime]:
        """The message behind the event that asked for an effect, and the instant of that event."""
        message, at = self.causes[str(seq_of(key))]
        return message, datetime.fromisoformat(at)


@dataclass(frozen=True)
class Group:
    """The measures of one request of E-Собес for one person: they share one text."""

    key: str
    cases: tuple[str, ...]


def legal_now(connection: Connection) -> datetime:
    """The legal instant."""
    now: datetime = connection.execute(_LEGAL_NOW).scalar_one()
    return now


def read_standing(connection: Connection, case_id: str, keys: Sequence[str]) -> CaseStanding | None:
    """A case as it stands, for these effects; None before its first event."""
    seqs = sorted({seq_of(key) for key in keys})
    row = connection.execute(_STANDS, {"case_id": case_id, "seqs": seqs}).one_or_none()
    if row is None:
        return None
    return CaseStanding(
        case=Case.model_validate_json(row.state),
        now=row.now,
        held=frozenset(row.held),
        edition=row.edition,
        measure_key=(row.programme_number, row.measure_id),
        causes=row.causes or {},
        people={
            one: (_bytes(sealed), _bytes(wrapped)) for one, sealed, wrapped in row.people or ()
        },
        suppliers={
            one: (UUID(person) if person else None, _bytes(sealed))
            for one, person, sealed in row.suppliers or ()
        },
    )


def _bytes(told: str | None) -> bytes | None:
    return None if told is None else bytes.fromhex(told)


def seq_of(key: str) -> int:
    """Which event asked for an effect."""
    return int(key.partition(".")[0])


def read_effect(connection: Connection, stands: CaseStanding, key: str) -> tuple[Case, Event]:
    """A case as it was after the event that asked for an effect, and that event."""
    begun = Case(id=stands.case.id, edition=stands.edition)
    events = read_events(connection, begun.id)[: seq_of(key)]
    return fold(begun, events), events[-1]


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
