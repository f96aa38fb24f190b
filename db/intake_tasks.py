"""Rejected messages as work on a desk (row R2): opened, closed once, looked through."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.authorities import authority_of
from db.envelopes import envelop, open_envelope
from db.once import KeyTaken
from db.operations import UNANSWERED_AFTER, Trouble
from db.sealing import Seal, Unreadable
from db.waits import end_wait, measure_key
from db.work import ADMINISTRATORS, close_work, holder_of, open_work
from definitions.editions import certified
from definitions.intake import CONTACTS
from domain.identifiers import is_bin
from domain.messages import Role

OPEN, CORRECTED, RETURNED, CURED = "open", "corrected", "returned", "cured"
ACKNOWLEDGED: Final = "acknowledged"
# Told to E-Собес in one look; what is more waits for the next.
AT_ONCE: Final = 8


class TaskClosed(Exception):
    """The task was done, or its message cured, before."""


@dataclass(frozen=True)
class Act:
    """One request that closes a task: who, under which key, and the fingerprint of what it says."""

    name: str
    by: UUID
    key: str
    hash: bytes


@dataclass(frozen=True)
class OpenIntakeTask:
    """A task as lists show it. `authority` None: the administrators'. Times are legal."""

    id: UUID
    message_id: str | None
    authority: UUID | None
    state: str
    opened_at: datetime
    due_at: datetime
    certificate: dict[str, Any]
    now: datetime
    closed_at: datetime | None
    told: str | None
    mistakes: tuple[dict[str, Any], ...]
    case_id: UUID | None
    reference: str | None

    @property
    def overdue(self) -> bool:
        return self.state == OPEN and self.due_at <= self.now

    @property
    def age_seconds(self) -> int:
        """How long it has lain on the desk, or did until it was done."""
        return max(0, int(((self.closed_at or self.now) - self.opened_at).total_seconds()))

    @property
    def of_contacts(self) -> bool:
        """Whether a caseworker may correct all that was wrong when the message was looked at."""
        return all(mistake["pointer"] in CONTACTS for mistake in self.mistakes)


@dataclass(frozen=True)
class WantedTasks:
    """Whose tasks (`every`, or those of one authority), in which state, which part of them."""

    every: bool
    authority: UUID | None
    state: str | None = None
    after: UUID | None = None
    most: int = 50


@dataclass(frozen=True)
class Return:
    """A message that E-Собес is to be told of."""

    id: UUID
    message_id: str | None
    at: datetime
    reason: str = field(repr=False)


# What goes back to E-Собес takes effect no more, should its measure still come.
_WAITS_NO_MORE = text("UPDATE journal SET verdict = 'rejected' WHERE id = :id")
_OPEN = text(
    "INSERT INTO intake_task (journal_id, authority_id, measure_key, revision, opened_at, due_at,"
    " certificate, state) VALUES (:id, :authority, :measure_key, :revision, :at, :due_at,"
    " CAST(:certificate AS jsonb), 'open') ON CONFLICT (journal_id) DO NOTHING"
)
_CURE = text(
    "UPDATE intake_task SET state = 'cured', closed_at = legal_now() WHERE state = 'open'"
    " AND (journal_id = :id OR (measure_key = :measure_key AND opened_at <= :at"
    " AND coalesce(revision, :revision) <= :revision)) RETURNING journal_id"
)
_CLOSE = text(
    "UPDATE intake_task SET state = :state, closed_at = legal_now(), closed_by = :by,"
    " act_key = :key, act_hash = :hash, said = :said WHERE journal_id = :id AND state = 'open'"
)
# Two requests under one key at once: the second sees what the first has done.
_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_BY_KEY = text("SELECT journal_id, act_hash FROM intake_task WHERE act_key = :key")
_COLUMNS = (
    "SELECT t.journal_id, j.message_id, t.authority_id, t.state, t.opened_at, t.due_at,"
    " t.certificate, legal_now() AS now, t.closed_at, t.told, j.mistakes, j.case_id, h.reference"
    " FROM intake_task t JOIN journal j ON j.id = t.journal_id"
    " LEFT JOIN case_head h ON h.case_id = j.case_id"
)
_FILTERS = (
    " WHERE (:every OR t.authority_id = :authority)"
    " AND (CAST(:state AS text) IS NULL OR t.state = :state"
    " OR (:state = 'overdue' AND t.state = 'open' AND t.due_at <= (SELECT legal_now())))"
)
_READ = text(f"{_COLUMNS} WHERE t.journal_id = ANY(CAST(:ids AS uuid[]))")
_LIST = text(
    f"{_COLUMNS}{_FILTERS} AND (CAST(:after AS uuid) IS NULL OR t.journal_id > :after)"
    " ORDER BY t.journal_id LIMIT :most"
)
_COUNT = text(f"SELECT count(*) FROM intake_task t{_FILTERS}")
_SAID = text("SELECT said FROM intake_task WHERE journal_id = :id")
_OF_MESSAGE = text(
    "SELECT t.closed_at, t.said FROM intake_task t JOIN journal j ON j.id = t.journal_id"
    " WHERE j.message_id = :message_id AND t.state = 'returned'"
)
_UNTOLD = text(
    "SELECT t.journal_id, j.message_id, t.closed_at, t.said FROM intake_task t"
    " JOIN journal j ON j.id = t.journal_id"
    " WHERE t.state = 'returned' AND t.told IS NULL ORDER BY t.closed_at LIMIT :most"
)
_TOLD = text("UPDATE intake_task SET told = :told WHERE journal_id = :id")
_LATE = text(
    "SELECT t.journal_id, coalesce(j.message_id, '') AS message_id, t.authority_id, j.mistakes,"
    " t.state = 'open' AS open, CASE t.state WHEN 'open' THEN t.due_at ELSE t.closed_at END"
    " AS since, legal_now() AS now"
    " FROM intake_task t JOIN journal j ON j.id = t.journal_id"
    " WHERE ((t.state = 'open' AND t.due_at <= (SELECT legal_now()))"
    " OR (t.state = 'returned' AND t.told IS NULL AND t.closed_at"
    "   <= (SELECT legal_now()) - CAST(:untold AS integer) * interval '1 second'))"
    " AND (CAST(:authority AS uuid) IS NULL OR t.authority_id = :authority)"
    " ORDER BY since LIMIT :most"
)


