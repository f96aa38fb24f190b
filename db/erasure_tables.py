"""Tables of erasing people: who asked, what stands against it, and that it was done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, MAKE_ID, ProposedChange, instant


class LegalHold(SQLModel, table=True):
    """Nobody may erase this person while it stands; `reason` lies under their own key."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint(
            "(lifted_by is null) = (lifted_at is null)", name="legal_hold_lifted_by_somebody"
        ),
        Index(
            "one_legal_hold_of_a_person",
            "person_id",
            unique=True,
            postgresql_where=text("lifted_at is null"),
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    person_id: UUID = Field(foreign_key="person.id")
    reason: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    placed_by: UUID
    placed_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    lifted_by: UUID | None = None
    lifted_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class Erasure(ProposedChange, table=True):
    """That a person is to be erased, and on what ground: a request of theirs, or a decision of a
    court or of the authorised body.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="erasure_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="erasure_approval_has_a_person"
        ),
        CheckConstraint("ground in ('request', 'decision')", name="erasure_has_a_ground"),
    )
    person_id: UUID = Field(foreign_key="person.id")
    ground: str


class ErasureCertificate(SQLModel, table=True):
    """That the key of a person was destroyed: which, when, why, and of how much; never changed.

    It names nobody: the id stands for no one any more. `key_sha256` is of the wrapped key as it was
    kept. `erasure_id` says who decided it; a term that is over needs nobody.
    """

    __tablename__ = "erasure_certificate"
    __table_args__ = (
        CheckConstraint(
            "(ground = 'term') = (erasure_id is null)", name="certificate_says_who_decided"
        ),
        Index("erasure_certificate_person", "person_id"),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_column=instant(LEGAL_NOW))
    ground: str
    erasure_id: UUID | None = Field(default=None, foreign_key="erasure.id")
    key_sha256: str
    cases: int
    documents: int
    messages: int
