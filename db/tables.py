"""Every table: columns and constraints only.

Who writes what: `journal`, `inbox` and `document` the API (and housekeeping, which finishes what
the API began); `case_head` the intake opens and `activities/records` alone moves; `event`,
`case_view`, `deadline`, `task` and `norm_use` `activities/records` alone, but for the extensions
of a changed calendar (`db/extensions.py`, under the same lock); `dispatch` the effects; the rest
their own routes.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

MAKE_ID = text("uuidv7()")
LEGAL_NOW = text("legal_now()")
WALL_NOW = text("clock_timestamp()")
# Readers of changes take only what lies below the oldest transaction still open.
THIS_XID = text("((pg_current_xact_id())::text)::bigint")


def _instant(default: Any = None, *, nullable: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable, server_default=default)


def _count() -> Any:
    return Column(Integer, nullable=False, server_default=text("0"))


def _json(*, nullable: bool = False) -> Any:
    return Column(JSONB, nullable=nullable)


def _sealed(*, nullable: bool = False) -> Any:
    return Column(LargeBinary, nullable=nullable)


class Person(SQLModel, table=True):
    """A natural person, enciphered under a key of their own; found by a blind index of the IIN."""

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    iin_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    sealed: bytes | None = Field(sa_column=_sealed(nullable=True))
    updated_at: datetime = Field(sa_column=_instant(WALL_NOW))


class PersonKey(SQLModel, table=True):
    """The key of one person, wrapped by a master key. Erasing the person is deleting this row."""

    __tablename__ = "person_key"
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    wrapped: bytes = Field(sa_column=_sealed())


class Authority(SQLModel, table=True):
    """A local executive body: it reviews and pays. Its BIN is public."""

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    bin: str = Field(unique=True)
    name: str


class Supplier(SQLModel, table=True):
    """A supplier on the portal. One with an IIN is a person, and is enciphered as one."""

    __table_args__ = (
        CheckConstraint("(bin is null) <> (person_id is null)", name="supplier_is_one_kind"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    bin: str | None = Field(default=None, unique=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", unique=True)
    name: str | None = None
    contacts: bytes | None = Field(default=None, sa_column=_sealed(nullable=True))
    regions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    active: bool = True


class Offer(SQLModel, table=True):
    """What a supplier sells on the portal, at which price (tiyn)."""

    __table_args__ = (
        CheckConstraint("price > 0", name="offer_has_a_price"),
        UniqueConstraint("supplier_id", "item", name="one_offer_per_item"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    supplier_id: UUID = Field(foreign_key="supplier.id", index=True)
    item: str = Field(index=True)
    price: int = Field(sa_column=Column(BigInteger, nullable=False))
    active: bool = True


class Audit(SQLModel, table=True):
    """Who changed which row of the reference data."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime = Field(sa_column=_instant(LEGAL_NOW))
    actor_id: UUID
    actor_role: str
    action: str
    subject: UUID


class CalendarChange(SQLModel, table=True):
    """A calendar of days off that was announced after the build: proposed, approved, carried out.

    `place` and `told_to` are the last cases that were looked at and woken, `extended` how many
    got a later day; all that stays to be done follows from them.
    """

    __tablename__ = "calendar_change"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="approval_has_a_person"
        ),
        Index(
            "one_approved_calendar",
            "version",
            unique=True,
            postgresql_where=text("approved_at is not null"),
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    version: str
    days: Any = Field(sa_column=_json())
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=_instant(WALL_NOW))
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    place: UUID | None = None
    looked_at: int = Field(sa_column=_count())
    extended: int = Field(sa_column=_count())
    extended_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))
    told_to: UUID | None = None
    told_at: datetime | None = Field(default=None, sa_column=_instant(nullable=True))


class LegalClock(SQLModel, table=True):
    """How far the legal clock is ahead of the wall clock; only the sandbox may move it."""

    __tablename__ = "legal_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_clock"),)
    id: int = Field(default=1, primary_key=True)
    ahead: Any = Field(sa_column=Column(Interval, nullable=False, server_default=text("'0'")))


