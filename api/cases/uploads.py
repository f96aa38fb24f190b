"""Documents that people upload to a case, to name them in a command afterwards.

Nothing is kept that was not recognised by its content and found clean: while the virus scanner is
away, nothing is taken.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlalchemy import Connection
from starlette.responses import Response

from api.access import Parties, actor_of
from api.auth import Caller, Reader
from api.cases.pages import PRIVATE, USUAL, check_access
from api.deps import IdempotencyKey, Parts, PartsDep
from api.door import OUTSIDE_THREADS, Desk, Prepared
from api.labels import labelled
from api.mistakes import mistake_at
from api.once import Once, once_for
from api.problems import Invalid, Problem
from api.rendering import dump, instant
from api.schemas import Answer
from db.audit import note
from db.uploads import NewUpload, NoRoom, find_uploads, keep_upload, side_of, use_uploads
from definitions.command_forms import command_forms
from domain.messages import Actor
from integrations.documents import TYPES, Content, WrongDocument, parts_of, recognise
from integrations.errors import Unavailable

router = APIRouter(prefix="/v1/cases", tags=["cases"])

FIELD: Final = "documents"
# Each that waits to be looked at holds its bytes in memory.
MOST_WAITING: Final = 16
Kind = Literal["complaint", "proof", "handover_act", "attachment", "decision"]


class PartAnswer(Answer):
    """A document in a signed one."""

    number: int = Field(description="By which it is read: `?part=`")
    name: str | None = Field(description="As the container names it; null: an envelope names none")
    type: Literal[TYPES] = Field(description="What it is by its content")  # type: ignore[valid-type]  # as below
    bytes: int = Field(description="How long it is")


class UploadAnswer(Answer):
    """An upload as it is kept."""

    sha256: str = Field(description="The hash of its bytes, by which commands name it")
    type: Literal[TYPES] = Field(description="What it is by its content, whatever was claimed")  # type: ignore[valid-type]  # the very list that is recognised
    bytes: int = Field(description="How long it is")
    kind: Kind = Field(description="What it is for")
    unused_until: datetime | None = Field(
        description="When it is removed unless a command names it; null: one has"
    )
    href: str = Field(description="Where it is read")
    parts: list[PartAnswer] = Field(description="The documents in a signed envelope or container")


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": (
            "The bytes of a PDF, JPEG, PNG, HEIC, CMS envelope (.p7m) or ASiC container. What they"
            " are is told by their content; `Content-Type` is only a claim."
        ),
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_EXAMPLE: Final = {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "type": "application/pdf",
    "bytes": 48213,
    "kind": "handover_act",
    "unused_until": "2026-12-31T09:00:00Z",
    "href": "/v1/cases/019f0000-0000-7000-8000-000000000000/documents/9f86d081884c7d65"
    "9a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "parts": [],
}


class Lookers:
    """Those who look at uploads: so many at a time, and so many that wait for them."""

    def __init__(self) -> None:
        self.limiter = CapacityLimiter(OUTSIDE_THREADS)
        self._held = 0

    def prove_room(self) -> None:
        """Problem `unavailable` where too many wait for them already."""
        if self._held >= OUTSIDE_THREADS + MOST_WAITING:
            raise Problem("unavailable")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """A place while the block lasts: taken at once, for others come before the wait begins."""
        self.prove_room()
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1


@dataclass(frozen=True, slots=True)
class _Offered:
    """What somebody uploads, before anything is known of it."""

    case_id: UUID
    kind: str
    sha256: str
    content: bytearray
    actor: Actor
    recipient: UUID


@router.post(
    "/{case_id}/documents",
    operation_id="uploadDocument",
    response_class=Response,
    status_code=201,
    responses={
        201: {
            "model": UploadAnswer,
            "description": "Kept for your side of the case",
            "content": {"application/json": {"example": _EXAMPLE}},
        },
        409: {"description": "Your side keeps as much as it may; or the key is in use"},
    },
    openapi_extra=_BODY,
)
async def upload(
    request: Request,
    parts: PartsDep,
    reader: Reader,
    case_id: UUID,
    key: IdempotencyKey,
    kind: Annotated[Kind, Query(description="What it is for")],
) -> Response:
    """Upload a document, to name it by its hash in `documents` of a command.

    Only who may ask something now that takes documents may upload. It is read by your side alone
    until a command names it, then by all who see what came of that. What no command names in time
    is removed.
    """
    state = request.app.state
    lookers: Lookers = state.lookers
    lookers.prove_room()
    await _check_needed(request, reader, case_id)
    stand = await check_access(state.pool, reader, case_id)
    content, digest = await _received(request)
    parties = Parties.of(stand)
    actor = actor_of(reader, parties)
    offered = _Offered(case_id, kind, digest, content, actor, parties.recipient)
    with lookers.hold():
        media = await to_thread.run_sync(_check, parts, offered, limiter=lookers.limiter)
    once = once_for(request, parts.seal, key, f"{kind} {digest}".encode())

    told = await run_in_threadpool(_kept_once, parts, once, offered, media)
    # What documents in it are called may name somebody: it is told, and kept nowhere.
    told["parts"] = await run_in_threadpool(told_parts, content, media)
    return Response(dump(labelled(told)), 201, PRIVATE, "application/json")


async def _check_needed(request: Request, reader: Caller, case_id: UUID) -> None:
    """Problem `not_allowed` for who may ask nothing now that takes documents, `not_found` for those
    to whom there is no such case.
    """
    state = request.app.state
    page = await state.pages.read(state.pool, reader, case_id, USUAL)
    may = {one["name"] for one in json.loads(page.body)["you"]["may"]}
    if may.isdisjoint(_taking()):
        raise Problem("not_allowed")


@cache
def _taking() -> frozenset[str]:
    """The commands that may name documents."""
    return frozenset(name for name, form in command_forms().items() if FIELD in form.fields)


async def _received(request: Request) -> tuple[bytearray, str]:
    """The body as it comes in, held once; the gate bounds its length and its time."""
    content, digest = bytearray(), hashlib.sha256()
    async for part in request.stream():
        content += part
        digest.update(part)
    return content, digest.hexdigest()


def _check(parts: Parts, offered: _Offered) -> str:
    """The media type. Invalid for what is not taken, Problem `unavailable` where the scanner does
    not say.
    """
    try:
        media = recognise(offered.content)
    except WrongDocument as wrong:
        raise Invalid([mistake_at("", wrong.flaw)]) from None
    try:
        inside = (one.content for one in parts_of(offered.content, media))
        every: Iterable[Content] = chain((offered.content,), inside)
        harmful = any(parts.scanner.finds(one) for one in every)
    except Unavailable:
        raise Problem("unavailable") from None
    if harmful:
        with parts.engine.begin() as connection:
            about = (offered.actor, "harmful_upload", offered.recipient, offered.case_id)
            note(connection, *about, sha256=offered.sha256)
        raise Invalid([mistake_at("", "document_harmful")])
    return media


def _kept_once(parts: Parts, once: Once, offered: _Offered, media: str) -> dict[str, Any]:
    """What it is told of, also repeated; what has gone meanwhile is kept anew: here it is again."""
    with parts.engine.begin() as connection:
        made = once.known(connection)
        if made is None or not _stands(connection, offered):
            made = _keep(connection, parts, offered, media)
            once.keep(connection, made)
        return made


def _stands(connection: Connection, offered: _Offered) -> bool:
    side, named = side_of(offered.actor), [offered.sha256]
    return bool(find_uploads(connection, str(offered.case_id), side, named))


def _keep(connection: Connection, parts: Parts, offered: _Offered, media: str) -> dict[str, Any]:
    made = NewUpload(offered.kind, media, offered.sha256, offered.content)
    case_id = str(offered.case_id)
    try:
        told = keep_upload(connection, parts.seal, case_id, offered.actor, made, parts.room)
    except NoRoom:
        raise Problem("too_many_documents") from None
    until = told["unused_until"]
    told["unused_until"] = until and instant(until)
    told["href"] = f"/v1/cases/{case_id}/documents/{offered.sha256}"
    return told


def told_parts(content: Content, media: str) -> list[dict[str, Any]]:
    """What a signed document holds, numbered from 1."""
    return [
        {"number": number, "name": one.name, "type": one.type, "bytes": len(one.content)}
        for number, one in enumerate(parts_of(content, media), start=1)
    ]


def with_documents(prepare: Callable[[Desk], Prepared]) -> Callable[[Desk], Prepared]:
    """The same command with the uploads that it names: proven to be of this case and of the side of
    who asks, told to the decider by kind and type, and kept for good where it is taken.
    """

    def prepared(desk: Desk) -> Prepared:
        made, named = prepare(desk), desk.said.get(FIELD)
        if not named:
            return made
        place = (desk.connection, desk.case.id, side_of(desk.actor), named)
        kept = find_uploads(*place)
        missing = [n for n, one in enumerate(named) if one not in kept]
        if missing:
            raise Invalid(mistake_at(f"{FIELD}/{n}", "document_not_kept") for n in missing)

        def keep() -> None:
            made.keep()
            use_uploads(*place)

        data = {**made.data, FIELD: named}
        facts = {**made.facts, FIELD: [kept[one] for one in named]}
        return replace(made, data=data, facts=facts, keep=keep)

    return prepared
