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

from db.columns import (
    LEGAL_NOW,
    MAKE_ID,
    WALL_NOW,
    ProposedChange,
    SweptChange,
    instant,
    json,
    words,
)
from db.columns import sealed as enciphered

# Beginnings of KATO codes, at least one.
SERVED: Final = (
    "cardinality(regions) between 1 and 500"
    " and array_to_string(regions, ',', '-') ~ '^[0-9]{1,9}(,[0-9]{1,9})*$'"
)


def _words_of(table: str) -> Index:
    """Written to at once: no search reads through what others have left to be sorted in."""
    return Index(
        f"{table}_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}
    )


def _without_words(table: str) -> Index:
    return Index(f"{table}_without_words", "id", postgresql_where=text("words is null"))


class PersonRow(SQLModel, table=True):
    """A natural person, enciphered under a key of their own; found by blind indexes."""

    __tablename__ = "person"
    __table_args__ = (_words_of("person"), _without_words("person"))
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    iin_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    sealed: bytes | None = Field(sa_column=enciphered(nullable=True))
    words: list[int] | None = Field(default=None, sa_column=words())
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


class Official(SQLModel, table=True):
    """In which role somebody works for the state, and where: the id of an authority, the beginning
    of the codes of a region, or nothing; as their token said when they last signed in.
    """

    __table_args__ = (Index("official_place", "role", "place"),)
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    role: str = Field(primary_key=True)
    place: str


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


class ReferenceChange(ProposedChange, table=True):
    """Reference data: every version stays here whole. `differences` is what an approval changed."""

    __tablename__ = "reference_change"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="reference_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="reference_approval_has_a_person"
        ),
    )
    kind: str
    content: dict[str, Any] = Field(sa_column=json())
    sha256: str
    differences: list[dict[str, Any]] | None = Field(default=None, sa_column=json(nullable=True))


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
        _words_of("supplier"),
        _without_words("supplier"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    bin: str | None = Field(default=None, unique=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", unique=True)
    name: str | None = None
    contacts: bytes | None = Field(default=None, sa_column=enciphered(nullable=True))
    words: list[int] | None = Field(default=None, sa_column=words())
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


# Of the audit: what changed something, and did not only read it.
OPERATIONS = "action NOT IN ('person_read', 'delivery_read', 'document_read', 'read_report')"


class Audit(SQLModel, table=True):
    """Who changed which row of the reference data, or read what is personal; never changed.

    `case_id` and `on_behalf_of` (supplier or authority) where it was read with a case; `sha256` of
    what was turned away and not kept.
    """

    __table_args__ = (
        Index("audit_operation", "id", postgresql_where=text(OPERATIONS)),
        Index("audit_subject", "subject", "id", postgresql_where=text(OPERATIONS)),
        Index("audit_official", "actor_id", "id", postgresql_where=text(OPERATIONS)),
        Index("audit_action", "action", "id", postgresql_where=text(OPERATIONS)),
        Index("audit_at", "at", postgresql_where=text(OPERATIONS)),
    )
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime = Field(sa_column=instant(LEGAL_NOW))
    actor_id: UUID
    actor_role: str
    action: str
    subject: UUID
    case_id: UUID | None = Field(default=None, foreign_key="case_head.case_id", index=True)
    on_behalf_of: UUID | None = None
    sha256: str | None = None


class PersonSearch(SQLModel, table=True):
    """That somebody searched for a person: as what, why, and how many cases they were shown.

    `query` is a fingerprint: the same for the same question. Never changed.
    """

    __tablename__ = "person_search"
    __table_args__ = (
        CheckConstraint(
            "actor_role in ('recipient', 'supplier') or reason is not null",
            name="person_search_has_a_reason",
        ),
        Index(
            "person_search_kept", "at", postgresql_where=text("substr(reason, 1, 2) <> '\\x0000'")
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    at: datetime = Field(sa_column=instant(LEGAL_NOW))
    actor_id: UUID
    actor_role: str
    on_behalf_of: UUID | None = None
    kinds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    query: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: bytes | None = Field(default=None, sa_column=enciphered(nullable=True))
    hits: int


class CatalogueVersion(SQLModel, table=True):
    """An imported version of the catalogue, whole; added and read, never changed."""

    __tablename__ = "catalogue"
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    version: str = Field(unique=True)
    valid_from: date
    content: Any = Field(sa_column=json())
    sha256: str
    imported_at: datetime = Field(sa_column=instant(LEGAL_NOW))


class CalendarChange(SweptChange, table=True):
    """A calendar of days off that was announced after the build; `extended` cases got a later day.

    It was proven when it was proposed.
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
    version: str
    days: dict[str, Any] = Field(sa_column=json())


class EditionChange(SweptChange, table=True):
    """That open cases go on under the edition of this hash; `extended` of them do."""

    __tablename__ = "edition_change"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="move_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="move_approval_has_a_person"
        ),
    )
    edition: str


class LegalClock(SQLModel, table=True):
    """How far the legal clock is ahead of the wall clock; only the sandbox may move it."""

    __tablename__ = "legal_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_clock"),)
    id: int = Field(default=1, primary_key=True)
    ahead: Any = Field(sa_column=Column(Interval, nullable=False, server_default=text("'0'")))


class KeptLists(SQLModel, table=True):
    """The lists that a person comes back to, by their filters: sealed under the person's key."""

    __tablename__ = "kept_lists"
    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    sealed: bytes = Field(sa_column=enciphered())


class ListExport(SQLModel, table=True):
    """Which list somebody took away as a file, how many rows, and what for; never changed.

    Who it was and when stands in the audit, whose `subject` it is.
    """

    __tablename__ = "list_export"
    __table_args__ = (
        Index(
            "list_export_kept",
            text("uuid_extract_timestamp(id)"),
            postgresql_where=text("substr(purpose, 1, 2) <> '\\x0000'"),
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    form: str
    list: Any = Field(sa_column=json())
    rows: int
    purpose: bytes = Field(sa_column=enciphered())
