"""The tables that a take makes of the events: lists, pages, and what operations ask for.

All of them can be made again from the events at any time (`db/rebuild.py`). A row of a list is
small and its own table: the state and the page of a case, which are large and change with every
event, lie in another, and nobody reads those of many cases.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, Index, Text, Uuid, text
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, THIS_XID, ids, instant, json

# Lists are walked in the order that was asked for, from where the reader stands, and no further
# than they are shown: open and closed cases apart, so that nobody walks over the years before.
ORDERS = {"reference": ("reference",), "due": ("due_at", "case_id"), "since": ("since", "case_id")}


def _orders(table: str, *place: str) -> tuple[Index, ...]:
    """An index for each order of the cases of a place (of all, without one)."""
    named = "_".join((table, *(one.removesuffix("_id") for one in place)))
    return tuple(
        Index(f"{named}_{order}", *place, "closed", *columns) for order, columns in ORDERS.items()
    )


class CaseViewRow(SQLModel, table=True):
    """The row of a case in lists. Written only when something in it changes.

    `payer_ids` are authorities of another place that pay orders of the case; `oblast` is the
    beginning of `region`.
    """

    __tablename__ = "case_view"
    __table_args__ = (
        *_orders("case_view"),
        *_orders("case_view", "authority_id"),
        *_orders("case_view", "oblast"),
        # With statistics of both (0023): what is completed is hardly ever open.
        Index("case_view_authority_status", "authority_id", "status", "closed"),
        Index("case_view_oblast_status", "oblast", "status", "closed"),
        Index("case_view_status_reference", "status", "closed", "reference"),
        Index("case_view_status_due", "status", "closed", "due_at", "case_id"),
        Index("case_view_item", "item", "closed", "reference"),
        Index("case_view_recipient", "recipient_id"),
        Index(
            "case_view_representatives",
            "representative_ids",
            postgresql_using="gin",
            postgresql_where=text("representative_ids <> '{}'"),
        ),
        Index(
            "case_view_payers",
            "payer_ids",
            postgresql_using="gin",
            postgresql_where=text("payer_ids <> '{}'"),
        ),
        Index(
            "case_view_waits_for",
            "waits_for",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
            postgresql_where=text("NOT closed"),
        ),
        Index("case_view_ended", "since", "case_id", postgresql_where=text("closed")),
        # Hardly any: what is closed waits for nobody, but for a complaint.
        Index(
            "case_view_closed_waits",
            "case_id",
            postgresql_where=text("closed AND waits_for <> '{nobody}'"),
        ),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    reference: str
    status: str
    since: datetime = Field(sa_column=instant())
    closed: bool
    waits_for: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    due_at: datetime | None = Field(sa_column=instant(nullable=True))
    due_term: str | None = None
    item: str
    recipient_id: UUID
    representative_ids: list[UUID] = Field(sa_column=ids())
    authority_id: UUID
    payer_ids: list[UUID] = Field(sa_column=ids())
    supplier_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    region: str
    oblast: str


class CaseState(SQLModel, table=True):
    """The folded case.

    `live`: the case is open, or owes something to the outside. `shape` is the same for files that
    were written by the same rows in the same order. `rings_at`: when something next comes by
    itself, a term or a reminder.
    """

    __tablename__ = "case_state"
    __table_args__ = (
        Index("case_state_xid", "xid", "case_id"),
        Index("case_state_live", "case_id", postgresql_where=text("live")),
        Index("case_state_edition", "edition", "case_id", postgresql_where=text("live")),
        Index(
            "case_state_rings",
            *("rings_at", "case_id"),
            postgresql_where=text("rings_at IS NOT NULL"),
        ),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int
    edition: str
    live: bool
    shape: int = Field(sa_column=Column(BigInteger, nullable=False))
    rings_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    state: Any = Field(sa_column=json())
    xid: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=THIS_XID))


class SupplierViewRow(SQLModel, table=True):
    """A case in the lists of a supplier, as it sees it: a projection like `case_view`.

    Written only when something changes for the supplier: `xid` and `seq` say no more than that.
    """

    __tablename__ = "supplier_view"
    __table_args__ = (
        *_orders("supplier_view", "supplier_id"),
        Index("supplier_view_xid", "supplier_id", "xid", "case_id"),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    supplier_id: UUID = Field(primary_key=True)
    seq: int
    reference: str
    status: str
    since: datetime = Field(sa_column=instant())
    closed: bool
    waits_for: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    due_at: datetime | None = Field(sa_column=instant(nullable=True))
    item: str
    xid: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=THIS_XID))


class CaseDeadline(SQLModel, table=True):
    """Every value a deadline ever had, with its certificate."""

    __tablename__ = "deadline"
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    period: int = Field(primary_key=True)
    term: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    expires_at: datetime = Field(sa_column=instant())
    last_day: date
    certificate: Any = Field(sa_column=json())


class OpenDeadlineRow(SQLModel, table=True):
    """A deadline of an open case that has not fired and is not stopped, with what decides about it.

    `start`, `length` and `calendar` are those of its certificate.
    """

    __tablename__ = "open_deadline"
    __table_args__ = (
        Index("open_deadline_authority", "authority_id"),
        Index("open_deadline_days", "calendar", "last_day"),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    period: int = Field(primary_key=True)
    term: str = Field(primary_key=True)
    revision: int
    expires_at: datetime = Field(sa_column=instant())
    last_day: date
    start: date
    length: str
    calendar: str
    authority_id: UUID


class OwedEffect(SQLModel, table=True):
    """An effect in the outbox of a case; `asked_at` is when its event was recorded."""

    __tablename__ = "owed"
    __table_args__ = (Index("owed_age", "asked_at"),)
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    key: str = Field(primary_key=True)
    kind: str
    asked_at: datetime = Field(sa_column=instant())


class WorkRow(SQLModel, table=True):
    """What waits for somebody now: of a case, written by its take, or on another desk.

    `holder` names whose list it is in: a role with an authority, a region, a supplier or a person,
    or who is asked. Who acts for a recipient has a row each; of the rows with one `id` one is
    `main`. The id is the same as long as the same work is open. What has no term is due last.
    """

    __tablename__ = "work"
    __table_args__ = (
        Index("work_case", "case_id"),
        Index("work_holder_due", "holder", "due_at", "id"),
        Index("work_holder_since", "holder", "since", "id"),
        Index("work_due", "due_at", "id", postgresql_where=text("main")),
        Index("work_since", "since", "id", postgresql_where=text("main")),
        # Most work is a term; of the other kinds some are rare, and found without walking over it.
        Index(
            "work_holder_kind",
            *("holder", "kind", "due_at", "id"),
            postgresql_where=text("kind <> 'term'"),
        ),
        Index(
            "work_kind", "kind", "due_at", "id", postgresql_where=text("main AND kind <> 'term'")
        ),
        Index("work_desk", "since", postgresql_where=text("main AND kind <> 'term'")),
    )
    id: UUID = Field(primary_key=True)
    holder: str = Field(primary_key=True)
    main: bool
    case_id: UUID | None = Field(default=None, foreign_key="case_head.case_id")
    kind: str
    role: str
    code: str
    term: str | None = None
    period: int | None = None
    reference: str | None = None
    item: str | None = None
    recipient_id: UUID | None = None
    authority_id: UUID | None = None
    region: str | None = None
    since: datetime = Field(sa_column=instant())
    due_at: datetime = Field(sa_column=instant())
    last_day: date | None = None
    first_id: UUID | None = None


class Assignment(SQLModel, table=True):
    """Who has taken a piece of work, or was given it; it ends with the work."""

    __tablename__ = "assignment"
    work_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(index=True)
    since: datetime = Field(sa_column=instant(LEGAL_NOW))
    assigned_by: UUID


class EscalationRow(SQLModel, table=True):
    """A question of a case and an address of it; `office` says who holds the address now.

    A question that names a desk may have several addresses.
    """

    __tablename__ = "escalation"
    __table_args__ = (Index("escalation_age", "asked_at"),)
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    key: str = Field(primary_key=True)
    address: str = Field(primary_key=True, index=True)
    named: str
    reason: str
    asked_at: datetime = Field(sa_column=instant())


class NormUse(SQLModel, table=True):
    """How much of an item a person's case holds, by year: the cases together keep the norm.

    Of what was accepted also who brought it, and how many days after the order.
    """

    __tablename__ = "norm_use"
    __table_args__ = (
        Index(
            "norm_use_waited",
            *("item", "supplier_id", "days", "person_id"),
            postgresql_where=text("days IS NOT NULL"),
        ),
    )
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    period: int = Field(primary_key=True)
    person_id: UUID = Field(index=True)
    item: str
    year: int
    quantity: int
    supplier_id: UUID | None = None
    days: int | None = None


class KeptFigures(SQLModel, table=True):
    """Figures of the open cases that somebody sees, as they were found last (wall clock).

    `scope` says whose; `seconds` how long it took to find them. They can be found anew at any time.
    """

    __tablename__ = "kept_figures"
    scope: str = Field(primary_key=True)
    content: Any = Field(sa_column=json())
    seconds: float
    at: datetime = Field(sa_column=instant())


class SilentCase(SQLModel, table=True):
    """A case whose last event is this one since so long ago that its owner is to look at it.

    Housekeeping alone writes it; it counts as long as the file has no later event.
    """

    __tablename__ = "silent_case"
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int
    since: datetime = Field(sa_column=instant())


class SilencePlace(SQLModel, table=True):
    """One row: up to which write of a case silence was looked for, in the order of writes."""

    __tablename__ = "silence_place"
    xid: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    case_id: UUID