def open_task(
    connection: Connection, sealer: Seal, row_id: UUID, message: Any, at: datetime
) -> None:
    """Lay a rejected message (in its normal form) on a desk, once; `at` is when it came."""
    certificate = certified("rejected_message", at)
    bin_ = _at(message, "person", "authority_bin")
    known = isinstance(bin_, str) and is_bin(bin_)
    authority = authority_of(connection, bin_) if known else None
    values = {
        "id": row_id,
        "authority": authority,
        "at": at,
        "due_at": certificate.expires_at,
        "certificate": json.dumps(certificate.to_json()),
        **_named(sealer, message),
    }
    if connection.execute(_OPEN, values).rowcount:
        desk = holder_of(Role.CASEWORKER, authority) if authority else ADMINISTRATORS
        due = certificate.expires_at
        open_work(
            connection, row_id, "intake", "invalid_message", desk,
            since=at, due_at=due, authority=authority,
        )  # fmt: skip


def cure(connection: Connection, sealer: Seal, row_id: UUID, message: Any, at: datetime) -> None:
    """Close the task of a message that is right now, and of those that it makes good.

    These came before it about the same measure, in no newer a revision.
    """
    done = connection.execute(_CURE, {"id": row_id, "at": at, **_named(sealer, message)})
    close_work(connection, *done.scalars())


def close(
    connection: Connection, task: UUID, state: str, act: Act, said: bytes | None = None
) -> None:
    """End an open task; TaskClosed if it is not open any more."""
    values = {"id": task, "state": state, "by": act.by, "key": act.key, "hash": act.hash}
    if connection.execute(_CLOSE, {**values, "said": said}).rowcount == 0:
        raise TaskClosed("the task was done before")
    close_work(connection, task)


def give_back(connection: Connection, sealer: Seal, task: UUID, act: Act, reason: str) -> None:
    """End a task by returning its message to E-Собес. TaskClosed.

    The reason may name the person, whom no key of their own stands for yet.
    """
    close(connection, task, RETURNED, act, envelop(sealer, reason.encode()))
    if end_wait(connection, task):
        connection.execute(_WAITS_NO_MORE, {"id": task})


def is_done(connection: Connection, task: UUID, act: Act) -> bool:
    """Whether this very request was carried out before; holds off others under its key.

    KeyTaken if the key stands for another request.
    """
    connection.execute(_LOCK_KEY, {"key": act.key})
    held = connection.execute(_BY_KEY, {"key": act.key}).one_or_none()
    if held is None:
        return False
    if (held.journal_id, bytes(held.act_hash)) != (task, act.hash):
        raise KeyTaken("the key stands for another request")
    return True


def read_task(connection: Connection, task: UUID) -> OpenIntakeTask | None:
    """One task; None if no message of this id was rejected."""
    return next(iter(read_tasks(connection, [task])), None)


def read_tasks(connection: Connection, ids: Sequence[UUID]) -> list[OpenIntakeTask]:
    """Those of these ids."""
    return [_task(row) for row in connection.execute(_READ, {"ids": list(ids)})]


