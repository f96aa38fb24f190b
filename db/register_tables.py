"""Tables of the register of suppliers: who applies, who is taken off it, and by whose word."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, MAKE_ID, NONE_YET, WALL_NOW, ProposedChange, instant
from db.columns import sealed as enciphered
from db.reference_tables import SERVED

ONE_OPEN: Final = Index(
    "one_open_application",
    text("coalesce(bin, CAST(person_id AS text))"),
    unique=True,
    postgresql_where=text("state = 'open'"),
)


class SupplierApplication(SQLModel, table=True):
    """An application to be registered as a supplier (Social Code 167(2)).

    `sealed` is what was said: contacts and what proves each condition; `reason` why it was refused.
    One with an IIN is a person's, and is enciphered for them.
    """

    __tablename__ = "supplier_application"
    __table_args__ = (
        CheckConstraint("(bin is null) <> (person_id is null)", name="application_is_of_one_kind"),
        CheckConstraint("bin ~ '^[0-9]{12}$'", name="application_bin_has_its_form"),
        CheckConstraint(SERVED, name="application_serves_regions"),
        CheckConstraint(
            "state in ('open', 'registered', 'refused')", name="application_has_a_state"
        ),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="application_decided_once"),
        ONE_OPEN,
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    bin: str | None = None
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    regions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    assistants_only: bool = False
    proven: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    sealed: bytes = Field(sa_column=enciphered())
    state: str = "open"
    submitted_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    decided_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    reason: bytes | None = Field(default=None, sa_column=enciphered(nullable=True))
    supplier_id: UUID | None = Field(default=None, foreign_key="supplier.id")


class SupplierRemoval(SQLModel, table=True):
    """A supplier that was removed from the register, and how far its cases were told.

    `sealed` is reason and act. `asked` cases with an order of it have the message in their inbox;
    `settled_at` is when the last look found all of them.
    """

    __tablename__ = "supplier_removal"
    __table_args__ = (
        Index("supplier_removal_of", "supplier_id", "id"),
        Index("supplier_removal_open", "id", postgresql_where=text("settled_at is null")),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    supplier_id: UUID = Field(foreign_key="supplier.id")
    ground: str
    removed_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    noted_at: datetime = Field(sa_column=instant(WALL_NOW))
    sealed: bytes = Field(sa_column=enciphered())
    asked: int = Field(sa_column_kwargs={"server_default": NONE_YET})
    settled_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class RemovalChange(ProposedChange, table=True):
    """That a supplier is to be taken off the register: proposed by one administrator, carried out
    by the approval of another as `removal_id`.

    `sealed` is reason and act; the same words have the same fingerprint.
    """

    __tablename__ = "removal_change"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="removal_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="removal_approval_has_a_person"
        ),
    )
    supplier_id: UUID = Field(foreign_key="supplier.id")
    ground: str
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed: bytes = Field(sa_column=enciphered())
    removal_id: UUID | None = Field(default=None, foreign_key="supplier_removal.id")
