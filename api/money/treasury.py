"""Reports of the treasury: kept as they come, told to their cases, or laid on a desk."""

from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.responses import Response

from api.auth import Administrator, Treasury
from api.cases.pages import PRIVATE
from api.deps import Parts, PartsDep
from api.money.reports import (
    ReportVerdict,
    told_verdict,
)
from api.problems import Problem
from api.reading import read_xml
from api.rendering import dump
from db.audit import note
from db.engine import reads
from db.reports import Kept, keep, read_content, read_report_of, settle, unheard_of
from db.runs import hear
from db.wakes import Untold

router = APIRouter(prefix="/v1/treasury", tags=["systems"])
MOST_HEARD: Final = 100
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "No such report"}}
log = structlog.get_logger(__name__)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "ISO 20022 pain.002, camt.052 to camt.054 of any version, up to 4 MiB",
        "content": {"application/xml": {"schema": {"type": "string"}}},
    }
}


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
        kept, told = await run_in_threadpool(_settle, parts, report)
        parts.link.tell(*told)
        kept = await _heard(parts, kept)
    except (DBAPIError, NoConnection) as error:  # kept it is; housekeeping goes on with it
        log.warning("a report is kept and waits", report=str(report), kind=type(error).__name__)
        return _answer({"report": report, **_WAITING}, 202)
    return _answer(told_verdict(kept), 202 if kept.waiting else 200)


@router.get(
    "/status-reports/{report}",
    operation_id="readReportContent",
    response_class=Response,
    responses={200: {"description": "As it came", "content": {"application/xml": {}}}, **ANSWERS},
)
def read_whole(administrator: Administrator, parts: PartsDep, report: UUID) -> Response:
    """The report as it came, as long as it is kept; it may name payees, so each reading is
    recorded.
    """
    with parts.engine.begin() as connection:
        content = read_content(connection, parts.seal, report)
        if content is None:
            raise Problem("not_found")
        note(connection, administrator.actor, "read_report", report)
    saved = f'attachment; filename="{report}.xml"'
    headers = {**PRIVATE, "Content-Disposition": saved}
    return Response(content, media_type="application/xml", headers=headers)


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
    with reads(parts.engine) as connection:
        return keep(connection, parts.seal, body)


def _settle(parts: Parts, report: UUID) -> tuple[Kept, list[Untold]]:
    told = settle(parts.engine, parts.seal, report)
    return _look(parts, report), told


def _look(parts: Parts, report: UUID) -> Kept:
    with reads(parts.engine) as connection:
        return read_report_of(connection, report)


async def _heard(parts: Parts, kept: Kept) -> Kept:
    """The cases of a report take its words, and their runs are told.

    Beyond the first the runs of the cases are told by housekeeping, and take them: a request lives
    no longer than ten seconds.
    """
    if not (unheard := unheard_of(kept)[:MOST_HEARD]):
        return kept
    told = await run_in_threadpool(hear, parts.engine, unheard)
    parts.link.tell(*told)
    return await run_in_threadpool(_look, parts, kept.id)


def _answer(told: dict[str, Any], status: int) -> Response:
    return Response(dump(told), status, media_type="application/json")
