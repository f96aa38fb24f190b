"""Erasing a person: what stands against it, how it is done, and the certificate that it was done.

All that is kept of a person is sealed under a key of their own: that key is destroyed, and with it
everything. What stays are rows and hashes that name nobody; every chain covers sealed bytes by
their hash, and holds as before.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, insert, text
from sqlmodel import col, select

from db.envelopes import destroyed, open_envelope
from db.erasure_tables import Erasure, ErasureCertificate
from db.journal import json_of
from db.persons import Profile, forget, is_kept, lock_person, read_profile
from db.proposals import Proposals
from db.rows import models
from db.sealing import Seal, Unreadable
from domain.messages import Refusal
from domain.money.ledger import OPEN

Ground = Literal["request", "decision"]
_LOCK_HEADS: Final = text(
    "SELECT 1 FROM case_head WHERE person_id = :id ORDER BY case_id FOR NO KEY UPDATE"
)
# The cases of a person: their own, those in which they act for another, those that they supply.
_CASES: Final = (
    "SELECT v.case_id, v.reference, v.closed FROM case_view v WHERE v.recipient_id = :id"
    " UNION SELECT v.case_id, v.reference, v.closed FROM case_view v"
    "  WHERE v.representative_ids @> ARRAY[CAST(:id AS uuid)] AND v.representative_ids <> '{}'"
    " UNION SELECT o.case_id, o.reference, o.closed FROM supplier_view o"
    "  JOIN supplier s ON s.id = o.supplier_id WHERE s.person_id = :id"
)
# What has just come has no row in lists yet; a power that nobody has confirmed stands in none.
_OPEN: Final = (
    f"SELECT reference FROM ({_CASES}) c WHERE NOT closed UNION SELECT h.reference FROM case_head h"
    " LEFT JOIN case_view v USING (case_id) WHERE h.person_id = :id AND v.case_id IS NULL"
    " UNION SELECT h.reference FROM representation r"
    " JOIN case_view h ON h.recipient_id = r.recipient_id JOIN case_state s USING (case_id)"
    " WHERE r.person_id = :id AND NOT h.closed AND jsonb_path_exists(s.state,"
    "  '$.measure.acting.proposed[*].begins ? (@.person == $person)',"
    "  jsonb_build_object('person', CAST(:id AS text)))"
)
_MOVING: Final = (
    f"SELECT c.reference FROM ({_CASES}) c JOIN money m USING (case_id)"
    " CROSS JOIN LATERAL (VALUES (m.credit, m.amount), (m.debit, -m.amount)) e (account, amount)"
    " GROUP BY c.reference, m.period, m.order_number"
    " HAVING coalesce(sum(e.amount) FILTER (WHERE e.account = ANY(:open)), 0) > 0"
    " OR coalesce(sum(e.amount) FILTER (WHERE e.account = 'due'), 0) < 0"
)
_UNSENT: Final = f"SELECT c.reference FROM ({_CASES}) c JOIN owed o USING (case_id)"
_HELD: Final = text("SELECT 1 FROM legal_hold WHERE person_id = :id AND lifted_at IS NULL")
_SERVES: Final = text("SELECT 1 FROM official WHERE person_id = :id LIMIT 1")
_SELLS: Final = text(
    "SELECT 1 FROM supplier WHERE person_id = :id AND active UNION ALL"
    " SELECT 1 FROM supplier_application WHERE person_id = :id AND state = 'open' LIMIT 1"
)
_UNTAKEN: Final = text(
    "SELECT j.id, j.sealed, t.said, j.verdict IN ('pending', 'waiting')"
    " OR coalesce(t.state = 'open', false) AS open FROM journal j"
    " LEFT JOIN intake_task t ON t.journal_id = j.id WHERE j.verdict <> 'accepted' ORDER BY j.id"
)
_BLANK: Final = text("UPDATE journal SET sealed = :sealed WHERE id = :id")
_BLANK_SAID: Final = text("UPDATE intake_task SET said = :said WHERE journal_id = :id")
_COUNTED: Final = text(
    "SELECT (SELECT count(*) FROM case_head WHERE person_id = :id) AS cases,"
    " (SELECT count(*) FROM document JOIN case_head USING (case_id) WHERE person_id = :id)"
    "  AS documents,"
    " (SELECT count(*) FROM inbox JOIN case_head USING (case_id) WHERE person_id = :id"
    "  AND sealed IS NOT NULL) AS messages"
)
# What was rendered of their cases before does not hold any more.
_ANEW: Final = text(
    "UPDATE case_state SET xid = pg_current_xact_id()::text::bigint"
    " WHERE case_id IN (SELECT case_id FROM case_head WHERE person_id = :id)"
)
_WHOSE: Final = text("SELECT person_id FROM case_head WHERE case_id = :id")
_SHOWN: Final = 5


class ErasureRefused(Exception):
    """A person may not be erased, for every one of these reasons."""

    def __init__(self, reasons: list[Refusal]) -> None:
        super().__init__(", ".join(one.code for one in reasons))
        self.reasons = reasons


def against(connection: Connection, sealer: Seal, person: UUID) -> list[Refusal]:
    """Every reason why this person may not be erased now; none: they may."""
    named = {"id": person, "open": list(OPEN)}
    if not is_kept(connection, person):
        return [Refusal(code="erasure_nothing_kept")]
    found = [
        _of_cases(code, connection.execute(text(asked), named).scalars())
        for code, asked in (
            ("erasure_case_open", _OPEN),
            ("erasure_money_owed", _MOVING),
            ("erasure_not_sent", _UNSENT),
        )
    ]
    if any(row.open for row in _untaken(connection, sealer, person)):
        found.append(Refusal(code="erasure_message_open"))
    for asked, code in (
        (_HELD, "erasure_legal_hold"),
        (_SERVES, "erasure_official"),
        (_SELLS, "erasure_supplier"),
    ):
        if connection.execute(asked, {"id": person}).first():
            found.append(Refusal(code=code))
    return [one for one in found if one is not None]


def _of_cases(code: str, references: Any) -> Refusal | None:
    found = sorted(set(references))
    if not found:
        return None
    more = " …" if len(found) > _SHOWN else ""
    return Refusal(code=code, facts={"cases": ", ".join(found[:_SHOWN]) + more})


def erase(
    connection: Connection, sealer: Seal, person: UUID, asked: Erasure | None = None
) -> ErasureCertificate:
    """Make all that was sealed for a person unreadable for ever, by destroying their key; nobody
    finds them by anything any more. Who comes back is somebody new.

    `asked`: what two administrators decided; without it their term is over. ErasureRefused.
    """
    connection.execute(_LOCK_HEADS, {"id": person})
    lock_person(connection, person)
    if reasons := against(connection, sealer, person):
        raise ErasureRefused(reasons)
    for row in _untaken(connection, sealer, person):
        connection.execute(_BLANK, {"id": row.id, "sealed": destroyed(bytes(row.sealed))})
        if row.said is not None:
            connection.execute(_BLANK_SAID, {"id": row.id, "said": destroyed(bytes(row.said))})
    counted = connection.execute(_COUNTED, {"id": person}).one()
    connection.execute(_ANEW, {"id": person})
    made = {
        "person_id": person,
        "ground": asked.ground if asked else "term",
        "erasure_id": asked.id if asked else None,
        "key_sha256": forget(connection, person),
        **counted._mapping,
    }
    new = insert(ErasureCertificate).values(**made).returning(ErasureCertificate)
    return models(connection, new).one()


def propose(
    connection: Connection, sealer: Seal, person: UUID, whom: UUID, ground: Ground
) -> Erasure:
    """Keep it until another administrator approves it; the same again is the same. ErasureRefused
    while something stands against it.
    """
    if reasons := against(connection, sealer, whom):
        raise ErasureRefused(reasons)
    return ERASURES.propose(connection, person, person_id=whom, ground=ground)


def approve(
    connection: Connection, sealer: Seal, person: UUID, erasure: UUID
) -> Erasure | Refusal | None:
    """The second administrator has them erased, at once. ErasureRefused."""
    approved = ERASURES.approve(connection, person, erasure)
    if isinstance(approved, Erasure) and certificate_of(connection, erasure) is None:
        erase(connection, sealer, approved.person_id, approved)
    return approved


def _untaken(connection: Connection, sealer: Seal, person: UUID) -> Iterator[Row[Any]]:
    """Messages of E-Собес about a person that became none of a case's: their texts lie in envelopes
    of their own, and nothing but the text says whom they are about.
    """
    try:
        profile = read_profile(connection, sealer, person)
    except Unreadable:  # spoken of again since they were erased: no number of theirs is known
        return
    for row in connection.execute(_UNTAKEN).all():
        try:
            text_ = open_envelope(sealer, bytes(row.sealed))
        except Unreadable:  # its key was destroyed before
            continue
        if _is_about(profile, text_):
            yield row


def _is_about(profile: Profile, raw: bytes) -> bool:
    """Whether a message names somebody by their number, however it is written, or tells of whom a
    programme of theirs is, by whatever number.
    """
    # In whatever encoding of JSON it came: digits are digits once the zeros between are gone.
    if profile.iin.encode() in raw.replace(b"\0", b""):
        return True
    try:
        value = json_of(raw)
        said = json.dumps(value, default=str)  # what is no number of JSON has a mark of ours
    except (ValueError, RecursionError):
        return False
    if profile.iin in said:
        return True
    told = value if isinstance(value, dict) and "person" in value else {}
    programme = told.get("programme")
    return isinstance(programme, dict) and str(programme.get("number")) in profile.revisions


def recipient_of(connection: Connection, case_id: UUID | None) -> UUID | None:
    """Whose case it is; None where there is none."""
    found: UUID | None = connection.execute(_WHOSE, {"id": case_id}).scalar()
    return found


def certificate_of(connection: Connection, erasure: UUID) -> ErasureCertificate | None:
    """The certificate of what two administrators decided; None as long as it was not done."""
    asked = select(ErasureCertificate).where(col(ErasureCertificate.erasure_id) == erasure)
    return models(connection, asked).one_or_none()


def last_certificate(connection: Connection, person: UUID) -> ErasureCertificate | None:
    """That a person was erased, the last time; None: never."""
    asked = select(ErasureCertificate).where(col(ErasureCertificate.person_id) == person)
    newest = asked.order_by(col(ErasureCertificate.at).desc()).limit(1)
    return models(connection, newest).one_or_none()


def list_certificates(connection: Connection, most: int) -> list[ErasureCertificate]:
    """Who was erased, the newest first: ids that stand for no one."""
    asked = select(ErasureCertificate).order_by(col(ErasureCertificate.id).desc()).limit(most)
    return list(models(connection, asked))


ERASURES: Final = Proposals(table=Erasure, called="erasure")
