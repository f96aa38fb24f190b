"""Messages of E-Собес: journalled as they came, then settled into a case or into mistakes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import structlog
from psycopg.errors import DeadlockDetected, ProgramLimitExceeded
from sqlalchemy import Connection, Engine, Executable, Row, bindparam, text
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from db.catalogues import LEGAL_DAY, catalogue_of, in_force_on
from db.engine import reads
from db.envelopes import is_destroyed, open_envelope
from db.intake_tasks import CORRECTED, Act, TaskClosed, close, cure, open_task, read_said
from db.journal import (
    ACCEPTED,
    CONFLICT,
    ID_TAKEN,
    PENDING,
    PERSONAL,
    READ,
    REJECTED,
    WAITING,
    json_of,
    read_came,
    read_raw,
)
from db.opening import (
    Arrival,
    PersonDiffers,
    PersonErased,
    UnknownMeasure,
    accept,
    revocation_data,
)
from db.persons import Contacts, open_for, seal_for
from db.sealing import Seal, Unreadable, seal
from db.tables import Journal
from db.waits import (
    REVISION_CONFLICT,
    UNKNOWN_MEASURE,
    end_wait,
    lock_measure,
    note,
    overdue_waits,
    remember,
    told_by,
    wait,
)
from definitions.editions import edition_on
from definitions.intake import Reading, check_message
from definitions.wording import every_language
from domain.case.arrivals import in_force
from domain.terms.counting import local_day
from integrations.shep import Trusting

log = structlog.get_logger(__name__)
UNSETTLED = "unsettled"
# What another catalogue may cure, or another build of ours.
CURABLE = ("not_in_catalogue", UNSETTLED)
# A message younger than this is still in the hands of the request that brought it.
LEAST_AGE = "10 seconds"
LONGEST = 254  # of an e-mail address; what is longer is no contact, and its begin will do
AT_ONCE = 50  # rows settled in one transaction: a commit costs more than a row
DEADLOCKS_BORNE = 10


class CannotBeSettled(Exception):
    """A fault of ours: nothing is known to be wrong with the message."""


class RevisionConflict(Exception):
    """This revision of the measure was told before, with other content (row R8)."""


# What only the cases can tell: pointer, code, text.
TOLD: dict[type[Exception], tuple[str, str, str]] = {
    UnknownMeasure: ("/measure_id", "unknown_measure", "mistake.unknown_measure"),
    PersonDiffers: ("/person/iin", "person_differs", "mistake.person_differs"),
    PersonErased: ("", "person_erased", "mistake.person_erased"),
    CannotBeSettled: ("", UNSETTLED, "mistake.unsettled"),
    RevisionConflict: ("/programme/revision", "revision_differs", "mistake.revision_differs"),
}


_TODAYS = select(Journal, in_force_on(LEGAL_DAY).label("catalogue"))
_LOCK: Executable = _TODAYS.where(col(Journal.id) == bindparam("id")).with_for_update()
_SETTLE = text(
    "UPDATE journal SET verdict = :verdict, case_id = :case_id, inbox_id = :inbox_id,"
    " mistakes = CAST(:mistakes AS jsonb), sealed = coalesce(:sealed, sealed) WHERE id = :id"
)
_UNSETTLED = text(
    "SELECT id FROM journal WHERE verdict = 'pending'"
    " AND received_at < legal_now() - CAST(:age AS interval) ORDER BY id LIMIT 1000"
)
_CURABLE = text(
    "SELECT id FROM journal WHERE verdict = 'rejected'"
    " AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(mistakes) AS one"
    "   WHERE one ->> 'code' <> ALL(:curable))"
    " AND substring(sealed FROM 1 FOR 2) <> '\\x0000' ORDER BY id"
)
_WITHOUT_TASK = text(
    "SELECT id FROM journal j WHERE verdict = 'rejected'"
    " AND NOT EXISTS (SELECT 1 FROM intake_task t WHERE t.journal_id = j.id)"
    " ORDER BY id LIMIT 1000"
)


def settle_all(
    engine: Engine, sealer: Seal, rows: Sequence[UUID], gateway: Trusting | None = None
) -> None:
    """Settle journalled rows, many in a transaction; each by itself where one of them fails.

    `gateway` says whose signatures count on envelopes; without it none does.

    Callers that want the same persons in another order collide, and then go one by one. A row that
    even so cannot be settled is a fault of ours: the log names it, it holds up no other, it lies on
    the administrators' desk, and it is tried again from time to time (see `retry_rejected`).
    """
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        try:
            with engine.begin() as connection:
                for row_id in some:
                    settle(connection, sealer, row_id, gateway)
        except Exception:
            for row_id in some:
                _settle_alone(engine, sealer, row_id, gateway)


def _settle_alone(engine: Engine, sealer: Seal, row_id: UUID, gateway: Trusting | None) -> None:
    for left in reversed(range(DEADLOCKS_BORNE)):
        try:
            with engine.begin() as connection:
                settle(connection, sealer, row_id, gateway)
        except OperationalError as error:
            # Chosen as the victim of a deadlock with a batch: its turn comes. Otherwise the
            # database cannot be asked now, and nothing is wrong with the row.
            if left and isinstance(error.orig, DeadlockDetected):
                continue
            if not isinstance(error.orig, ProgramLimitExceeded):
                raise
            _set_aside(engine, sealer, row_id, error)
        except Exception as error:
            _set_aside(engine, sealer, row_id, error)
        return


def _set_aside(engine: Engine, sealer: Seal, row_id: UUID, error: Exception) -> None:
    """Make a row that cannot be settled somebody's work; not even its text is opened for that."""
    log.error("a message cannot be settled", row=str(row_id), kind=type(error).__name__)
    with engine.begin() as connection:
        row = connection.execute(_LOCK, {"id": row_id}).one()
        if row.verdict in (PENDING, REJECTED):
            _mark(connection, row_id, REJECTED, [_told(CannotBeSettled())])
            open_task(connection, sealer, row_id, None, row.received_at)


