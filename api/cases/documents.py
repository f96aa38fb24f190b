"""Documents of a case: the very bytes, and for people a page or a PDF of what they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection
from starlette.responses import Response

from api.access import OFFICIALS, Parties, actor_of
from api.auth import Caller, Reader
from api.cases.pages import PRIVATE, check_access, sight_of
from api.cases.timeline import brought, told_of
from api.cases.uploads import told_parts
from api.deps import Parts, PartsDep, PoolDep
from api.mistakes import parameter_mistake
from api.printing import (
    READABLE,
    VARY,
    FormQuery,
    PaperForm,
    paper_languages,
    press_of,
    wanted_form,
)
from api.problems import Invalid, Problem
from api.rendering import dump
from db.audit import note
from db.check_codes import check_code, document_subject
from db.documents import ACCOUNT, APPLICATION, SIGNATURE, read_document
from db.papers import KINDS as PAPERS
from db.printed import Printing, print_document, reference_of
from db.sealing import Unreadable
from db.uploads import read_upload, side_of
from db.views import read_papers
from definitions.papers.sheet import CheckMark, PrintedPaper
from integrations.documents import MOST_PARTS, TYPES, parts_of

router = APIRouter(prefix="/v1/cases", tags=["cases"])
MEDIA: Final = {
    APPLICATION: "application/json",
    ACCOUNT: "application/json",
    SIGNATURE: "application/pkcs7-signature",
    **dict.fromkeys(PAPERS.values(), "application/json"),
}
# Bytes are to be saved, by our own name; nothing of them is shown by itself in a browser.
SUFFIXES: Final = {
    "application/json": "json",
    "application/pkcs7-signature": "p7s",
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/heic": "heic",
    "application/pkcs7-mime": "p7m",
    "application/vnd.etsi.asic-e+zip": "asice",
    "application/vnd.etsi.asic-s+zip": "asics",
}
BINARY: Final = {"schema": {"type": "string", "format": "binary"}}


@dataclass(frozen=True)
class Where:
    """A document of a case."""

    case_id: UUID
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class DocumentReader:
    """Who reads a document, of whose case, and what of the file they see."""

    reader: Caller
    parties: Parties
    lines: list[dict[str, Any]]


PartQuery = Annotated[
    int | None,
    Query(ge=0, le=MOST_PARTS, description="Of a signed document: which in it; 0: a list of them"),
]
DocumentPlace = Annotated[Where, Depends()]


@router.get(
    "/{case_id}/documents/{sha256}",
    operation_id="readDocument",
    response_class=Response,
    responses={
        200: {
            "description": (
                "The very bytes; for `Accept: text/html` or `application/pdf` what they say, with"
                " who has signed them, as a page or a tagged PDF (a signature has neither)"
            ),
            "content": {
                "application/json": {"schema": {"type": "object"}},
                **dict.fromkeys((MEDIA[SIGNATURE], *TYPES), BINARY),
                **READABLE,
            },
        }
    },
)
async def read_bytes(
    request: Request,
    pool: PoolDep,
    parts: PartsDep,
    reader: Reader,
    where: DocumentPlace,
    format: FormQuery = None,
    part: PartQuery = None,
) -> Response:
    """A document that stands in the file of the case, or an upload of your own side.

    Who reads it is noted.
    """
    seen = await sight_of(pool, reader, where.case_id)
    lines = told_of(seen, await read_papers(pool, where.case_id))
    known = brought(lines).get(where.sha256)
    uploaded = (one["sha256"] for line in lines for one in line["documents"] or ())
    kind = known[0] if known and where.sha256 not in uploaded else None
    form = _form(request, kind, format)
    stand = await check_access(pool, reader, where.case_id)
    asking = DocumentReader(reader, Parties.of(stand), lines)
    if kind is not None and form != "json":
        reference, paper = await run_in_threadpool(_printed, parts, where, asking)
        name = f"{reference}-{kind.replace('_', '-')}-{paper.made_on}"
        return await press_of(request).answer(request, paper, form, name)
    media, content = await run_in_threadpool(_document, parts, where, asking, known is not None)
    if part is not None:
        return await run_in_threadpool(_part, where, media, content, part)
    name = f"{where.sha256}.{SUFFIXES[media]}"
    saved = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers={**PRIVATE, **VARY, **saved}, media_type=media)


def _part(where: Where, media: str, content: bytes, number: int) -> Response:
    """One of the documents in a signed one; the number 0 answers which there are."""
    if number == 0:
        listed = dump(told_parts(content, media))
        return Response(listed, headers=PRIVATE, media_type="application/json")
    found = next(islice(parts_of(content, media), number - 1, None), None)
    if found is None:
        raise Problem("not_found")
    name = f"{where.sha256}-{number}.{SUFFIXES[found.type]}"
    saved = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found.content, headers={**PRIVATE, **VARY, **saved}, media_type=found.type)


def _form(request: Request, kind: str | None, told: PaperForm | None) -> PaperForm:
    """A signature is for programs alone, and what is no document of ours is what its bytes are."""
    if kind not in (None, SIGNATURE):
        return wanted_form(request, told)
    if told not in (None, "json"):
        raise Invalid([parameter_mistake("format", "not_allowed_value", allowed="json")])
    return "json"


@contextmanager
def _reading(parts: Parts, where: Where, asking: DocumentReader) -> Iterator[Connection]:
    """An application names its parties by IIN, and a photograph shows a home: of whom, to whom and
    in which case is on record, unless nothing was found.
    """
    actor = actor_of(asking.reader, asking.parties)
    try:
        with parts.engine.begin() as connection:
            note(connection, actor, "document_read", asking.parties.recipient, where.case_id)
            yield connection
    except Unreadable:  # the person was erased, and all that was sealed for them with it
        raise Problem("person_erased") from None


def _document(parts: Parts, where: Where, asking: DocumentReader, shown: bool) -> tuple[str, bytes]:
    """Media type and bytes; `shown`: it stands in the file, as far as the reader sees that."""
    side = side_of(actor_of(asking.reader, asking.parties))
    place = (str(where.case_id), where.sha256)
    with _reading(parts, where, asking) as connection:
        made = read_document(connection, parts.seal, *place) if shown else None
        if made is not None:
            return MEDIA[made.kind], made.content
        found = read_upload(connection, parts.seal, *place, side, shown)
        if found is None:
            raise Problem("not_found")
        return found


def _printed(parts: Parts, where: Where, asking: DocumentReader) -> tuple[str, PrintedPaper]:
    """The reference of the case, and the paper with its mark."""
    case_id = str(where.case_id)
    with _reading(parts, where, asking) as connection:
        document = read_document(connection, parts.seal, case_id, where.sha256)
        if document is None:
            raise Problem("not_found")
        reference = reference_of(connection, case_id)
        code = check_code(parts.seal, reference, document_subject(where.sha256))
        mark = CheckMark(f"{parts.public_url}/check/{code}", where.sha256)
        official = asking.reader.role in OFFICIALS
        wanted = Printing(document, paper_languages(), asking.lines, mark, names=official)
        return reference, print_document(connection, parts.seal, case_id, wanted)