class Journal(SQLModel, table=True):
    """What E-Собес sent, as it came, before anything else was done with it."""

    __table_args__ = (
        Index("journal_pending", "id", postgresql_where=text("verdict = 'pending'")),
        Index("journal_batch", "batch_id"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    batch_id: UUID
    place: int
    message_id: str | None = Field(default=None, unique=True)
    body_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes = Field(sa_column=_sealed())
    received_at: datetime = Field(sa_column=_instant(LEGAL_NOW))
    verdict: str = "pending"
    case_id: UUID | None = None
    inbox_id: UUID | None = None
    mistakes: Any = Field(default=None, sa_column=_json(nullable=True))


class Inbox(SQLModel, table=True):
    """What was asked of a case or reported to it: who, what, when. Never changed.

    `data` and `facts` are what the decider sees and hold no personal data; the whole body, with
    free text, is enciphered. A row refused at the door carries its reasons and needs no event.
    """

    __table_args__ = (
        UniqueConstraint("actor_key", "idempotency_key", name="inbox_idempotency"),
        Index("inbox_case", "case_id", "place"),
        Index(
            "inbox_signatory",
            "on_behalf_of",
            "actor_id",
            postgresql_where=text("actor_role = 'supplier'"),
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    place: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(), nullable=False, unique=True)
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
    sealed: bytes | None = Field(default=None, sa_column=_sealed(nullable=True))
    data: Any = Field(sa_column=_json())
    facts: Any = Field(sa_column=_json())
    refused: Any = Field(default=None, sa_column=_json(nullable=True))
    submitted_at: datetime = Field(sa_column=_instant(LEGAL_NOW))
    received_at: datetime = Field(sa_column=_instant(WALL_NOW))


class CaseHead(SQLModel, table=True):
    """The lock and the last line of a case file, and which run may write it.

    Programme and measure make one case (the constraint is the uniqueness).
    """

    __tablename__ = "case_head"
    __table_args__ = (
        UniqueConstraint("programme_number", "measure_id", name="one_case_per_measure"),
    )
    case_id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    reference: str = Field(unique=True)
    programme_number: str
    measure_id: str
    edition: str
    person_id: UUID = Field(foreign_key="person.id", index=True)
    seq: int = 0
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    run_id: str | None = None
    opened_at: datetime = Field(sa_column=_instant(LEGAL_NOW))


class Line(SQLModel, table=True):
    """One event of a case file, chained to the one before it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_message", "case_id", "message_id"),
        Index("event_xid", "xid"),
        Index(
            "event_calendar",
            "message_id",
            "case_id",
            postgresql_where=text("type = 'calendar_changed'"),
        ),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int = Field(sa_column=Column(Integer, primary_key=True))
    type: str
    row: str
    message_id: str
    at: datetime = Field(sa_column=_instant())
    actor_role: str
    actor_id: UUID | None = None
    on_behalf_of: UUID | None = None
    period: int
    data: Any = Field(sa_column=_json())
    previous: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recorded_at: datetime = Field(sa_column=_instant(WALL_NOW))
    xid: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=THIS_XID))


class CaseView(SQLModel, table=True):
    """What lists and readers ask for: a projection, rebuilt from the events at any time.

    `view` is the answer to a reader as far as it is the same for all; `state` the folded case.
    """

    __tablename__ = "case_view"
    __table_args__ = (
        Index("case_view_recipient", "recipient_id"),
        Index("case_view_authority", "authority_id", "status"),
        Index("case_view_suppliers", "supplier_ids", postgresql_using="gin"),
        Index("case_view_due", "due_at", postgresql_where=text("not closed")),
        Index("case_view_xid", "xid", "case_id"),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int
    status: str
    closed: bool
    waits_for: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    due_at: datetime | None = Field(sa_column=_instant(nullable=True))
    item: str
    recipient_id: UUID
    representative_id: UUID | None = None
    authority_id: UUID
    supplier_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    view: Any = Field(sa_column=_json())
    state: Any = Field(sa_column=_json())
    xid: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=THIS_XID))


class CaseDeadline(SQLModel, table=True):
    """Every value a deadline ever had, with its certificate."""

    __tablename__ = "deadline"
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    period: int = Field(primary_key=True)
    term: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    expires_at: datetime = Field(sa_column=_instant())
    last_day: date
    certificate: Any = Field(sa_column=_json())


class CaseTask(SQLModel, table=True):
    """What lies on a desk now."""

    __tablename__ = "task"
    __table_args__ = (Index("task_age", "opened_at"),)
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    key: str = Field(primary_key=True)
    code: str
    owner: str
    opened_at: datetime = Field(sa_column=_instant())


class NormUse(SQLModel, table=True):
    """How much of an item a person's case holds, by year: the cases together keep the norm."""

    __tablename__ = "norm_use"
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    period: int = Field(primary_key=True)
    person_id: UUID = Field(index=True)
    item: str
    year: int
    quantity: int


class Document(SQLModel, table=True):
    """Bytes that somebody signed or was shown, by their hash; enciphered for the person."""

    sha256: str = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    kind: str
    sealed: bytes = Field(sa_column=_sealed())
    made_at: datetime = Field(sa_column=_instant(LEGAL_NOW))


class Dispatch(SQLModel, table=True):
    """One request to the outside: written before it is sent, so that none is repeated blindly."""

    __table_args__ = (Index("dispatch_provider", "channel", "provider_id"),)
    key: str = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_head.case_id", index=True)
    kind: str
    channel: str | None = None
    data: Any = Field(sa_column=_json())
    provider_id: str | None = None
    outcome: Any = Field(default=None, sa_column=_json(nullable=True))
    begun_at: datetime = Field(sa_column=_instant(WALL_NOW))


class DeliveryReceipt(SQLModel, table=True):
    """What a gateway said of a message; it may say so before we know the message's number."""

    __tablename__ = "receipt"
    channel: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    at: datetime = Field(sa_column=_instant())
    received_at: datetime = Field(sa_column=_instant(WALL_NOW))
