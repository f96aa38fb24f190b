"""The deadlines of a case: every value they had, and the certificate of one in full."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.responses import Response

from api.auth import Reader
from api.caching import IF_NONE_MATCH, UNCHANGED, tagged, unless_known
from api.cases.pages import PRIVATE, sight_of
from api.deps import Parts, PartsDep, PoolDep
from api.labels import labelled
from api.printing import READABLE, VARY, FormQuery, paper_languages, press_of, wanted_form
from api.problems import Problem
from api.rendering import dump
from api.schemas import Answer, DeadlineView
from db.check_codes import check_code, deadline_subject
from db.engine import reads
from db.pool import ReadPool
from db.reference import read_case
from db.views import read_deadlines, read_reference, read_revisions
from definitions.calendars import current_calendar, load_calendar
from definitions.papers.certificate import certificate_paper
from definitions.papers.sheet import CheckMark
from domain.case.proceedings import Contest
from domain.case.state import Case
from domain.parties.sight import Sight
from domain.terms.certificates import document as certificate_document
from domain.terms.contests import reading
from domain.terms.revisions import as_document, begun, revision_of

router = APIRouter(prefix="/v1/cases", tags=["cases"])
MOST_PERIODS: Final = 1_000
MOST_REVISIONS: Final = 100_000
KNOWN: Final[dict[str, Any]] = {"parameters": [IF_NONE_MATCH]}


class SkippedDay(Answer):
    """A day off that a term passed over, why it is one, and the act that makes it one."""

    day: date
    reason: str
    source: str


class AppliedRule(Answer):
    """A rule of counting with its article."""

    rule: str
    article: str


class DeadlineLink(Answer):
    """A later change of a deadline."""

    kind: Literal["extended", "paused", "resumed", "recomputed", "corrected"]
    from_: date = Field(alias="from")
    to: date
    why: str
    article: str
    at: datetime


class DeadlineDocument(Answer):
    """A deadline with all that explains it; `schemas/deadline-certificate.schema.json`.

    `last_day` and `expires_at` are those after the last link of the chain.
    """

    event: str
    instant: datetime | None = Field(default=None, description="Missing: not the day of the start")
    start: date
    term: str
    first_day: date
    raw_last_day: date
    last_day: date
    expires_at: datetime
    skipped: list[SkippedDay]
    calendar: str
    article: str
    rules: list[AppliedRule]
    provisional: bool
    chain: list[DeadlineLink]


class ContestedDeadline(Answer):
    """What a dispute says of a deadline: its value, and where it should be counted from or by."""

    id: UUID = Field(description="Of the dispute")
    term: str
    revision: int = Field(description="The value that is disputed")
    start: date | None = Field(description="The day that it is said to be counted from")
    calendar: str | None = Field(description="The calendar that it is said to be counted by")
    by: str = Field(description="The role of who disputes it")
    at: datetime
    ruling: Literal["granted", "denied"] | None = Field(description="null: not decided yet")


class ContestView(Answer):
    """A disputed deadline: what was said of it, and both ways to count it."""

    contest: ContestedDeadline = Field(description="What was said")
    stands: DeadlineDocument = Field(description="As it is counted")
    claimed: DeadlineDocument = Field(description="As it would be counted")


@dataclass(frozen=True)
class Which:
    """One deadline of a case: its period and term, and which of its values (the newest)."""

    case_id: UUID
    period: Annotated[int, Path(ge=1, le=MOST_PERIODS)]
    term: Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
    revision: Annotated[int | None, Query(ge=1, le=MOST_REVISIONS)] = None


WhichDep = Annotated[Which, Depends()]


@router.get(
    "/{case_id}/deadlines",
    operation_id="readDeadlines",
    response_class=Response,
    responses={200: {"model": list[DeadlineView], "description": "Oldest first"}, **UNCHANGED},
    openapi_extra=KNOWN,
)
async def read_all(request: Request, pool: PoolDep, reader: Reader, case_id: UUID) -> Response:
    """Every value that each deadline ever had, with its certificate as the case keeps it."""
    seen = await sight_of(pool, reader, case_id)
    found = [row for row in await read_deadlines(pool, case_id) if _is_seen(seen, row)]
    body = dump(labelled([_told(case_id, row) for row in found]))
    return unless_known(request, body, tagged(body))


def _is_seen(seen: Sight | None, row: Any) -> bool:
    """Whether a value of a deadline concerns the reader: an order of the supplier."""
    return seen is None or (row["period"], row["term"], row["revision"]) in seen.terms


def _told(case_id: UUID, row: Any) -> dict[str, Any]:
    place = f"/v1/cases/{case_id}/deadlines/{row['period']}/{row['term']}"
    return {
        **row,
        "certificate": json.loads(row["certificate"]),
        "href": f"{place}?revision={row['revision']}",
    }


@router.get(
    "/{case_id}/deadlines/{period}/{term}",
    operation_id="readDeadline",
    response_class=Response,
    responses={
        200: {
            "model": DeadlineDocument | ContestView,
            "description": (
                "The certificate, with `contest` both ways to count it;"
                " for `Accept: text/html` or `application/pdf` as a page or a tagged PDF for people"
            ),
            "content": READABLE,
        },
        **UNCHANGED,
    },
    openapi_extra=KNOWN,
)
async def read_one(
    request: Request,
    pool: PoolDep,
    parts: PartsDep,
    reader: Reader,
    which: WhichDep,
    lang: Annotated[
        Literal["kk", "ru", "en"] | None, Query(description="Of the paper; else Accept-Language")
    ] = None,
    format: FormQuery = None,
    contest: Annotated[
        UUID | None, Query(description="A dispute about it: what was claimed, beside it")
    ] = None,
) -> Response:
    """Why a term ends when it ends: its event, rules, days off with their sources, and changes.

    Anybody can compute it again: `ozhb verify deadline`, or `docs/verify_deadline.py`.
    """
    seen = await sight_of(pool, reader, which.case_id)
    if contest is not None:
        return await _contested(pool, parts, which, str(contest), seen)
    number, document = await _counted(pool, which, seen)
    form = wanted_form(request, format)
    if form == "json":
        body = dump(document)
        return unless_known(request, body, tagged(body), **VARY)
    reference = await read_reference(pool, which.case_id)
    subject = deadline_subject(which.period, which.term, number)
    code = check_code(parts.seal, reference, subject)
    mark = CheckMark(f"{parts.public_url}/check/{code}")
    paper = certificate_paper(document, (lang,) if lang else paper_languages(), reference, mark)
    name = f"{reference}-{which.term.replace('_', '-')}-{which.period}-{number}"
    return await press_of(request).answer(request, paper, form, name)


async def _counted(
    pool: ReadPool, which: Which, seen: Sight | None
) -> tuple[int, dict[str, object]]:
    """One value of a deadline: its number, and its certificate in full; Problem `not_found`."""
    every = await read_revisions(pool, which.case_id, which.period, which.term)
    place = {"period": which.period, "term": which.term}
    rows = [row for row in every if _is_seen(seen, {**place, "revision": row["revision"]})]
    found = [revision_of(row, json.loads(row["certificate"])) for row in rows]
    asked = which.revision or (found[-1].number if found else 0)
    upto = [one for one in found if one.number <= asked]
    if not upto or upto[-1].number != asked:
        raise Problem("not_found")
    return asked, as_document(upto, load_calendar(begun(upto).certificate.calendar))


async def _contested(
    pool: ReadPool, parts: Parts, which: Which, contest: str, seen: Sight | None
) -> Response:
    """A disputed deadline counted both ways, side by side, each in full."""
    case = seen.case if seen else await run_in_threadpool(_case, parts, which.case_id)
    held = _contest(case, which, contest)
    calendar = load_calendar(held.calendar) if held.calendar else current_calendar()
    claimed = reading(held, case.periods[which.period].deadlines[held.term], calendar)
    _, stands = await _counted(pool, replace(which, revision=held.revision), seen)
    told = {
        "contest": labelled(held.model_dump(mode="json")),
        "stands": stands,
        "claimed": certificate_document(claimed, calendar, event="deadline_contested"),
    }
    return Response(dump(told), headers=PRIVATE, media_type="application/json")


def _case(parts: Parts, case_id: UUID) -> Case:
    with reads(parts.engine) as connection:
        return read_case(connection, str(case_id))


def _contest(case: Case, which: Which, contest: str) -> Contest:
    period = case.periods.get(which.period)
    if period is not None and which.term in period.deadlines:
        for one in period.contests:
            if (one.id, one.term) == (contest, which.term):
                return one
    raise Problem("not_found")
