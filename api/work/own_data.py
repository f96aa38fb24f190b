"""All that is held about whoever asks, in one file: for programs, and as a paper to read."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import Caller, Recipient, person_of, require_fresh
from api.cases.pages import PRIVATE
from api.deps import Parts, PartsDep
from api.printing import paper_languages, press_of
from api.problems import Problem
from db.auditing import at_one_instant
from db.held import HeldData, archive_of, held_about, note_export, paper_of
from db.sealing import Unreadable
from definitions.papers.sheet import PrintedPaper

router = APIRouter(prefix="/v1/me", tags=["me"])
ZIP: Final = "application/zip"


@router.get(
    "/data",
    operation_id="exportMe",
    response_class=Response,
    responses={
        200: {
            "description": "A ZIP: `data.json`, `paper.pdf`, and your papers in `papers/`",
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def export_me(request: Request, parts: PartsDep, recipient: Recipient) -> Response:
    """Everything that the portal holds about you: what E-Собес told of you, your cases with what
    happened in them and what you said, papers, notices, and who has looked at it.

    What others said or signed in your cases is named by its kind alone. That you took it is noted.
    It takes a fresh sign-in.
    """
    require_fresh(request, recipient)
    held, paper = await run_in_threadpool(_held, parts, recipient)
    content = archive_of(held, await press_of(request).pdf(paper))
    saved = {"Content-Disposition": 'attachment; filename="ozhb-data.zip"'}
    return Response(content, headers={**PRIVATE, **saved}, media_type=ZIP)


def _held(parts: Parts, recipient: Caller) -> tuple[HeldData, PrintedPaper]:
    person = person_of(recipient)
    with at_one_instant(parts.engine) as connection:
        try:
            held = held_about(connection, parts.seal, person)
        except Unreadable:
            raise Problem("not_found") from None
        paper = paper_of(connection, held, paper_languages())
    with parts.engine.begin() as connection:
        note_export(connection, recipient.actor, person, held)
    return held, paper
