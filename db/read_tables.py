"""The table of who has read which case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, text
from sqlmodel import Field, SQLModel

from db.columns import instant

# Who looked at a case with which the portal knows them to have nothing to do.
OUTSIDE = "standing = 'outside'"


class CaseReadRow(SQLModel, table=True):
    """That somebody read a part of a case within an hour: how often, first and last.

    `place` is where they stood, as of an official: an authority, the beginning of the codes of a
    region, a supplier, or nothing. `standing` is what the case was to them when they first looked.
    No foreign key: each would write into the head of a case, which a take locks. It is divided by
    month; beside the repetitions of its hour nothing of a row is ever changed.
    """

    __tablename__ = "case_read"
    __table_args__ = (
        Index("case_read_reader", "actor_id", "id"),
        Index("case_read_outside", "hour", "actor_id", postgresql_where=text(OUTSIDE)),
        {"postgresql_partition_by": "RANGE (hour)"},
    )
    case_id: UUID = Field(primary_key=True)
    hour: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    actor_id: UUID = Field(primary_key=True)
    role: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    part: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), nullable=False))
    standing: str
    first_at: datetime = Field(sa_column=instant())
    last_at: datetime = Field(sa_column=instant())
    times: int
