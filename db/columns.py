"""Columns and defaults that several tables share."""

import secrets
import time
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    LargeBinary,
    SmallInteger,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from domain.messages import PERSONS

MAKE_ID = text("uuidv7()")
LEGAL_NOW = text("legal_now()")
WALL_NOW = text("clock_timestamp()")
NONE_YET = text("0")
# Readers of changes take only what lies below the oldest transaction still open.
THIS_XID = text("((pg_current_xact_id())::text)::bigint")

State = Literal["proposed", "extending", "done"]


def uuid7() -> UUID:
    """As the default of the column would make it (RFC 9562), for what must be known before."""
    value = time.time_ns() // 10**6 << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76 | 3 << 62) | 7 << 76 | 2 << 62)


def of_somebody(table: str) -> CheckConstraint:
    """Nothing that a person did is recorded without saying who it was."""
    persons = ", ".join(f"'{role.value}'" for role in PERSONS)
    named = f"actor_role NOT IN ({persons}) OR actor_id IS NOT NULL"
    return CheckConstraint(named, name=f"{table}_of_somebody")


# Of cases long closed the rows lie apart, by the year of their end; of all others it is 0.
BY_YEAR: Final = {"postgresql_partition_by": "LIST (year)"}


def year() -> Any:
    return Column(SmallInteger, primary_key=True, server_default=text("0"))


def instant(default: Any = None, *, nullable: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable, server_default=default)


def ids() -> Any:
    return Column(ARRAY(Uuid), nullable=False, server_default=text("'{}'"))


def words() -> Any:
    """By what somebody is found (`db/words.py`); null: not written yet."""
    return Column(ARRAY(BigInteger), nullable=True)


def json(*, nullable: bool = False) -> Any:
    return Column(JSONB, nullable=nullable)


def sealed(*, nullable: bool = False) -> Any:
    return Column(LargeBinary, nullable=nullable)


class ProposedChange(SQLModel):
    """What one administrator proposed, and another approved or has yet to (wall clock)."""

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column_kwargs={"server_default": WALL_NOW})
    approved_by: UUID | None = None
    approved_at: datetime | None = None

    @property
    def state(self) -> State:
        """How far it has gone."""
        return "proposed" if self.approved_at is None else "done"


class SweptChange(ProposedChange):
    """What open cases take over one by one once it is approved, and how far it went.

    `place` is the last case that was looked at; in the files of `extended` of those looked at it
    changed something. All that stays to be done follows from them.
    """

    place: UUID | None = None
    looked_at: int = Field(sa_column_kwargs={"server_default": NONE_YET})
    extended: int = Field(sa_column_kwargs={"server_default": NONE_YET})
    extended_at: datetime | None = None

    @property
    def state(self) -> State:
        """How far it has gone."""
        return "extending" if self.approved_at and not self.extended_at else super().state
