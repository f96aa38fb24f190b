"""The tables of what was received and of the case files: columns and constraints only.

Who writes what: `journal`, `intake_task`, `inbox`, `document` and `upload` the API (and
housekeeping, which finishes what the API began and removes uploads that nobody named; `told` of a
task whoever tells E-Собес); `case_head` the intake opens and the take alone moves; `event`, `money`
and what is made of them (`db/projection_tables.py`) the take alone; `dispatch` the effects, and its
number of a payment whoever hears it from the treasury; the rest their own routes.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from db.columns import (
    BY_YEAR,
    LEGAL_NOW,
    MAKE_ID,
    THIS_XID,
    WALL_NOW,
    instant,
    json,
    of_somebody,
    sealed,
    year,
)

NOTHING_TOLD = text("decode(repeat('00', 32), 'hex')")
# Of events: those that brought documents into the file, as the index has it and reads ask for it.
PAPERS = "(data ? 'paper' OR data ? 'documents' OR (data -> 'period') ? 'application')"


class Journal(SQLModel, table=True):
    """What E-Собес sent, as it came, before anything else was done with it.

    What has no `message_id` is known by what it says. It has none where nobody has proven who wrote
    it, where the id was used before, or where there is none. A pending row with mistakes was found
    wrong before it was read.
    """

    __table_args__ = (
        Index("journal_pending", "id", postgresql_where=text("verdict = 'pending'")),
        Index("journal_rejected", "id", postgresql_where=text("verdict = 'rejected'")),
        Index("journal_untaken", "id", postgresql_where=text("verdict <> 'accepted'")),
        Index("journal_batch", "batch_id"),
        # What may still be kept no longer.
        Index(
            "journal_kept",
            "received_at",
            postgresql_where=text(
                "verdict IN ('rejected', 'conflict') AND substr(sealed, 1, 2) <> '\\x0000'"
            ),
        ),
        Index(
            "journal_nameless",
            "body_hash",
            unique=True,
            postgresql_where=text("message_id IS NULL"),
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    batch_id: UUID
    place: int
    message_id: str | None = Field(default=None, unique=True)
    body_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes = Field(sa_column=sealed())
    received_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    verdict: str = "pending"
    case_id: UUID | None = None
    inbox_id: UUID | None = None
    mistakes: Any = Field(default=None, sa_column=json(nullable=True))


class IntakeTaskRow(SQLModel, table=True):
    """A rejected message on a desk (row R2): the authority's it names, else the administrators'.

    `measure_key` and `revision` are by what a later right message is known to cure it. `act_key`
    and `act_hash` are the request that closed it, so that a repetition is known; `said` is what
    that request said, sealed. `told` is how E-Собес took its return: acknowledged, or a code.
    """

    __tablename__ = "intake_task"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (closed_at is null)", name="intake_task_closes_once"),
        Index("intake_task_desk", "authority_id", "journal_id"),
        Index("intake_task_due", "due_at", postgresql_where=text("state = 'open'")),
        Index("intake_task_measure", "measure_key", postgresql_where=text("state = 'open'")),
        Index(
            "intake_task_untold",
            "closed_at",
            postgresql_where=text("state = 'returned' AND told IS NULL"),
        ),
    )
    journal_id: UUID = Field(primary_key=True, foreign_key="journal.id")
    authority_id: UUID | None = Field(default=None, foreign_key="authority.id")
    measure_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    revision: int | None = None
    opened_at: datetime = Field(sa_column=instant())
    due_at: datetime = Field(sa_column=instant())
    certificate: Any = Field(sa_column=json())
    state: str = "open"
    closed_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    closed_by: UUID | None = None
    act_key: str | None = Field(default=None, unique=True)
    act_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    said: bytes | None = Field(default=None, sa_column=sealed(nullable=True))
    told: str | None = None


class Inbox(SQLModel, table=True):
    """What was asked of a case or reported to it: who, what, when. Never changed.

    `hash` is its place in the chain of its case, `linked` where it was left in the inbox first.
    `data` and `facts` are what the decider sees and hold no personal data; the whole body, with
    free text, is enciphered. A row refused at the door carries its reasons and needs no event.
    """

    __table_args__ = (
        UniqueConstraint("actor_key", "idempotency_key", "year", name="inbox_idempotency"),
        UniqueConstraint("place", "year", name="inbox_place_key"),
        of_somebody("inbox"),
        Index("inbox_case", "case_id", "place"),
        Index(
            "inbox_signatory",
            "on_behalf_of",
            "actor_id",
            postgresql_where=text("actor_role = 'supplier'"),
        ),
        Index(
            "inbox_caseworker",
            "on_behalf_of",
            "actor_id",
            postgresql_where=text("actor_role = 'caseworker'"),
        ),
        BY_YEAR,
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    place: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(), nullable=False)
    )
    case_id: UUID = Field(foreign_key="case_head.case_id")
    name: str
    period: int | None = None
    actor_role: str
    actor_id: UUID | None = None
    on_behalf_of: UUID | None = None
    actor_key: str
    idempotency_key: str
    body_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes | None = Field(default=None, sa_column=sealed(nullable=True))
    data: Any = Field(sa_column=json())
    facts: Any = Field(sa_column=json())
    refused: Any = Field(default=None, sa_column=json(nullable=True))
    submitted_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    received_at: datetime = Field(sa_column=instant(WALL_NOW))
    year: int = Field(default=0, sa_column=year())
    hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class CaseHead(SQLModel, table=True):
    """The lock of a case file, and the last hashes of what it has (`hash`) and of what it was told
    (`told`); programme and measure make one case.
    """

    __tablename__ = "case_head"
    __table_args__ = (
        UniqueConstraint("programme_number", "measure_id", name="one_case_per_measure"),
        Index(
            "case_head_reference_parts",
            text("reference_parts(reference)"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )
    case_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    reference: str = Field(unique=True)
    programme_number: str
    measure_id: str
    edition: str
    person_id: UUID = Field(foreign_key="person.id", index=True)
    seq: int = 0
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    opened_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    told: bytes = Field(
        default=None,
        sa_column=Column(LargeBinary, nullable=False, server_default=NOTHING_TOLD),
    )


class EventRow(SQLModel, table=True):
    """One event of a case file, chained to the one before it.

    With `salt` it is hashed part by part; those of before have none.
    """

    __tablename__ = "event"
    __table_args__ = (
        of_somebody("event"),
        Index("event_message", "case_id", "message_id"),
        Index("event_xid", "xid"),
        Index("event_papers", "case_id", "seq", postgresql_where=text(PAPERS)),
        Index(
            "event_calendar",
            "message_id",
            "case_id",
            postgresql_where=text("type = 'calendar_changed'"),
        ),
        Index(
            "event_edition",
            "message_id",
            "case_id",
            postgresql_where=text("type = 'edition_moved'"),
        ),
        BY_YEAR,
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int = Field(sa_column=Column(Integer, primary_key=True))
    type: str
    row: str
    message_id: str
    at: datetime = Field(sa_column=instant())
    actor_role: str
    actor_id: UUID | None = None
    on_behalf_of: UUID | None = None
    period: int
    data: Any = Field(sa_column=json())
    previous: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recorded_at: datetime = Field(sa_column=instant(WALL_NOW))
    xid: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=THIS_XID))
    year: int = Field(default=0, sa_column=year())
    salt: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class MoneyRow(SQLModel, table=True):
    """The ledger of an order's money, by double entry in tiyn: only added to, with the events.

    Triggers keep it: nothing is taken from where it does not lie, and nothing is reserved while
    another attempt of the order is open, unknown or held, nor more than is due.
    """

    __tablename__ = "money"

    __table_args__ = (
        CheckConstraint("amount > 0", name="money_is_some"),
        CheckConstraint(
            "debit <> credit AND NOT (debit = 'due' AND credit IN ('sent', 'unknown'))",
            name="money_is_reserved_first",
        ),
        Index("money_day", "on_day", "authority_id"),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int = Field(sa_column=Column(Integer, primary_key=True))
    place: int = Field(sa_column=Column(Integer, primary_key=True))
    period: int
    order_number: int
    payment: str
    authority_id: UUID
    kind: str
    debit: str
    credit: str
    amount: int = Field(sa_column=Column(BigInteger, nullable=False))
    on_day: date


class Wake(SQLModel, table=True):
    """A case whose run is to be told of what was recorded; gone once Temporal keeps that it was."""

    __table_args__ = (Index("wake_tried", "tried_at"),)
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int
    since: datetime = Field(sa_column=instant(WALL_NOW))
    tried_at: datetime = Field(sa_column=instant(WALL_NOW))


class UnheardRow(SQLModel, table=True):
    """A message that was left in the inbox, until the file of its case takes it."""

    __tablename__ = "unheard"

    __table_args__ = (Index("unheard_case", "case_id"),)
    inbox_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_head.case_id")


class Document(SQLModel, table=True):
    """Bytes that somebody signed or was shown, by their hash; enciphered for the person."""

    __table_args__ = BY_YEAR
    sha256: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    kind: str
    sealed: bytes = Field(sa_column=sealed())
    made_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    year: int = Field(default=0, sa_column=year())


class PutAwayRow(SQLModel, table=True):
    """One row: up to where cases long closed were put away, in the order of their end."""

    __tablename__ = "put_away"
    since: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    case_id: UUID


class Upload(SQLModel, table=True):
    """A document that somebody uploaded, for one side of a case; enciphered for its person.

    `unused_until` is when it goes; null once a command has named it.
    """

    __table_args__ = (
        Index("upload_unused", "unused_until", postgresql_where=text("unused_until IS NOT NULL")),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    sha256: str = Field(primary_key=True)
    side: str = Field(primary_key=True)
    kind: str
    type: str
    size: int
    sealed: bytes = Field(sa_column=sealed())
    uploaded_by: UUID
    made_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    unused_until: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class DispatchRow(SQLModel, table=True):
    """One request to the outside: written before it is sent, so that none is repeated blindly."""

    __tablename__ = "dispatch"

    __table_args__ = (
        Index(
            "dispatch_provider",
            *("channel", "provider_id"),
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
    )
    key: str = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_head.case_id", index=True)
    kind: str
    channel: str | None = None
    data: Any = Field(sa_column=json())
    provider_id: str | None = None
    outcome: Any = Field(default=None, sa_column=json(nullable=True))
    begun_at: datetime = Field(sa_column=instant(LEGAL_NOW))


class CaseLanguage(SQLModel, table=True):
    """In which language the recipient of a case was written to last: a code, and nothing of what
    was said or to whom.
    """

    __tablename__ = "case_language"
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    language: str


class DeliveryReceipt(SQLModel, table=True):
    """What a gateway said of a message; it may say so before we know the message's number."""

    __tablename__ = "receipt"
    channel: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())
    received_at: datetime = Field(sa_column=instant(WALL_NOW))


class AskedOnce(SQLModel, table=True):
    """What somebody asked beside cases under a key, and what it made: ids and figures.

    Key and content are fingerprints. `made` is missing where it was broken off.
    """

    __tablename__ = "asked_once"
    actor_key: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made: dict[str, Any] | None = Field(default=None, sa_column=json(nullable=True))
    asked_at: datetime = Field(sa_column=instant(WALL_NOW))
