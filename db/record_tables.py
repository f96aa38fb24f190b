"""The tables by which others can check the record: columns and constraints only.

Nothing in them is ever changed; `unlinked` alone is a queue.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, LargeBinary
from sqlmodel import Field, SQLModel

from db.columns import THIS_XID, WALL_NOW, instant, json


class LinkedRow(SQLModel, table=True):
    """The place in the chain of its case of a message that was left in the inbox first.

    Whoever leaves messages in many cases holds no case's lock, so that another chains them.
    """

    __tablename__ = "linked"
    inbox_id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case_head.case_id", index=True)
    place: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class UnlinkedRow(SQLModel, table=True):
    """A message that stands in no chain yet; gone once whoever opens the file has chained it."""

    __tablename__ = "unlinked"
    case_id: UUID = Field(primary_key=True)
    inbox_id: UUID = Field(primary_key=True)


class RecordLine(SQLModel, table=True):
    """That a row beside the chains was written (a trigger says so), with the hash of what nobody
    may change of it; `key` is the row's own, an array of JSON.
    """

    __tablename__ = "record_line"
    xid: int = Field(
        default=None,
        sa_column=Column(BigInteger, primary_key=True, server_default=THIS_XID),
    )
    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    relation: str
    key: str
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RecordHead(SQLModel, table=True):
    """The signed head of the record, which names the one before it.

    `jws` says everything; the other columns repeat what is asked for: until which transaction and
    which place in the inboxes it goes, and by which public key it can be checked.
    """

    __tablename__ = "record_head"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_column=instant())
    legal_at: datetime = Field(sa_column=instant())
    until_xid: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_place: int = Field(sa_column=Column(BigInteger, nullable=False))
    jws: str
    public_key: dict[str, Any] = Field(sa_column=json())


class RecordLeaves(SQLModel, table=True):
    """Leaves of a head, in their order: of each case that had grown its id, how many events it has,
    and the last hash of its events and of its messages.
    """

    __tablename__ = "record_leaves"
    head: int = Field(primary_key=True, foreign_key="record_head.number")
    part: int = Field(primary_key=True)
    first_case: UUID
    last_case: UUID
    leaves: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PutAwayCase(SQLModel, table=True):
    """That a case was put away under a year: its events and messages so far, how many papers."""

    __tablename__ = "put_away_case"
    case_id: UUID = Field(primary_key=True, foreign_key="case_head.case_id")
    seq: int = Field(primary_key=True)
    year: int
    place: int = Field(sa_column=Column(BigInteger, primary_key=True))
    documents: int
    at: datetime = Field(sa_column=instant(WALL_NOW))


class RevocationListRow(SQLModel, table=True):
    """A list of revoked certificates, once, that verdicts on signatures name by its hash."""

    __tablename__ = "revocation_list"
    sha256: str = Field(primary_key=True)
    content: bytes
    kept_at: datetime = Field(sa_column=instant(WALL_NOW))
