"""Reports of the treasury: kept as they come, told to their cases, or laid on a desk."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.responses import Response

from activities.payments import describe_report
from api.auth import Administrator, Treasury
from api.deps import IdempotencyKey, Parts, PartsDep
from api.problems import Problem, Refused
from api.reading import JSON, read_xml
from api.rendering import dump
from api.reports import (
    CloseForm,
    DeskReportDetail,
    DeskReportList,
    ReportVerdict,
    told_task,
    told_verdict,
)
from db.audit import note
from db.casefile import hear
from db.engine import reads
from db.inbox import actor_key, fingerprint
from db.intake_tasks import Act, KeyTaken, TaskClosed
from db.report_tasks import close_task, find_task, list_report_tasks, read_done
from db.reports import Kept, keep, read_content, read_report_of, settle, unheard_of

router = APIRouter(prefix="/v1/treasury", tags=["systems"])
desk = APIRouter(prefix="/v1/treasury/reports", tags=["operations"])
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "No such report"}}
log = structlog.get_logger(__name__)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "ISO 20022 pain.002, camt.054 or camt.053 of any version, up to 4 MiB",
        "content": {"application/xml": {"schema": {"type": "string"}}},
    }
}


class AskedReports(BaseModel):
    """Which reports, and which part of their list."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    state: Literal["open", "closed"] | None = Field(default=None, description="Of their tasks")
    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = Field(default=None, description="The `after` of the part before")


@router.post(
    "/status-reports",
    operation_id="reportStatus",
    response_class=Response,
    responses={
        200: {"model": ReportVerdict, "description": "Kept, and told to whom it concerns"},
        202: {"model": ReportVerdict, "description": "Kept, and not with all of its cases yet"},
    },
    openapi_extra=_BODY,
)
async def report_status(request: Request, treasury: Treasury, parts: PartsDep) -> Response:
    """What became of payments. Whatever comes is kept; the same report again is one report."""
    body = await read_xml(request)
    report = await run_in_threadpool(_keep, parts, body)
    try:
        kept = await run_in_threadpool(_settle, parts, report)
        kept = await _heard(parts, kept)
    except (DBAPIError, NoConnection) as error:  # kept it is; housekeeping goes on with it
        log.warning("a report is kept and waits", report=str(report), kind=type(error).__name__)
        return _answer({"report": report, **_WAITING}, 202)
    return _answer(told_verdict(kept), 202 if kept.waiting else 200)


@desk.get("", operation_id="listReports", response_model=DeskReportList)
def list_all(
    administrator: Administrator, parts: PartsDep, asked: Annotated[AskedReports, Query()]
) -> dict[str, Any]:
    """Reports that a person has to look at, and those that were looked at; oldest first."""
    with reads(parts.engine) as connection:
        found = list_report_tasks(connection, asked.state, asked.after, asked.limit)
    after = found[-1].id if len(found) == asked.limit else None
    return {"reports": [told_task(task) for task in found], "after": after}


@desk.get(
    "/{report}", operation_id="readReport", response_model=DeskReportDetail, responses=ANSWERS
)
def read_one(administrator: Administrator, parts: PartsDep, report: UUID) -> dict[str, Any]:
    """A report on the desk, what of it is with its cases, and what was done about the rest."""
    return _told(parts, report)


@desk.get(
    "/{report}/content",
    operation_id="readReportContent",
    response_class=Response,
    responses={200: {"description": "As it came", "content": {"application/xml": {}}}, **ANSWERS},
)
def read_whole(administrator: Administrator, parts: PartsDep, report: UUID) -> Response:
    """The report as it came; it may name payees, so each reading is recorded."""
    with parts.engine.begin() as connection:
        if find_task(connection, report) is None:
            raise Problem("not_found")
        content = read_content(connection, parts.seal, report)
        note(connection, administrator.actor, "read_report", report)
    headers = {"Content-Disposition": f'attachment; filename="{report}.xml"'}
    return Response(content, media_type="application/xml", headers=headers)


@desk.post(
    "/{report}/close",
    operation_id="closeReport",
    response_model=DeskReportDetail,
    responses={**ANSWERS, 409: {"description": "Closed before; or the key is in use"}},
    dependencies=JSON,
)
def close(
    administrator: Administrator,
    parts: PartsDep,
    report: UUID,
    key: IdempotencyKey,
    form: CloseForm,
) -> dict[str, Any]:
    """Say what was done about a report; it leaves the desk and stays on file."""
    if administrator.person is None:
        raise Problem("not_allowed")
    said = fingerprint(parts.seal, f"close_report:{form.model_dump_json()}".encode())
    named = f"{actor_key(administrator.actor)}:{key}"
    act = Act("close_report", administrator.person, named, said)
    with parts.engine.begin() as connection:
        if find_task(connection, report) is None:
            raise Problem("not_found")
        try:
            fresh = close_task(connection, parts.seal, report, act, form.done)
        except KeyTaken:
            raise Problem("idempotency_conflict") from None
        except TaskClosed:
            raise Refused([{"code": "already_decided", "facts": {}}]) from None
        if fresh:
            note(connection, administrator.actor, act.name, report)
    return _told(parts, report)


_WAITING: Final[dict[str, Any]] = {
    "verdict": "pending",
    "kind": None,
    "recorded": False,
    "words": [],
    "not_ours": 0,
    "unclear": [],
    "remarks": [],
}


def _keep(parts: Parts, body: bytes) -> UUID:
    with parts.engine.begin() as connection:
        return keep(connection, parts.seal, body)


def _settle(parts: Parts, report: UUID) -> Kept:
    settle(parts.engine, parts.seal, report, describe_report)
    return _look(parts, report)


def _look(parts: Parts, report: UUID) -> Kept:
    with reads(parts.engine) as connection:
        return read_report_of(connection, report)


async def _heard(parts: Parts, kept: Kept) -> Kept:
    """The cases of a report take its words, and their runs are told."""
    told = await run_in_threadpool(hear, parts.engine, unheard_of(kept))
    parts.link.tell(*told)
    return await run_in_threadpool(_look, parts, kept.id)


def _told(parts: Parts, report: UUID) -> dict[str, Any]:
    with reads(parts.engine) as connection:
        task = find_task(connection, report)
        if task is None:
            raise Problem("not_found")
        kept = read_report_of(connection, report)
        done = read_done(connection, parts.seal, report)
    whole = {"received_at": kept.received_at, "verdict": told_verdict(kept), "done": done}
    return {**told_task(task), **whole}


def _answer(told: dict[str, Any], status: int) -> Response:
    return Response(dump(told), status, media_type="application/json")
