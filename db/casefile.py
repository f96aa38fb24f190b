"""The case file: the append at the centre of the design, and how a file is read back."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from db.calendars import is_outdated, learn
from db.money import moves_money, write_money
from db.projections import write_projections
from domain.agenda import GRACE, OVER
from domain.canonical import canonical_bytes, sha256_hex
from domain.case import Case
from domain.messages import Actor, Event, Frozen, Message, Role
from domain.norms import TAKING, own_use, year_of

# What stands before the first event of every file.
GENESIS = b"\0" * 32
MOST_WAITING = 50


class Append(Frozen):
    """One message to a case with the events it makes, if the file still ends at `expected_seq`.

    Without a message it only reads: the tail of the file and what waits in the inbox.
    """

    case_id: str
    expected_seq: int
    message: Message | None = None
    events: tuple[Event, ...] = ()
    case: Case | None = None


class Appended(Frozen):
    """What the file holds after `expected_seq`: all that a run may apply.

    `recorded`: the message has its event, from this append or an earlier one. `waiting`: what the
    inbox holds and the file does not; it goes first. `norm_used`: other cases of the person hold so
    much of the item, and the message is to be decided again with that. `now`: the legal time.
    """

    tail: tuple[Event, ...] = ()
    recorded: bool = False
    waiting: tuple[Message, ...] = ()
    norm_used: int | None = None
    now: datetime
    edition: str = ""


class OtherRun(Exception):
    """The file belongs to another run: its id, to be checked against Temporal."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__("another run writes this case file")


class NoSuchCase(Exception):
    """There is no file of this id."""


_HEAD = text(
    "SELECT seq, hash, run_id, edition, person_id, legal_now() AS now FROM case_head"
    " WHERE case_id = :case_id FOR UPDATE"
)
_TAKE = text("UPDATE case_head SET run_id = :run_id WHERE case_id = :case_id")
_RECORDED = text(
    "SELECT 1 FROM event WHERE case_id = :case_id AND message_id = :message_id LIMIT 1"
)
_TAIL = text(
    "SELECT seq, type, row, message_id, at, actor_role, actor_id, on_behalf_of, period, data"
    " FROM event WHERE case_id = :case_id AND seq > :seq ORDER BY seq"
)
_WAITING = text(
    "SELECT id, name, submitted_at, actor_role, actor_id, on_behalf_of, period, data, facts"
    " FROM inbox i WHERE case_id = :case_id AND refused IS NULL"
    " AND (CAST(:before AS timestamptz) IS NULL OR submitted_at < :before)"
    " AND NOT EXISTS (SELECT 1 FROM event e"
    "   WHERE e.case_id = i.case_id AND e.message_id = CAST(i.id AS text))"
    " ORDER BY place LIMIT :most"
)
_INSERT = text(
    "INSERT INTO event (case_id, seq, type, row, message_id, at, actor_role, actor_id,"
    " on_behalf_of, period, data, previous, hash)"
    " VALUES (:case_id, :seq, :type, :row, :message_id, :at, :actor_role, :actor_id,"
    " :on_behalf_of, :period, CAST(:data AS jsonb), :previous, :hash)"
)
_MOVE = text("UPDATE case_head SET seq = :seq, hash = :hash WHERE case_id = :case_id")
_LOCK_NORM = text("SELECT pg_advisory_xact_lock(hashtextextended(:person || :item, 0))")
_NORM = text(
    "SELECT coalesce(sum(quantity), 0) FROM norm_use WHERE person_id = :person AND item = :item"
    " AND year = :year AND case_id <> :case_id"
)


def append(connection: Connection, asked: Append, run_id: str, take: str | None = None) -> Appended:
    """Lock the head; record the message if the file ends where the run thinks; answer the tail.

    `take` names the run that this one replaces, once Temporal has said so. Raises OtherRun when the
    file belongs to a run that was not named, and NoSuchCase. The transaction is the caller's.
    """
    head = connection.execute(_HEAD, {"case_id": asked.case_id}).one_or_none()
    if head is None:
        raise NoSuchCase("no case file of this id")
    if head.run_id != run_id:
        if head.run_id is not None and head.run_id != take:
            raise OtherRun(head.run_id)
        connection.execute(_TAKE, {"case_id": asked.case_id, "run_id": run_id})
    if asked.message is None:
        return _answer(connection, asked, head, waiting=_waiting(connection, asked.case_id))
    named = {"case_id": asked.case_id, "message_id": asked.message.id}
    if connection.execute(_RECORDED, named).first():
        return _answer(connection, asked, head, recorded=True)
    if head.seq != asked.expected_seq:
        return _answer(connection, asked, head)
    if asked.message.actor.role == Role.DEADLINE:
        if head.now < _ripe(asked.message):
            return Appended(now=head.now)
        if earlier := _waiting(connection, asked.case_id, before=asked.message.at):
            return Appended(now=head.now, waiting=earlier)
    if (over := _norm(connection, asked, head)) is not None:
        return Appended(now=head.now, norm_used=over)
    if _counted_with_an_old_calendar(connection, asked):
        return Appended(now=head.now)
    write(connection, asked, head.hash)
    return Appended(tail=asked.events, recorded=True, now=head.now)


