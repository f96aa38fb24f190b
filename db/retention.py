"""How long what is kept of people may be kept, by kind: values of the edition in force.

Where an edition says nothing of a kind, what is usual tells whose term is over, and nothing goes by
itself: that takes the word of an edition.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
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
# their last case on, of a message from when it was closed, of words from when they were written.
USUAL: Final[Mapping[str, str]] = {
    "keep_person": "P5Y",
    "keep_message": "P12M",
    "keep_reason": "P36M",
}
AT_ONCE: Final = 100
# Who was party to a closed case: the recipient, and whoever acted for them.
_ENDED: Final = text(
    "SELECT person, max(since) AS ended FROM ("
    " SELECT v.recipient_id AS person, v.since FROM case_view v"
    "  WHERE v.closed AND v.since < :before"
    " UNION ALL SELECT unnest(v.representative_ids), v.since FROM case_view v"
    "  WHERE v.representative_ids <> '{}' AND v.closed AND v.since < :before) p"
    " JOIN person_key k ON k.person_id = p.person"
    " WHERE p.person > :after AND NOT EXISTS (SELECT 1 FROM case_view n"
    "  WHERE n.recipient_id = p.person AND (n.since >= :before OR NOT n.closed))"
    " AND NOT EXISTS (SELECT 1 FROM case_view n WHERE n.representative_ids <> '{}'"
    "  AND n.representative_ids @> ARRAY[p.person] AND (n.since >= :before OR NOT n.closed))"
    " GROUP BY person ORDER BY person LIMIT :most"
)
_MESSAGES: Final = text(
    "SELECT j.id, j.sealed, t.said FROM journal j JOIN intake_task t ON t.journal_id = j.id"
    " WHERE j.verdict IN ('rejected', 'conflict') AND t.state <> 'open' AND t.closed_at < :before"
    " AND substring(j.sealed FROM 1 FOR 2) <> '\\x0000'"
    " ORDER BY j.id LIMIT :most FOR UPDATE OF j"
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


def due_persons(
    connection: Connection, sealer: Seal, law: Edition, now: datetime, after: UUID | None = None
) -> list[DuePerson]:
    """People whose term is over, some at a time in the order of their ids."""
    before = ends_before(law, "keep_person", now)
    asked = {"before": before, "after": after or UUID(int=0), "most": AT_ONCE}
    return [
        DuePerson(row.person, row.ended, tuple(against(connection, sealer, row.person)))
        for row in connection.execute(_ENDED, asked)
    ]


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
    if "keep_reason" in told.values:
        before = ends_before(told, "keep_reason", now)
        for which in ("person_search", "list_export"):
            many = AT_ONCE
            while many == AT_ONCE:
                with engine.begin() as connection:
                    named = {"which": which, "before": before, "most": AT_ONCE}
                    many = connection.execute(_DESTROY, named).scalar_one()
                yield many


def _erase_persons(engine: Engine, sealer: Seal, law: Edition, now: datetime) -> Iterator[int]:
    after: UUID | None = None
    while True:
        with reads(engine) as connection:
            found = due_persons(connection, sealer, law, now, after)
        for one in found:
            after = one.person
            if one.reasons:
                continue
            try:
                with engine.begin() as connection:
                    made = erase(connection, sealer, one.person)
            except ErasureRefused:  # something has come between: it is looked at anew
                continue
            log.info("erased", certificate=str(made.id), ground=made.ground)
            yield 1
        if len(found) < AT_ONCE:
            return


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
