"""Tables of persons, organisations and reference data: columns and constraints only."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Interval,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, MAKE_ID, WALL_NOW, count, instant, json
from db.columns import sealed as enciphered

# Beginnings of KATO codes, at least one.
SERVED: Final = (
    "cardinality(regions) between 1 and 500"
    " and array_to_string(regions, ',', '-') ~ '^[0-9]{1,9}(,[0-9]{1,9})*$'"
)


class PersonRow(SQLModel, table=True):
    """A natural person, enciphered under a key of their own; found by a blind index of the IIN."""

    __tablename__ = "person"

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    iin_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    sealed: bytes | None = Field(sa_column=enciphered(nullable=True))
    updated_at: datetime = Field(sa_column=instant(WALL_NOW))


class PersonKey(SQLModel, table=True):
    """The key of one person, wrapped by a master key. Erasing the person is deleting this row."""

    __tablename__ = "person_key"
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    wrapped: bytes = Field(sa_column=enciphered())


class Representation(SQLModel, table=True):
    """A power to act for somebody: its paper, sealed under the key of who is represented."""

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    recipient_id: UUID = Field(foreign_key="person.id")
    person_id: UUID = Field(foreign_key="person.id")
    paper_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    sealed: bytes = Field(sa_column=enciphered())
    made_at: datetime = Field(sa_column=instant(LEGAL_NOW))


class RepresentationContacts(SQLModel, table=True):
    """How a representative can be reached, as it was entered with a power; added, never changed."""

    __tablename__ = "representation_contacts"
    representation_id: UUID = Field(primary_key=True, foreign_key="representation.id")
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    sealed: bytes = Field(sa_column=enciphered())


class Authority(SQLModel, table=True):
    """A local executive body: it reviews and pays. Its BIN is public.

    `record` is what two administrators have approved of it, in the shape of
    `schemas/authorities.schema.json` with people as our own ids; null: nothing yet.
    """

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    bin: str = Field(unique=True)
    name: str
    record: Any = Field(default=None, sa_column=json(nullable=True))


class Commission(SQLModel, table=True):
    """The commission of a region (the first two digits of its codes), and who chairs it."""

    region: str = Field(primary_key=True)
    record: Any = Field(sa_column=json())


class Office(SQLModel, table=True):
    """Who holds an address that questions are put to; written anew with authorities."""

    address: str = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)


class ReferenceChangeRow(SQLModel, table=True):
    """Reference data that one administrator proposed, and another approved or has yet to.

    Every version stays here whole. `differences` is what the approval changed.
    """

    __tablename__ = "reference_change"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="reference_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="reference_approval_has_a_person"
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    kind: str
    content: Any = Field(sa_column=json())
    sha256: str
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=instant(WALL_NOW))
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    differences: Any = Field(default=None, sa_column=json(nullable=True))


class SupplierRow(SQLModel, table=True):
    """A supplier on the portal. One with an IIN is a person, and is enciphered as one."""

    __tablename__ = "supplier"

    __table_args__ = (
        CheckConstraint("(bin is null) <> (person_id is null)", name="supplier_is_one_kind"),
        CheckConstraint("bin ~ '^[0-9]{12}$'", name="supplier_bin_has_its_form"),
        CheckConstraint(
            "(name is null) = (person_id is not null) and btrim(name) <> ''",
            name="supplier_has_a_name",
        ),
        CheckConstraint(SERVED, name="supplier_serves_regions"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    bin: str | None = Field(default=None, unique=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", unique=True)
    name: str | None = None
    contacts: bytes | None = Field(default=None, sa_column=enciphered(nullable=True))
    regions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    active: bool = True


class SupplierPerson(SQLModel, table=True):
    """A person who has signed in for a supplier: whoever holds its token acts for it."""

    __tablename__ = "supplier_person"
    supplier_id: UUID = Field(primary_key=True, foreign_key="supplier.id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    since: datetime = Field(sa_column=instant(LEGAL_NOW))


class OfferRow(SQLModel, table=True):
    """What a supplier sells on the portal, at which price (tiyn)."""

    __tablename__ = "offer"

    __table_args__ = (
        CheckConstraint("price > 0", name="offer_has_a_price"),
        CheckConstraint("price <= 10000000000000", name="offer_price_is_no_mistake"),
        CheckConstraint("item ~ '^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$'", name="offer_has_an_item"),
        UniqueConstraint("supplier_id", "item", name="one_offer_per_item"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    supplier_id: UUID = Field(foreign_key="supplier.id", index=True)
    item: str = Field(index=True)
    price: int = Field(sa_column=Column(BigInteger, nullable=False))
    active: bool = True


class Audit(SQLModel, table=True):
    """Who changed which row of the reference data, or read what is personal; never changed.

    `case_id` and `on_behalf_of` (supplier or authority) where it was read with a case; `sha256` of
    what was turned away and not kept.
    """

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime = Field(sa_column=instant(LEGAL_NOW))
    actor_id: UUID
    actor_role: str
    action: str
    subject: UUID
    case_id: UUID | None = Field(default=None, foreign_key="case_head.case_id", index=True)
    on_behalf_of: UUID | None = None
    sha256: str | None = None


class CatalogueVersion(SQLModel, table=True):
    """An imported version of the catalogue, whole; added and read, never changed."""

    __tablename__ = "catalogue"
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    version: str = Field(unique=True)
    valid_from: date
    content: Any = Field(sa_column=json())
    sha256: str
    imported_by: UUID
    imported_at: datetime = Field(sa_column=instant(LEGAL_NOW))


class CalendarChangeRow(SQLModel, table=True):
    """A calendar of days off that was announced after the build: proposed, approved, carried out.

    `place` is the last case that was looked at, `extended` how many
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
    days: Any = Field(sa_column=json())
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=instant(WALL_NOW))
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    place: UUID | None = None
    looked_at: int = Field(sa_column=count())
    extended: int = Field(sa_column=count())
    extended_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class EditionChangeRow(SQLModel, table=True):
    """That open cases go on under a later edition, and how far that was carried out.

    `place` is a case id like that of a changed calendar.
    """

    __tablename__ = "edition_change"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="move_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="move_approval_has_a_person"
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    edition: str
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=instant(WALL_NOW))
    approved_by: UUID | None = None
    approved_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    place: UUID | None = None
    looked_at: int = Field(sa_column=count())
    extended: int = Field(sa_column=count())
    extended_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class LegalClock(SQLModel, table=True):
    """How far the legal clock is ahead of the wall clock; only the sandbox may move it."""

    __tablename__ = "legal_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_clock"),)
    id: int = Field(default=1, primary_key=True)
    ahead: Any = Field(sa_column=Column(Interval, nullable=False, server_default=text("'0'")))


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
        Index(
            "one_open_application",
            text("coalesce(bin, CAST(person_id AS text))"),
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
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
    decided_by: UUID | None = None
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
    removed_by: UUID
    removed_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    noted_at: datetime = Field(sa_column=instant(WALL_NOW))
    sealed: bytes = Field(sa_column=enciphered())
    asked: int = Field(sa_column=count())
    settled_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
