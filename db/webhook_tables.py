"""Tables of what suppliers' systems are told by themselves: where, how far, and with what success.

Where a webhook is stands in `webhook`; the API makes it and changes it, the worker moves it on.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from db.columns import MAKE_ID, WALL_NOW, instant


class Webhook(SQLModel, table=True):
    """An address of a supplier's system that is told which of its cases have changed.

    Told is what comes after the cursor (`after_xid`, `after_case`), in the order of all streams.
    `secret` lies in an envelope. Without success it is tried again at `due_at`; `ended` says why it
    is told nothing any more: `asked`, `gone` or `failing`.
    """

    __tablename__ = "webhook"
    id: UUID | None = Field(
        default=None, primary_key=True, sa_column_kwargs={"server_default": MAKE_ID}
    )
    supplier_id: UUID = Field(foreign_key="supplier.id", index=True)
    url: str
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    after_xid: int = Field(sa_column=Column(BigInteger, nullable=False))
    after_case: UUID
    ended: str | None = None
    failures: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    failing_since: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    due_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    made_at: datetime = Field(sa_column=instant(WALL_NOW))


class WebhookAttempt(SQLModel, table=True):
    """One attempt to tell it: how many changes, and what was answered (`status`) or went wrong."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("webhook_attempt_of", "webhook_id", "id"),)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    webhook_id: UUID = Field(foreign_key="webhook.id")
    at: datetime = Field(sa_column=instant(WALL_NOW))
    changes: int
    status: int | None = None
    fault: str | None = None
    took_ms: int