def list_tasks(connection: Connection, wanted: WantedTasks) -> list[OpenIntakeTask]:
    """A part of the tasks, the oldest first. The state `overdue` is a part of `open`."""
    named = {**_filters(wanted), "after": wanted.after, "most": wanted.most}
    return [_task(row) for row in connection.execute(_LIST, named)]


def count_tasks(connection: Connection, wanted: WantedTasks) -> int:
    """How many the filters let through in all."""
    return int(connection.execute(_COUNT, _filters(wanted)).scalar_one())


def read_said(connection: Connection, task: UUID) -> bytes | None:
    """What the request that closed a task said, as it is sealed."""
    said = connection.execute(_SAID, {"id": task}).scalar()
    return None if said is None else bytes(said)


def find_return(
    connection: Connection, sealer: Seal, message_id: str
) -> tuple[datetime, str] | None:
    """When and why a message was returned to E-Собес; None if it was not."""
    row = connection.execute(_OF_MESSAGE, {"message_id": message_id}).one_or_none()
    return None if row is None else (row.closed_at, _reason(sealer, row))


def untold(connection: Connection, sealer: Seal) -> list[Return]:
    """Returned messages of which E-Собес has not acknowledged to know, the oldest first."""
    return [
        Return(row.journal_id, row.message_id, row.closed_at, _reason(sealer, row))
        for row in connection.execute(_UNTOLD, {"most": AT_ONCE})
    ]


def mark_told(connection: Connection, task: UUID, told: str) -> None:
    """Keep how E-Собес took a return: `acknowledged`, or the code with which it refused."""
    connection.execute(_TOLD, {"id": task, "told": told})


def late_intake(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Tasks past their day, and returns that E-Собес does not acknowledge.

    `authority` None: of every desk.
    """
    named = {"authority": authority, "most": most, "untold": UNANSWERED_AFTER}
    return [_late(row) for row in connection.execute(_LATE, named)]


def _late(row: Row[Any]) -> Trouble:
    who, cause, remedies = _who_and_what(row)
    return Trouble(
        case_id=None,
        intake_task=str(row.journal_id),
        reference=row.message_id,
        status="rejected",
        cause=cause,
        since=row.since,
        age_seconds=max(0, int((row.now - row.since).total_seconds())),
        who=(who,),
        remedies=remedies,
        detail={"task": "invalid_message", "mistakes": _pointers(row)},
    )


def _who_and_what(row: Row[Any]) -> tuple[str, str, tuple[str, ...]]:
    """Who must act, why, and what helps: only a caseworker corrects, and only contacts."""
    if not row.open:
        return "administrator", "unanswered", ()
    if row.authority_id is None:
        return "administrator", "intake_overdue", ("return_message",)
    correct = ("correct_contacts",) if CONTACTS.issuperset(_pointers(row)) else ()
    return "caseworker", "intake_overdue", (*correct, "return_message")


def _pointers(row: Row[Any]) -> list[str]:
    return [mistake["pointer"] for mistake in row.mistakes or ()]


def _named(sealer: Seal, message: Any) -> dict[str, Any]:
    """By what a message says which measure it is about, as far as it does.

    A fingerprint: nobody has checked what stands in those fields.
    """
    key = [_at(message, "programme", "number"), _at(message, "measure_id")]
    whole = all(isinstance(part, str) and part for part in key)
    revision = _at(message, "programme", "revision")
    counts = type(revision) is int and 0 < revision < 2**31
    return {
        "measure_key": measure_key(sealer, *map(str, key)) if whole else None,
        "revision": revision if counts else None,
    }


def _at(message: Any, *path: str) -> Any:
    for name in path:
        message = message.get(name) if isinstance(message, Mapping) else None
    return message


def _reason(sealer: Seal, row: Row[Any]) -> str:
    """Nothing once its key was destroyed: with the person, or because its term was over."""
    try:
        return open_envelope(sealer, bytes(row.said)).decode()
    except Unreadable:
        return ""


def _filters(wanted: WantedTasks) -> dict[str, Any]:
    return {"every": wanted.every, "authority": wanted.authority, "state": wanted.state}


def _task(row: Row[Any]) -> OpenIntakeTask:
    return OpenIntakeTask(
        id=row.journal_id,
        mistakes=tuple(row.mistakes or ()),
        authority=row.authority_id,
        **{name: getattr(row, name) for name in _AS_READ},
    )


_AS_READ: Final = (
    *("message_id", "state", "opened_at", "due_at", "certificate", "now", "closed_at", "told"),
    *("case_id", "reference"),
)