def settle(
    connection: Connection, sealer: Seal, row_id: UUID, gateway: Trusting | None = None
) -> None:
    """Check one row and make it a message to its case, or keep its mistakes; once.

    What only the catalogue did not know is looked at again, in case it does now (row R2). What was
    found wrong at the door is so, whatever it says.
    """
    row = connection.execute(_LOCK, {"id": row_id}).one()
    if row.verdict != PENDING and not _curable(row):
        return
    raw = open_envelope(sealer, bytes(row.sealed))
    reading = read_came(raw, row.received_at, gateway)
    if row.verdict == PENDING and row.mistakes:
        verdict, mistakes = _found_at_door(row), row.mistakes
    else:
        verdict, mistakes = _take(connection, sealer, row, raw, reading)
    if verdict == ACCEPTED:
        cure(connection, sealer, row_id, reading.message, row.received_at)
    elif verdict != WAITING:
        _mark(connection, row_id, verdict, mistakes)
        open_task(connection, sealer, row_id, reading.message, row.received_at)
    if verdict == CONFLICT and mistakes[0]["code"] != ID_TAKEN:
        note(connection, row_id, REVISION_CONFLICT)


def correct_contacts(
    connection: Connection,
    sealer: Seal,
    row_id: UUID,
    contacts: Contacts,
    act: Act,
    gateway: Trusting | None = None,
) -> list[dict[str, Any]]:
    """Settle a rejected message as if it had come with these contacts of the recipient.

    The mistakes that remain; then nothing was written. The text stays as it came. TaskClosed if
    the task of the message is not open any more.
    """
    row = connection.execute(_LOCK, {"id": row_id}).one()
    if row.verdict != REJECTED:
        raise TaskClosed("the message was taken over before")
    raw = open_envelope(sealer, bytes(row.sealed))
    reading = _with_contacts(read_came(raw, row.received_at, gateway), contacts)
    value = reading.message
    _, mistakes = _take(connection, sealer, row, raw, reading)
    if mistakes:
        return mistakes
    person = connection.execute(READ, {"ids": [row_id]}).one().person_id
    said = seal_for(connection, sealer, person, contacts.model_dump_json().encode())
    close(connection, row_id, CORRECTED, act, said)
    cure(connection, sealer, row_id, value, row.received_at)
    return []


