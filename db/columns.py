"""Columns and defaults that several tables share."""

import secrets
import time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.messages import PERSONS

MAKE_ID = text("uuidv7()")
LEGAL_NOW = text("legal_now()")
WALL_NOW = text("clock_timestamp()")
# Readers of changes take only what lies below the oldest transaction still open.
THIS_XID = text("((pg_current_xact_id())::text)::bigint")


def uuid7() -> UUID:
    """As the default of the column would make it (RFC 9562), for what must be known before."""
    value = time.time_ns() // 10**6 << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76 | 3 << 62) | 7 << 76 | 2 << 62)


def of_somebody(table: str) -> CheckConstraint:
    """Nothing that a person did is recorded without saying who it was."""
    persons = ", ".join(f"'{role.value}'" for role in PERSONS)
    named = f"actor_role NOT IN ({persons}) OR actor_id IS NOT NULL"
    return CheckConstraint(named, name=f"{table}_of_somebody")


def instant(default: Any = None, *, nullable: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable, server_default=default)


def ids() -> Any:
    return Column(ARRAY(Uuid), nullable=False, server_default=text("'{}'"))


def count() -> Any:
    return Column(Integer, nullable=False, server_default=text("0"))


def words() -> Any:
    """By what somebody is found (`db/words.py`); null: not written yet."""
    return Column(ARRAY(BigInteger), nullable=True)


def json(*, nullable: bool = False) -> Any:
    return Column(JSONB, nullable=nullable)


def sealed(*, nullable: bool = False) -> Any:
    return Column(LargeBinary, nullable=nullable)
