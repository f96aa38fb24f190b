"""Tables about how the portal itself runs: what is held, how outside systems answer, who works."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from db.columns import LEGAL_NOW, MAKE_ID, WALL_NOW, ProposedChange, instant

_STANDING = text("released_at is null")


class HoldRow(SQLModel, table=True):
    """An administrator has something wait (`switch`); `reason` is enciphered, for people wrote it.

    It stands until somebody releases it, and stays as a record.
    """

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint(
            "(released_by is null) = (released_at is null)", name="hold_released_by_somebody"
        ),
        Index("one_hold_of_a_switch", "switch", unique=True, postgresql_where=_STANDING),
    )
    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": MAKE_ID})
    switch: str
    reason: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    placed_by: UUID
    placed_at: datetime = Field(sa_column=instant(LEGAL_NOW))
    released_by: UUID | None = None
    released_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))


class OutsideSystem(SQLModel, table=True):
    """When an outside system answered last, and when and how it failed last (wall clock).

    `fault` names a status or a kind of silence: nothing of what was sent or said.
    """

    __tablename__ = "outside_system"
    system: str = Field(primary_key=True)
    answered_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    failed_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    fault: str | None = None


class RunningProcess(SQLModel, table=True):
    """A worker or an API that said a moment ago that it lives; `editions` are hashes of the law.

    `identity` is how Temporal names it; `master_keys` are the ids of those that it has, the one
    with which it wraps first.
    """

    __tablename__ = "running_process"
    id: UUID = Field(primary_key=True)
    kind: str
    identity: str
    build: str
    queues: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    editions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    master_keys: list[str] = Field(
        sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))
    )
    started_at: datetime = Field(sa_column=instant(WALL_NOW))
    seen_at: datetime = Field(sa_column=instant(WALL_NOW))


class RunReset(ProposedChange, table=True):
    """A reset of the run `run_id` of a case to one point, by two administrators."""

    __tablename__ = "run_reset"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="reset_approved_by_a_second_person"),
        CheckConstraint(
            "(approved_by is null) = (approved_at is null)", name="reset_approved_by_somebody"
        ),
        CheckConstraint("(to_seq is null) <> (to_event is null)", name="reset_to_one_point"),
        Index("run_reset_open", "case_id", postgresql_where=text("approved_at is null")),
    )
    case_id: UUID = Field(foreign_key="case_head.case_id")
    run_id: str
    to_seq: int | None = None
    to_event: int | None = None
