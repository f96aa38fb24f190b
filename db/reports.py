"""What the treasury reports: kept as it came, then told to the cases or laid on a desk."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from db.dispatches import receive
from db.engine import reads
from db.envelopes import envelop, is_destroyed, open_envelope
from db.inbox import Stored, Submission, fingerprint, leave, put
from db.payment_parties import parties_of
from db.payments import Known, find_payments, name_payments, payments_by_reference
from db.report_tasks import open_task
from db.report_words import (
    NOT_OURS,
    OUR_FAULT,
    UNREADABLE,
    Unclear,
    Whose,
    by_reference,
    keys,
    references,
    sort,
)
from db.sealing import Seal
from db.wakes import Untold
from domain.canonical import canonical_bytes, sha256_hex
from domain.messages import Actor, Role
from domain.money.words import counts
from integrations.errors import MalformedReceipt, MalformedReport
from integrations.receipts import number_of, read_receipt
from integrations.reports import read_report
from integrations.words import OrderParties, Report, Told, Word, compared, parties_named

PENDING, RECORDED, DESK = "pending", "recorded", "desk"
# In front of channel and provider, in the place of the kind of a report.
RECEIPT: Final = "receipt/"
TREASURY: Final = Actor(role=Role.TREASURY)
# A report younger than this is still in the hands of the request that brought it.
LEAST_AGE: Final = "10 seconds"
MOST_UNCLEAR: Final = 100
NOTHING: Final = Report("", ())
# The database cannot be asked, or ended what took too long (which is an InternalError).
_AWAY: Final = (OperationalError, InterfaceError, InternalError, NoConnection)
log = structlog.get_logger(__name__)


Describe = Callable[[Word, OrderParties], dict[str, Any]]
# What a word tells of an entry of the account, where it is told.
_OF_ENTRY: Final = ("booked", "entry_reference")


def describe_word(word: Word, ordered: OrderParties) -> dict[str, Any]:
    """A word as a case is told it: `payee` and `account` are "same" or "other" than was ordered.

    What the word leaves out is None; that is not what differs.
    """
    said = asdict(word)
    return {
        "key": word.key,
        "outcome": word.outcome.value,
        "status": word.status,
        "amount": word.amount,
        **parties_named(word, ordered),
        "reference": word.reference,
        "reason": word.reason,
        "source": word.source,
        **({"at_odds": True} if word.at_odds else {}),
        **{name: said[name] for name in _OF_ENTRY if said.get(name)},
    }


@dataclass(frozen=True)
class Heard:
    """A word that is with its case; `recorded` as soon as the case file has it."""

    place: str
    key: str
    outcome: str
    status: str
    case_id: str
    message: str
    recorded: bool = False


@dataclass(frozen=True)
class Kept:
    """A report and what became of it. `not_ours`: how many words were about nothing of ours."""

    id: UUID
    received_at: datetime
    verdict: str
    kind: str | None
    words: tuple[Heard, ...]
    not_ours: int
    unclear: tuple[Unclear, ...]
    remarks: tuple[str, ...]

    @property
    def waiting(self) -> bool:
        """Whether a case has still to hear of it, or nobody has read it yet."""
        return self.verdict == PENDING or not all(word.recorded for word in self.words)


_KEEP = text(
    "INSERT INTO treasury_report (body_hash, sealed, verdict) VALUES (:hash, :sealed, 'pending')"
    " ON CONFLICT (body_hash) DO NOTHING RETURNING id"
)
_BY_HASH = text("SELECT id FROM treasury_report WHERE body_hash = :hash")
_CONTENT = text("SELECT sealed FROM treasury_report WHERE id = :id")
_LOCK = text("SELECT verdict, sealed, kind FROM treasury_report WHERE id = :id FOR UPDATE")
_SETTLE = text(
    "UPDATE treasury_report SET verdict = :verdict, kind = coalesce(:kind, kind),"
    " words = coalesce((SELECT jsonb_agg(w) FROM jsonb_array_elements(words) AS w"
    "   WHERE w ->> 'message' <> ALL(CAST(:told AS text[]))), '[]') || CAST(:words AS jsonb),"
    " unclear = CAST(:unclear AS jsonb), remarks = CAST(:remarks AS jsonb), not_ours = :not_ours"
    " WHERE id = :id"
)
_READ = text(
    "SELECT id, received_at, verdict, kind, words, unclear, remarks, not_ours,"
    " ARRAY(SELECT e.message_id FROM jsonb_to_recordset(words) AS w(case_id uuid, message text)"
    "   JOIN event e ON e.case_id = w.case_id AND e.message_id = w.message) AS recorded"
    " FROM treasury_report WHERE id = :id"
)
_UNSETTLED = text(
    "SELECT id FROM treasury_report WHERE verdict = 'pending'"
    " AND received_at < legal_now() - CAST(:age AS interval) ORDER BY id LIMIT 100"
)


def keep(connection: Connection, sealer: Seal, content: bytes, whose: str = "") -> UUID:
    """Keep a report as it came; commit this before anything else is done with it.

    The same bytes of the same sender again are the same report.
    """
    known_by = fingerprint(sealer, f"{whose}\0".encode() + content if whose else content)
    named = {"hash": known_by, "sealed": envelop(sealer, content)}
    added: UUID | None = connection.execute(_KEEP, named).scalar()
    if added is not None:
        return added
    known: UUID = connection.execute(_BY_HASH, {"hash": named["hash"]}).scalar_one()
    return known


def keep_receipt(
    connection: Connection, sealer: Seal, whose: str, content: bytes, mistakes: Sequence[str]
) -> None:
    """Keep a receipt that cannot be read as it came, on the same desk, with every mistake.

    `whose`: channel and provider. The same bytes of the same provider are one receipt.
    """
    row = keep(connection, sealer, content, whose)
    if connection.execute(_LOCK, {"id": row}).one().verdict == PENDING:
        _settle(connection, row, Report(f"{RECEIPT}{whose}", ()), _unreadable(mistakes), [])


def settle(
    engine: Engine, sealer: Seal, report: UUID, describe: Describe = describe_word
) -> list[Untold]:
    """Tell a kept report to its cases, or lay it on the desk; once, however often it is called.
    The cases that have heard of it by this, and whose runs are to be told.

    `describe` is how a case is told a word.
    """
    with engine.begin() as connection:
        row = connection.execute(_LOCK, {"id": report}).one()
        if row.verdict != PENDING:
            return []
        return _settle_by_today(connection, sealer, report, row, describe)


def read_again(connection: Connection, sealer: Seal, report: UUID) -> bool:
    """Settle what lies on the desk anew, by today's code; whether nothing of it is unclear now.

    What its cases were told before stays with them, and the same word is told once.
    """
    row = connection.execute(_LOCK, {"id": report}).one()
    _settle_by_today(connection, sealer, report, row, describe_word)
    return read_report_of(connection, report).verdict == RECORDED


def finish(engine: Engine, sealer: Seal) -> None:
    """Settle what a killed process only kept; its cases hear of it when their runs look.

    One that the database cannot settle now waits for the next look, and holds up no other.
    """
    with reads(engine) as connection:
        rows = list(connection.execute(_UNSETTLED, {"age": LEAST_AGE}).scalars())
    for report in rows:
        try:
            settle(engine, sealer, report)
        except _AWAY as away:
            log.error("a report still waits", report=str(report), kind=type(away).__name__)


def unheard_of(kept: Kept) -> list[str]:
    """The cases that have not taken all words of a report yet."""
    return list(dict.fromkeys(word.case_id for word in kept.words if not word.recorded))


def find_kept(connection: Connection, report: UUID) -> Kept | None:
    """A report by its id, as it stands now."""
    row = connection.execute(_READ, {"id": report}).one_or_none()
    if row is None:
        return None
    told = [Heard(**word) for word in row.words or ()]
    return Kept(
        id=row.id,
        received_at=row.received_at,
        verdict=row.verdict,
        kind=row.kind,
        words=tuple(replace(one, recorded=one.message in row.recorded) for one in told),
        not_ours=row.not_ours or 0,
        unclear=tuple(Unclear(**one) for one in row.unclear or ()),
        remarks=tuple(row.remarks or ()),
    )


def read_report_of(connection: Connection, report: UUID) -> Kept:
    """A report that is known to be kept."""
    found = find_kept(connection, report)
    assert found is not None, "what is kept stays"
    return found


def read_content(connection: Connection, sealer: Seal, report: UUID) -> bytes | None:
    """The report as it came; None where there is none, or its time of keeping is over."""
    sealed = connection.execute(_CONTENT, {"id": report}).scalar()
    if sealed is None or is_destroyed(bytes(sealed)):
        return None
    return open_envelope(sealer, bytes(sealed))


def _settle_by_today(
    connection: Connection, sealer: Seal, report: UUID, row: Row[Any], describe: Describe
) -> list[Untold]:
    """Whatever a locked report does to us, it does to itself alone: then it is on the desk."""
    try:
        content = open_envelope(sealer, bytes(row.sealed))
        with connection.begin_nested():
            if row.kind is not None and row.kind.startswith(RECEIPT):
                whose = row.kind.removeprefix(RECEIPT)
                return _prove(connection, sealer, report, whose, content)
            return _tell(connection, sealer, report, content, describe)
    except _AWAY:  # nothing is wrong with the report: somebody tries again
        raise
    except Exception as fault:
        log.error("a report that cannot be told", report=str(report), kind=type(fault).__name__)
        unclear = [Unclear(OUR_FAULT, "/", "our own fault")]
        _settle(connection, report, NOTHING, Whose(unclear=unclear), [])
        return []


def _prove(
    connection: Connection, sealer: Seal, report: UUID, whose: str, content: bytes
) -> list[Untold]:
    """A receipt to the cases whose message it is about; `whose`: channel and provider."""
    channel, _, provider = whose.partition("/")
    unclear, heard = Whose(), list[Stored]()
    try:
        receipt = read_receipt(channel, content)
    except MalformedReceipt as malformed:
        unclear = _unreadable(malformed.mistakes)
    else:
        number = number_of(provider, receipt.provider_id)
        said = (receipt.state.value, receipt.at)
        heard = receive(connection, sealer, channel, number, said)
    _settle(connection, report, NOTHING, unclear, [])
    return [one.untold for one in heard if one.untold]


def _read(content: bytes) -> Report:
    """The report; one in which nothing can be read is of no kind, and has all its mistakes."""
    try:
        return read_report(content)
    except MalformedReport as malformed:
        return replace(NOTHING, remarks=malformed.mistakes)


def _tell(
    connection: Connection, sealer: Seal, report: UUID, content: bytes, describe: Describe
) -> list[Untold]:
    found = _read(content)
    if not found.kind:
        _settle(connection, report, NOTHING, _unreadable(found.remarks), [])
        return []
    named = by_reference(found, payments_by_reference(connection, references(found)))
    payments = find_payments(connection, keys(named))
    ordered = parties_of(connection, sealer, payments.values())
    whose = sort(named, ordered)
    told = [
        (payments[one.word.key], one, describe(one.word, ordered[one.word.key]))
        for one in compared(whose.ours)
    ]
    heard, untold = _hand_over(connection, sealer, (report, sha256_hex(content)), told)
    if not heard and not whose.unclear and not whose.other_sides:
        whose.unclear.append(Unclear(NOT_OURS, "/Document", "about no payment of ours"))
    _settle(connection, report, found, whose, heard)
    return untold


def _hand_over(
    connection: Connection,
    sealer: Seal,
    report: tuple[UUID, str],
    told: Sequence[tuple[Known, Told, dict[str, Any]]],
) -> tuple[list[Heard], list[Untold]]:
    """Put words into the inboxes of their cases, once for each report: another one says them anew.
    One that is alone its case takes at once; whether its run is to be told of it. `report`: its id
    and hash.

    A number identifies a payment only if the word that names it fits all that is known.
    """
    numbers: dict[tuple[str, str], str] = {}
    for known, one, said in told:
        if one.word.reference is not None and counts(known.payment, said):
            numbers.setdefault((known.case_id, one.word.key), one.word.reference)
    name_payments(connection, numbers)
    asked = [_asked(report, known, one, said) for known, one, said in told]
    untold: list[Untold] = []
    if len(asked) == 1:
        taken = put(connection, sealer, asked[0])
        messages = [taken.message.id]
        untold += [taken.untold] if taken.untold else []
    else:
        messages = leave(connection, sealer, asked)
    heard = [
        Heard(one.place, one.word.key, one.word.outcome, one.word.status, known.case_id, message)
        for (known, one, _), message in zip(told, messages, strict=True)
    ]
    return heard, untold


def _asked(report: tuple[UUID, str], known: Known, told: Told, said: dict[str, Any]) -> Submission:
    """The chain of the case has what the word is and of which report, so that both are proven: the
    hash of the word in the key, that of the whole report and the place in the facts.
    """
    word = told.word
    content = canonical_bytes(asdict(word))
    return Submission(
        case_id=known.case_id,
        name="payment_reported",
        actor=TREASURY,
        key=f"{report[0]}:{word.key}:{word.status}:{sha256_hex(content)[:16]}",
        body=content,
        period=known.period,
        data=said,
        facts={"report_sha256": report[1], "place": told.place},
    )


def _settle(
    connection: Connection, report: UUID, found: Report, whose: Whose, heard: list[Heard]
) -> None:
    """Keep what became of it, beside what its cases were told when it was read before."""
    unclear = [asdict(one) for one in whose.unclear[:MOST_UNCLEAR]]
    settled = {
        "id": report,
        "verdict": DESK if unclear else RECORDED,
        "kind": found.kind or None,
        "words": json.dumps(list(map(_kept, heard))),
        "told": [one.message for one in heard],
        "unclear": json.dumps(unclear),
        "remarks": json.dumps(list(found.remarks)),
        "not_ours": whose.not_ours,
    }
    connection.execute(_SETTLE, settled)
    if unclear:
        open_task(connection, report)


def _kept(one: Heard) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "recorded"}


def _unreadable(mistakes: Sequence[str]) -> Whose:
    """Nothing in it can be read; each mistake is “place: rule”."""
    split = [mistake.partition(": ") for mistake in mistakes]
    return Whose(unclear=[Unclear(UNREADABLE, place, rule) for place, _, rule in split])
