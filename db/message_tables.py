"""Tables about what E-Собес told of measures: revisions, revocations that wait, what it is told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, MAKE_ID, instant, json


class ToldRevision(SQLModel, table=True):
    """What was told of a measure in one revision first, by fingerprints (row R8)."""

    __tablename__ = "told_revision"
    measure_key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    kind: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class WaitingMessage(SQLModel, table=True):
    """A revocation whose measure has not come yet (row R7).

    It waits until its measure comes or it is handed back (`ended_at`). From `overdue_at` on it is
    also a task, because its measure has not come in time; `certificate` explains that term.
    """

    __tablename__ = "waiting_message"
    __table_args__ = (
        Index("waiting_message_measure", "measure_key", postgresql_where=text("ended_at IS NULL")),
        Index(
            "waiting_message_due",
            "until",
            postgresql_where=text("ended_at IS NULL AND overdue_at IS NULL"),
        ),
    )
    journal_id: UUID = Field(primary_key=True, foreign_key="journal.id")
    measure_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    revision: int
    since: datetime = Field(sa_column=instant())
    until: datetime = Field(sa_column=instant())
    certificate: Any = Field(sa_column=json())
    ended_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    overdue_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class MessageNoticeRow(SQLModel, table=True):
    """What E-Собес is to be told of a message: `revision_conflict` or `unknown_measure`; or the
    gateway that brought it: `delivered`.

    `told` is how it took that: acknowledged, or a code.
    """

    __tablename__ = "message_notice"
    __table_args__ = (
        UniqueConstraint("journal_id", "kind", name="message_notice_once"),
        Index("message_notice_untold", "at", postgresql_where=text("told IS NULL")),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    journal_id: UUID = Field(foreign_key="journal.id")
    kind: str
    at: datetime = Field(sa_column=instant(LEGAL_NOW))
    told: str | None = None
