"""Reports that a person has to look at: laid on the desk once, closed once, with what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.envelopes import envelop, is_destroyed, open_envelope
from db.intake_tasks import Act, TaskClosed
from db.once import KeyTaken
from db.operations import Trouble
from db.sealing import Seal
from db.work import ADMINISTRATORS, close_work, open_work

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True)
class ReportTask:
    """A task as lists show it; what is wrong with its report is told with the report."""

    id: UUID
    kind: str | None
    opened_at: datetime
    now: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    unclear: tuple[dict[str, Any], ...]

    @property
    def state(self) -> str:
        return OPEN if self.closed_at is None else CLOSED

    @property
    def age_seconds(self) -> int:
        """How long it has lain on the desk, or did until it was done."""
        return max(0, int(((self.closed_at or self.now) - self.opened_at).total_seconds()))


_OPEN = text("INSERT INTO report_task (report_id) VALUES (:id) ON CONFLICT DO NOTHING")
_CLOSE = text(
    "UPDATE report_task SET closed_at = legal_now(), closed_by = :by, act_key = :key,"
    " act_hash = :hash, said = :said WHERE report_id = :id AND closed_at IS NULL"
)
_COLUMNS: Final = (
    "SELECT t.report_id, r.kind, t.opened_at, legal_now() AS now, t.closed_at, t.closed_by,"
    " r.unclear FROM report_task t JOIN treasury_report r ON r.id = t.report_id"
)
_READ = text(f"{_COLUMNS} WHERE t.report_id = :id")
_LIST = text(
    f"{_COLUMNS} WHERE (CAST(:state AS text) IS NULL OR (t.closed_at IS NULL) = (:state = 'open'))"
    " AND (CAST(:after AS uuid) IS NULL OR t.report_id > :after) ORDER BY t.report_id LIMIT :most"
)
_UNDONE = text(
    f"{_COLUMNS} WHERE t.closed_at IS NULL ORDER BY t.report_id LIMIT :most",
)
_SAID = text("SELECT said FROM report_task WHERE report_id = :id")
# Two requests under one key at once: the second sees what the first has done.
_LOCK = text("SELECT closed_at FROM report_task WHERE report_id = :id FOR UPDATE")
_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))")
_BY_KEY = text("SELECT report_id, act_hash FROM report_task WHERE act_key = :key")


def open_task(connection: Connection, report: UUID) -> None:
    """Lay a report on the desk, once."""
    if connection.execute(_OPEN, {"id": report}).rowcount:
        open_work(connection, report, "treasury_report", "report_undone", ADMINISTRATORS)


def take_up(connection: Connection, report: UUID, act: Act) -> bool:
    """Hold a task that something is to be done about; False if this very request closed it before.

    TaskClosed if another one did, KeyTaken if the key stands for another request.
    """
    connection.execute(_LOCK_KEY, {"key": act.key})
    held = connection.execute(_BY_KEY, {"key": act.key}).one_or_none()
    if held is not None:
        if (held.report_id, bytes(held.act_hash)) != (report, act.hash):
            raise KeyTaken("the key stands for another request")
        return False
    if connection.execute(_LOCK, {"id": report}).scalar_one() is not None:
        raise TaskClosed("the task was done before")
    return True


def close_task(
    connection: Connection, sealer: Seal, report: UUID, act: Act, done: str | None = None
) -> None:
    """End a task that was taken up, with what was done about it; None: it was read, that is all."""
    said = None if done is None else envelop(sealer, done.encode())
    values = {"id": report, "by": act.by, "key": act.key, "hash": act.hash, "said": said}
    connection.execute(_CLOSE, values)
    close_work(connection, report)


def find_task(connection: Connection, report: UUID) -> ReportTask | None:
    """The task of a report; None if it never lay on the desk."""
    row = connection.execute(_READ, {"id": report}).one_or_none()
    return None if row is None else _task(row)


def list_report_tasks(
    connection: Connection, state: str | None, after: UUID | None, most: int
) -> list[ReportTask]:
    """A part of the tasks, the oldest first."""
    named = {"state": state, "after": after, "most": most}
    return [_task(row) for row in connection.execute(_LIST, named)]


def read_done(connection: Connection, sealer: Seal, report: UUID) -> str | None:
    """What was done about a report, in the words of who closed it; None where it was read, or the
    time of keeping is over.
    """
    said = connection.execute(_SAID, {"id": report}).scalar()
    if said is None or is_destroyed(bytes(said)):
        return None
    return open_envelope(sealer, bytes(said)).decode()


def undone_reports(connection: Connection, most: int) -> list[Trouble]:
    """Reports on the desk as troubles: money may stand still for each of them."""
    rows = connection.execute(_UNDONE, {"most": most})
    return [_trouble(_task(row)) for row in rows]


def _trouble(task: ReportTask) -> Trouble:
    return Trouble(
        case_id=None,
        treasury_report=str(task.id),
        reference=task.kind or "",
        status="on_desk",
        cause="report_undone",
        since=task.opened_at,
        age_seconds=task.age_seconds,
        who=("administrator",),
        remedies=("read_again", "close_report"),
        detail={"unclear": list(task.unclear)},
    )


def _task(row: Row[Any]) -> ReportTask:
    return ReportTask(
        id=row.report_id,
        kind=row.kind,
        opened_at=row.opened_at,
        now=row.now,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        unclear=tuple(row.unclear or ()),
    )
