"""What a code on a paper leads to: whether it is ours, and whether it still stands.

Anybody who holds a paper may ask. No name and no number of a person is told, nor what is known to
the parties alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from starlette.responses import HTMLResponse

from api.cases.timeline import brought
from api.deps import PartsDep, PoolDep
from api.language import labels
from api.limits import Rates
from api.printing import PAGE_HEADERS, paper_languages
from db.check_codes import deadline_subject, document_subject, is_code_of, read_code
from db.engine import reads
from db.pool import ReadPool
from db.reference import read_case
from db.sealing import Seal
from db.views import find_reference, read_deadlines, read_papers
from definitions.editions import edition
from definitions.papers.page import paper_page
from definitions.papers.sheet import Block, Code, Grid, Paragraph, PrintedPaper, Sheet, facts
from definitions.wording import text
from definitions.written import long_day, moment, tenge
from domain.case.state import Case
from domain.terms.counting import local_day

router = APIRouter(include_in_schema=False)
# From one address: a person with a pile of papers, and no machine that guesses.
CHECKS_PER_SECOND: Final = 4.0
PRELIMINARY: Final = "preliminary_decision"
HEADERS: Final = {
    **PAGE_HEADERS,
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Vary": "Accept-Language",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the portal knows of a paper; `signatures` by role, each as the file last had it."""

    kind: str
    stands: bool
    made_on: date | None = None
    event: str | None = None
    sha256: str | None = None
    amount: int | None = None
    last_day: date | None = None
    signatures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@router.get("/check/{code}")
async def check(request: Request, code: str, pool: PoolDep, parts: PartsDep) -> HTMLResponse:
    """The page of a code. Of one that is not ours it is not said what is wrong with it.

    Nothing is written of who asks; from where is known as long as it bounds how often.
    """
    rates: Rates = request.app.state.checks
    rates.take_for(request.client and request.client.host)
    (language,) = paper_languages()[:1]
    known = read_code(code)
    found = await _find(pool, parts.seal, parts.engine, *known) if known else None
    if known is None or found is None:
        sheet = _unknown(language)
    else:
        sheet = _sheet(found, known[0], language)
    page = paper_page(PrintedPaper((sheet,), date.min))
    headers = {**HEADERS, "Content-Language": language}
    return HTMLResponse(page, 404 if found is None else 200, headers)


async def _find(
    pool: ReadPool, sealer: Seal, engine: Engine, reference: str, code: str
) -> Checked | None:
    case_id = await find_reference(pool, reference)
    if case_id is None:
        return None
    lines = await read_papers(pool, case_id)
    for sha256 in brought(lines):
        if is_code_of(sealer, code, reference, document_subject(sha256)):
            case = await run_in_threadpool(_case, engine, case_id)
            return _document(case, lines, sha256)
    rows = await read_deadlines(pool, case_id)
    for row in rows:
        subject = deadline_subject(row["period"], row["term"], row["revision"])
        if is_code_of(sealer, code, reference, subject):
            return _deadline(row, rows)
    return None


def _case(engine: Engine, case_id: UUID) -> Case:
    with reads(engine) as connection:
        return read_case(connection, str(case_id))


def _deadline(row: Any, rows: list[Any]) -> Checked:
    """A value of a deadline stands until there is a later one."""
    place = (row["period"], row["term"])
    newest = max(one["revision"] for one in rows if (one["period"], one["term"]) == place)
    return Checked(
        kind="deadline",
        stands=row["revision"] == newest,
        last_day=row["last_day"],
    )


def _document(case: Case, lines: list[dict[str, Any]], sha256: str) -> Checked:
    kind = brought(lines)[sha256][0]
    for line in reversed(lines):
        application, paper = line["application"] or {}, line["paper"] or {}
        account = application.get("account") or {}
        if sha256 in (application.get("sha256"), account.get("sha256")):
            ours = application["signatures"] if kind == "application" else {"supplier": account}
            return Checked(
                kind=kind,
                made_on=local_day(datetime.fromisoformat(_first(lines, sha256)["at"])),
                stands=_is_current(case, sha256),
                sha256=sha256,
                amount=application["amount"] if kind == "application" else None,
                signatures=ours,
            )
        if paper.get("sha256") == sha256:
            return Checked(
                kind=kind,
                made_on=local_day(datetime.fromisoformat(line["at"])),
                stands=_is_in_force(case, line, kind),
                event=line["type"],
                sha256=sha256,
            )
    raise AssertionError("what was brought stands in a line")


def _first(lines: list[dict[str, Any]], sha256: str) -> dict[str, Any]:
    """The line that brought an application, or its annex."""
    return next(one for one in lines if sha256 in brought([one]))


def _is_current(case: Case, sha256: str) -> bool:
    """Whether this is the version, and the account, that a period has now."""
    held = [one.application for one in case.periods.values() if one.application]
    return any(sha256 in (one.sha256, one.account and one.account.sha256) for one in held)


def _is_in_force(case: Case, line: Mapping[str, Any], kind: str) -> bool:
    """An intention stands while the parties are heard on it, a decision that closed a period while
    that is closed, and every other one for good.
    """
    period = case.periods[line["period"]]
    if kind == PRELIMINARY:
        return period.hearing is not None and period.hearing.seq == line["seq"]
    statuses = edition(case.edition).process.statuses
    to = line["to"]
    return to is None or not statuses[to].closed or statuses[period.status].closed


def _sheet(found: Checked, reference: str, language: str) -> Sheet:
    told: dict[str, str | None] = {
        "kind": text(f"printed.kind.{found.kind}", language),
        "event": found.event and labels("happened", found.event)[language],
        "case": Code(reference),
        "made_on": _day(found.made_on, language),
        "last_day": _day(found.last_day, language),
        "amount": None if found.amount is None else tenge(found.amount),
        "sha256": found.sha256 and Code(found.sha256),
        "stands": text(f"printed.checked.{'stands' if found.stands else 'overtaken'}", language),
    }
    rows = [(text(f"printed.fact.{name}", language), value) for name, value in told.items()]
    blocks = (
        facts(text("printed.checked.facts", language), rows),
        *_signatures(found, language),
        Paragraph(text("printed.checked.compare", language), apart=True),
    )
    title = text("printed.checked.title", language)
    return Sheet(language, title, blocks, lead=text("printed.checked.genuine", language))


def _day(value: date | None, language: str) -> str | None:
    return None if value is None else long_day(value, language)


def _signatures(found: Checked, language: str) -> tuple[Block, ...]:
    """Who has signed, by role alone."""
    if not found.signatures:
        return ()
    rows = tuple(
        (
            text(f"law.actor.{role}", language),
            moment(datetime.fromisoformat(one["at"]), language),
            text(f"printed.signature.{'good' if one.get('checked', True) else 'waits'}", language),
        )
        for role, one in sorted(found.signatures.items())
    )
    named = tuple(text(f"printed.signature.{one}", language) for one in ("who", "at", "state"))
    return (Grid(text("printed.signature.caption", language), rows, named),)


def _unknown(language: str) -> Sheet:
    title = text("printed.checked.title", language)
    told = Paragraph(text("printed.checked.retype", language))
    return Sheet(language, title, (told,), lead=text("printed.checked.unknown", language))