def read_contacts(connection: Connection, sealer: Seal, row_id: UUID) -> dict[str, Any] | None:
    """The contacts of a message's recipient, corrected or as they came; what is no text is null.

    None where they cannot be read: there are none, or the person has been erased.
    """
    row = connection.execute(READ, {"ids": [row_id]}).one()
    said = read_said(connection, row_id)
    try:
        if row.verdict == ACCEPTED and said is not None:
            found = json.loads(open_for(connection, sealer, row.person_id, said))
        else:
            message = json_of(read_raw(connection, sealer, row_id))
            found = message.get("person") if isinstance(message, dict) else None
    except (Unreadable, RecursionError, ValueError):
        return None
    return _legible(found) if isinstance(found, dict) else None


def finish_pending(engine: Engine, sealer: Seal, gateway: Trusting | None = None) -> None:
    """Settle what a killed process only journalled."""
    with reads(engine) as connection:
        rows = list(connection.execute(_UNSETTLED, {"age": LEAST_AGE}).scalars())
    settle_all(engine, sealer, rows, gateway)


def retry_rejected(engine: Engine, sealer: Seal, gateway: Trusting | None = None) -> None:
    """After a new catalogue: settle again what only the old one did not know (row R2).

    So is what could not be settled by a build of ours; this one may.

    What was rejected by a build that knew no desks gets its task here.
    """
    _open_missing_tasks(engine, sealer)
    with reads(engine) as connection:
        rows = list(connection.execute(_CURABLE, {"curable": list(CURABLE)}).scalars())
    settle_all(engine, sealer, rows, gateway)


def report_overdue_waits(engine: Engine, sealer: Seal) -> int:
    """Lay revocations whose measure has not come in time on the administrators' desk (row R7).

    E-Собес is told; they wait on all the same. How many there were.
    """
    with engine.begin() as connection:
        rows = overdue_waits(connection)
        for row_id, until in rows:
            row = connection.execute(_LOCK, {"id": row_id}).one()
            message = read_came(open_envelope(sealer, bytes(row.sealed))).message
            _mark(connection, row_id, WAITING, [_told(UnknownMeasure())])
            open_task(connection, sealer, row_id, message, until)
            note(connection, row_id, UNKNOWN_MEASURE)
    return len(rows)


def _open_missing_tasks(engine: Engine, sealer: Seal) -> None:
    with engine.begin() as connection:
        for row_id in list(connection.execute(_WITHOUT_TASK).scalars()):
            row = connection.execute(_LOCK, {"id": row_id}).one()
            if row.verdict == REJECTED:
                reading = read_came(open_envelope(sealer, bytes(row.sealed)))
                open_task(connection, sealer, row_id, reading.message, row.received_at)


def _curable(row: Row[Any]) -> bool:
    """Whether all that was wrong with a rejected message may have gone without a word of theirs."""
    mistakes = row.mistakes or ()
    return (
        row.verdict == REJECTED
        and not is_destroyed(bytes(row.sealed))
        and bool(mistakes)
        and all(mistake["code"] in CURABLE for mistake in mistakes)
    )


def _found_at_door(row: Row[Any]) -> str:
    return CONFLICT if row.mistakes[0]["code"] == ID_TAKEN else REJECTED


