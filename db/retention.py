"""How long what is kept of people may be kept, by kind: values of the edition in force.

Where an edition says nothing of a kind, what is usual tells whose term is over, and nothing goes by
itself: that takes the word of an edition.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, text

from db.dispatches import legal_now
from db.engine import reads
from db.envelopes import destroyed
from db.erasures import ErasureRefused, against, erase
from db.sealing import Seal
from definitions.editions import edition_on
from domain.messages import Refusal
from domain.process import Edition
from domain.terms.counting import ZONE, Term, local_day

log = structlog.get_logger(__name__)
# Kind → what holds under an edition that says nothing of it: policy. Of a person from the end of
# their last case on, of a message from when it was closed, of words from when they were written, of
# a report of the treasury from when it came.
USUAL: Final[Mapping[str, str]] = {
    "keep_person": "P5Y",
    "keep_message": "P12M",
    "keep_reason": "P36M",
    "keep_report": "P5Y",
}
# Kind → the tables whose rows lie in envelopes that the database destroys by their day.
_ENVELOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "keep_reason": ("person_search", "list_export"),
    "keep_report": ("treasury_report",),
}
AT_ONCE: Final = 100
# Cases that have ended, in the order in which they have, and of each the parties whose last it was:
# the recipient, and whoever acted for them.
_LAST: Final = (
    "NOT EXISTS (SELECT 1 FROM case_view n WHERE {their}"
    " AND (NOT n.closed OR (n.since, n.case_id) > (v.since, v.case_id)))"
)
_ENDED: Final = text(
    "SELECT v.case_id, v.since, p.person FROM ("
    " SELECT case_id, since, recipient_id, representative_ids FROM case_view WHERE closed"
    "  AND since < :before AND (since, case_id) > (:since, :case_id)"
    "  ORDER BY since, case_id LIMIT :most) v LEFT JOIN LATERAL ("
    " SELECT DISTINCT u.person FROM unnest(v.recipient_id || v.representative_ids) AS u(person)"
    "  JOIN person_key k ON k.person_id = u.person"
    f"  WHERE {_LAST.format(their='n.recipient_id = u.person')} AND "
    + _LAST.format(their="n.representative_ids <> '{}' AND n.representative_ids @> ARRAY[u.person]")
    + ") p ON true ORDER BY v.since, v.case_id, p.person"
)
_MESSAGES: Final = text(
    "SELECT j.id, j.sealed, t.said FROM journal j JOIN intake_task t ON t.journal_id = j.id"
    " WHERE j.verdict IN ('rejected', 'conflict') AND t.state <> 'open' AND t.closed_at < :before"
    " AND j.received_at < :before AND substr(j.sealed, 1, 2) <> '\\x0000'"
    " ORDER BY j.received_at LIMIT :most FOR UPDATE OF j"
)
_BLANK: Final = text("UPDATE journal SET sealed = :sealed WHERE id = :id")
_BLANK_SAID: Final = text("UPDATE intake_task SET said = :said WHERE journal_id = :id")
_DESTROY: Final = text("SELECT destroy_old_keys(:which, :before, :most)")


@dataclass(frozen=True, slots=True)
class DuePerson:
    """Somebody whose term is over, since when their last case is closed, and what stands against
    their erasure.
    """

    person: UUID
    ended: datetime
    reasons: tuple[Refusal, ...]


def law_now(connection: Connection) -> tuple[Edition, datetime]:
    """The edition in force today, and the legal time."""
    now = legal_now(connection)
    return edition_on(local_day(now)), now


def ends_before(law: Edition, kind: str, now: datetime) -> datetime:
    """What of this kind ended before this local day is kept no longer: so many months before."""
    term = Term.parse(law.values.get(kind, USUAL[kind]))
    months = term.amount * (12 if term.kind == "years" else 1)
    day = local_day(now)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    return datetime.combine(date(year, month + 1, min(day.day, last)), time(), ZONE)


def due_persons(engine: Engine, sealer: Seal, law: Edition, now: datetime) -> Iterator[DuePerson]:
    """People whose term is over, in the order in which their last cases have ended."""
    asked = {"before": ends_before(law, "keep_person", now), "most": AT_ONCE}
    cursor = {"since": datetime.min.replace(tzinfo=UTC), "case_id": UUID(int=0)}
    while cursor:
        with reads(engine) as connection:
            rows = connection.execute(_ENDED, asked | cursor).all()
            found = [
                DuePerson(row.person, row.since, tuple(against(connection, sealer, row.person)))
                for row in rows
                if row.person is not None
            ]
        yield from found
        cursor = {"since": rows[-1].since, "case_id": rows[-1].case_id} if rows else {}


def keep_terms(engine: Engine, sealer: Seal, law: Edition | None = None) -> Iterator[int]:
    """Erase what is kept no longer, of the kinds of which the edition says how long: how many, one
    transaction after another. What stands against it is left as it is.
    """
    with reads(engine) as connection:
        in_force, now = law_now(connection)
    told = law or in_force
    if "keep_person" in told.values:
        yield from _erase_persons(engine, sealer, told, now)
    if "keep_message" in told.values:
        yield from _destroy_messages(engine, ends_before(told, "keep_message", now))
    for kind, tables in _ENVELOPES.items():
        for table in tables if kind in told.values else ():
            yield from _destroy_envelopes(engine, table, ends_before(told, kind, now))


def _erase_persons(engine: Engine, sealer: Seal, law: Edition, now: datetime) -> Iterator[int]:
    for one in due_persons(engine, sealer, law, now):
        if one.reasons:
            continue
        try:
            with engine.begin() as connection:
                made = erase(connection, sealer, one.person)
        except ErasureRefused:  # something has come between: it is looked at anew
            continue
        log.info("erased", certificate=str(made.id), ground=made.ground)
        yield 1


def _destroy_envelopes(engine: Engine, table: str, before: datetime) -> Iterator[int]:
    many = AT_ONCE
    while many == AT_ONCE:
        with engine.begin() as connection:
            named = {"which": table, "before": before, "most": AT_ONCE}
            many = connection.execute(_DESTROY, named).scalar_one()
        yield many


def _destroy_messages(engine: Engine, before: datetime) -> Iterator[int]:
    many = AT_ONCE
    while many == AT_ONCE:
        with engine.begin() as connection:
            rows = connection.execute(_MESSAGES, {"before": before, "most": AT_ONCE}).all()
            for row in rows:
                connection.execute(_BLANK, {"id": row.id, "sealed": destroyed(bytes(row.sealed))})
                if row.said is not None:
                    said = {"id": row.id, "said": destroyed(bytes(row.said))}
                    connection.execute(_BLANK_SAID, said)
            many = len(rows)
        yield many