def _counted_with_an_old_calendar(connection: Connection, asked: Append) -> bool:
    """Then this process learns of the new one, and its run decides again."""
    made = (one for event in asked.events for one in event.data.get("deadlines", ()))
    certificate = next((one["certificate"] for one in made), None)
    if certificate is None or not is_outdated(connection, certificate["calendar"]):
        return False
    learn(connection)
    return True


def _ripe(message: Message) -> datetime:
    """The instant from which a deadline may be recorded: a clock may run ahead."""
    over = message.data["fires"]["code"] == OVER
    return message.at + GRACE if over else message.at


def _answer(connection: Connection, asked: Append, head: Row[Any], **found: Any) -> Appended:
    tail: tuple[Event, ...] = ()
    if head.seq > asked.expected_seq:
        tail = tuple(read_events(connection, asked.case_id, asked.expected_seq))
    return Appended(tail=tail, now=head.now, edition=head.edition, **found)


def read_events(connection: Connection, case_id: str, after: int = 0) -> list[Event]:
    """The events of a file after a number, in order."""
    rows = connection.execute(_TAIL, {"case_id": case_id, "seq": after})
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> Event:
    return Event(
        seq=row.seq,
        type=row.type,
        row=row.row,
        message_id=row.message_id,
        at=row.at,
        actor=_actor(row),
        period=row.period,
        data=row.data,
    )


def _actor(row: Row[Any]) -> Actor:
    named = {"id": row.actor_id, "on_behalf_of": row.on_behalf_of}
    return Actor(role=row.actor_role, **{k: str(v) if v else None for k, v in named.items()})


def _waiting(
    connection: Connection, case_id: str, before: datetime | None = None
) -> tuple[Message, ...]:
    """What the inbox holds of this case and its file does not, in the order of arrival."""
    rows = connection.execute(
        _WAITING, {"case_id": case_id, "before": before, "most": MOST_WAITING}
    )
    return tuple(to_message(row) for row in rows)


def to_message(row: Row[Any]) -> Message:
    """An inbox row as the decider sees it."""
    return Message(
        id=str(row.id),
        name=row.name,
        at=row.submitted_at,
        actor=_actor(row),
        period=row.period,
        data=row.data,
        facts=row.facts,
    )


def _norm(connection: Connection, asked: Append, head: Row[Any]) -> int | None:
    """What other cases hold of the item, if this order would go beyond the norm; under a lock."""
    case = asked.case
    measure = case.measure if case else None
    if measure is None or asked.message is None:
        return None
    # What was received before the norm was a fact of the message has the measure's own.
    norm = asked.message.facts.get("yearly_norm", measure.yearly_norm)
    if norm is None:
        return None
    taking = next((event.period for event in asked.events if event.type in TAKING), None)
    order = case.periods[taking].order if case and taking else None
    if case is None or order is None:
        return None
    person, year = str(head.person_id), year_of(order)
    connection.execute(_LOCK_NORM, {"person": person, "item": measure.item})
    named = {"person": person, "item": measure.item, "year": year, "case_id": asked.case_id}
    used = int(connection.execute(_NORM, named).scalar_one())
    over = used + own_use(case, year) > norm
    return used if over and used != asked.message.facts.get("norm_used") else None


def write(connection: Connection, asked: Append, previous: bytes) -> None:
    """Chain the events to the hash `previous` of the head, whose lock the caller holds."""
    rows = []
    for event in asked.events:
        chained = chain(previous, event)
        rows.append(_line(asked.case_id, event, previous, chained))
        previous = chained
    connection.execute(_INSERT, rows)
    moved = {"case_id": asked.case_id, "seq": asked.events[-1].seq, "hash": previous}
    connection.execute(_MOVE, moved)
    assert asked.case is not None, "who proposes events says what they make of the case"
    if moves_money(asked.events):
        file = read_events(connection, asked.case_id)
        write_money(connection, asked.case_id, asked.events, file)
    write_projections(connection, asked.case, asked.events)


def chain(previous: bytes, event: Event) -> bytes:
    """The hash of an event, which covers the one before it."""
    body = canonical_bytes(event.model_dump(mode="json"))
    return bytes.fromhex(sha256_hex(previous + body))


def _line(case_id: str, event: Event, previous: bytes, chained: bytes) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "seq": event.seq,
        "type": event.type,
        "row": event.row,
        "message_id": event.message_id,
        "at": event.at,
        "actor_role": event.actor.role.value,
        "actor_id": event.actor.id,
        "on_behalf_of": event.actor.on_behalf_of,
        "period": event.period,
        "data": json.dumps(event.data, ensure_ascii=False),
        "previous": previous,
        "hash": chained,
    }
