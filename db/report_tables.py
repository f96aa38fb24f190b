"""The tables of what the treasury reported: columns and constraints only.

The API writes both, and housekeeping finishes what it began.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, LargeBinary, text
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, MAKE_ID, instant, json, sealed


class TreasuryReport(SQLModel, table=True):
    """A report as it came, kept before it was read; the same bytes are one row.

    `verdict`: pending, recorded (all in it that is ours is with its cases) or desk (a person has to
    look). A receipt of a gateway that cannot be read is kept beside them, as of the kind
    `receipt/<channel>/<provider>`. `words` are those for our cases and where they went, `unclear`
    what was not understood, `remarks` breaches of the official schema; none of these holds personal
    data.
    """

    __tablename__ = "treasury_report"
    __table_args__ = (
        Index("treasury_report_pending", "id", postgresql_where=text("verdict = 'pending'")),
        Index(
            "treasury_report_kept",
            "received_at",
            postgresql_where=text("substr(sealed, 1, 2) <> '\\x0000'"),
        ),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    body_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    sealed: bytes = Field(sa_column=sealed())
    received_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    verdict: str = "pending"
    kind: str | None = None
    words: Any = Field(default=None, sa_column=json(nullable=True))
    unclear: Any = Field(default=None, sa_column=json(nullable=True))
    remarks: Any = Field(default=None, sa_column=json(nullable=True))
    not_ours: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))


class ReportTaskRow(SQLModel, table=True):
    """A report on the desk of the administrators: open until it could be read, or one of them says
    what was done.

    `act_key` and `act_hash` are the request that closed it, `said` what that request said, sealed.
    """

    __tablename__ = "report_task"
    __table_args__ = (
        Index("report_task_open", "report_id", postgresql_where=text("closed_at IS NULL")),
    )
    report_id: UUID = Field(primary_key=True, foreign_key="treasury_report.id")
    opened_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    closed_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    closed_by: UUID | None = None
    act_key: str | None = Field(default=None, unique=True)
    act_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    said: bytes | None = Field(default=None, sa_column=sealed(nullable=True))