def _take(
    connection: Connection, sealer: Seal, row: Row[Any], raw: bytes, reading: Reading
) -> tuple[str, list[dict[str, Any]]]:
    """Make a right message one to its case, let it wait, or tell its mistakes; which of these."""
    catalogue = catalogue_of(connection, row.catalogue)
    day = local_day(row.received_at)
    law, faults = edition_on(day), reading.faults
    if mistakes := check_message(reading.message, catalogue, law, text=faults, received_on=day):
        return REJECTED, [asdict(mistake) for mistake in mistakes]
    told = told_by(sealer, reading.message)
    known = lock_measure(connection, told)
    if known.otherwise:
        return CONFLICT, [_told(RevisionConflict())]
    arrival = Arrival(reading.message, raw, row.received_at, catalogue, reading.unusable)
    verdict = ACCEPTED
    try:
        if told.kind == "measure" and known.waiting:
            _accept_with_waiting(connection, sealer, row.id, arrival, known.waiting)
        else:
            _accept(connection, sealer, row.id, arrival)
    except UnknownMeasure:
        verdict = WAITING
        _mark(connection, row.id, verdict)
        wait(connection, row.id, told, row.received_at)
    except (PersonDiffers, PersonErased) as refused:
        return REJECTED, [_told(refused)]
    remember(connection, told)
    return verdict, []


def _accept_with_waiting(
    connection: Connection, sealer: Seal, row_id: UUID, arrival: Arrival, waiting: Sequence[UUID]
) -> None:
    """Open the case of a measure that was revoked before it came; what has waited follows it."""
    came = [_waited(connection, sealer, one, arrival) for one in waiting]
    revocations = [revocation_data(one.message) for _, one in came]
    revision = arrival.message["programme"]["revision"]
    _accept(connection, sealer, row_id, replace(arrival, revoked=in_force(revocations, revision)))
    for one, late in came:
        _accept(connection, sealer, one, late)
        end_wait(connection, one)
        cure(connection, sealer, one, late.message, late.at)


def _waited(
    connection: Connection, sealer: Seal, row_id: UUID, measure: Arrival
) -> tuple[UUID, Arrival]:
    row = connection.execute(_LOCK, {"id": row_id}).one()
    raw = open_envelope(sealer, bytes(row.sealed))
    message = read_came(raw).message
    return row_id, Arrival(message, raw, row.received_at, measure.catalogue)


def _with_contacts(reading: Reading, contacts: Contacts) -> Reading:
    """Those of the recipient are right now; what was wrong with a representative's stays so."""
    message = reading.message
    person = message.get("person") if isinstance(message, dict) else None
    if not isinstance(person, dict):
        return reading
    corrected = {**message, "person": {**person, **contacts.model_dump()}}
    others = tuple(one for one in reading.unusable if one.startswith("representative_"))
    return replace(reading, message=corrected, unusable=others)


def _legible(person: dict[str, Any]) -> dict[str, Any]:
    """Contacts that somebody may have written in any form: texts and truths alone, not too long."""
    told: dict[str, Any] = {}
    for name in ("phone", "email"):
        value, confirmed = person.get(name), person.get(f"{name}_confirmed")
        told[name] = value[:LONGEST] if isinstance(value, str) else None
        told[f"{name}_confirmed"] = confirmed is True
    return told


def _accept(connection: Connection, sealer: Seal, row_id: UUID, arrival: Arrival) -> None:
    """The raw text goes over to the person's own key, so that erasing them erases it too."""
    accepted = accept(connection, sealer, arrival)
    if (key := accepted.key) is not None:
        sealed = seal(key, arrival.body)
    else:
        sealed = seal_for(connection, sealer, accepted.person, arrival.body)
    settled = {
        "id": row_id,
        "verdict": ACCEPTED,
        "mistakes": None,
        "case_id": accepted.case_id,
        "inbox_id": accepted.inbox_id,
        "sealed": PERSONAL + sealed,
    }
    connection.execute(_SETTLE, settled)


def _mark(
    connection: Connection, row_id: UUID, verdict: str, mistakes: list[dict[str, Any]] | None = None
) -> None:
    """Keep what became of a message that is no message to a case."""
    told = None if mistakes is None else json.dumps(mistakes)
    nothing = {"case_id": None, "inbox_id": None, "sealed": None}
    connection.execute(_SETTLE, {"id": row_id, "verdict": verdict, "mistakes": told, **nothing})


def _told(refused: Exception) -> dict[str, Any]:
    pointer, code, words = TOLD[type(refused)]
    return {"pointer": pointer, "code": code, "text": every_language(words)}
