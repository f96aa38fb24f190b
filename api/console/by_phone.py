"""Signing with the phone (eGov Mobile): a code to scan, and what the phone asks and answers.

The phone signs in nowhere: its address is a secret that only the code gives, for one answer and a
short time. Whether the right person signed is judged where the signatures are used.
"""

import asyncio
import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote

import segno
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from api.console.look import page
from api.console.visits import Visitor
from api.deps import Parts, PartsDep
from api.labels import NAMES
from api.limits import Rates
from api.problems import Problem
from db.engine import reads
from db.phone_signings import ask_phone, end_phone, read_phone, sign_phone
from definitions.wording import text
from integrations.egov_mobile import (
    PREFIX,
    NotSigned,
    PhoneDocument,
    WhoAsks,
    documents,
    invitation,
    signatures,
)
from integrations.signatures import form_fault
from integrations.signatures.structure import Rejected

router = APIRouter(include_in_schema=False)
LASTS: Final = timedelta(minutes=10)
# What each field of a command is the signature of.
SIGNED: Final = {"signature": "application", "account_signature": "account"}


@dataclass(frozen=True, slots=True)
class PhoneRequest:
    """What somebody reads and signs; `signs` are the fields with the bytes of each, in base64.

    `kept` is what they said in the form, `facts` what stood on the page, `asking` who asks for it.
    """

    case: str
    command: str
    period: int | None
    until: str
    asking: Mapping[str, Any]
    signs: Mapping[str, str] = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)
    kept: Mapping[str, list[str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Phone:
    """What leads a phone there: a square to scan, and a link for who reads the page on it."""

    secret: str
    square: Markup
    link: str
    until: str
    signed: bool = False


async def ask(parts: Parts, waiting: PhoneRequest) -> Phone:
    """Wait for a phone to sign."""
    secret = secrets.token_bytes(32)
    held = json.dumps(asdict(waiting)).encode()
    await asyncio.to_thread(_ask, parts, secret, held, datetime.fromisoformat(waiting.until))
    return phone_of(parts, _written(secret), waiting.until)


def until() -> str:
    """When a code ends that is made now."""
    return (datetime.now(UTC) + LASTS).isoformat()


def phone_of(parts: Parts, secret: str, ends: str, *, signed: bool = False) -> Phone:
    """What is shown of a code that waits for its phone."""
    address = f"{parts.public_url}/egov/{secret}"
    made = BytesIO()
    # Light inside the frame, whatever the page is: what reads it wants dark on light.
    code = segno.make_qr(f"{PREFIX}{address}", error="m")
    code.save(made, kind="svg", xmldecl=False, nl=False, border=4, light="#fff", omitsize=True)
    link = parts.phone_link.format(address=quote(address, safe=""))
    return Phone(secret, Markup(made.getvalue().decode()), link, ends, signed)


async def look(parts: Parts, secret: str) -> tuple[PhoneRequest, dict[str, str] | None] | None:
    """What waits under a secret, and the signatures by field; None where it is over."""
    held = await asyncio.to_thread(_look, parts, _read(secret))
    if held is None:
        return None
    asked, made = held
    return PhoneRequest(**json.loads(asked)), None if made is None else json.loads(made)


async def end(parts: Parts, secret: str) -> None:
    """What was signed has been used."""
    await asyncio.to_thread(_end, parts, _read(secret))


@router.get("/cases/{reference}/sign/{command}/phone/{secret}")
async def state(
    request: Request, visit: Visitor, parts: PartsDep, reference: str, command: str, secret: str
) -> Response:
    """Whether the phone has answered: a part of the page, which asks again by itself."""
    held = await look(parts, secret)
    shown: dict[str, Any] = {"reference": reference, "command": command}
    if held is None:
        return page(request, visit, "phone_state.html", phone=None, **shown)
    waiting, made = held
    phone = phone_of(parts, secret, waiting.until, signed=made is not None)
    return page(request, visit, "phone_state.html", phone=phone, **shown)


@router.get("/egov/{secret}")
async def invite(request: Request, parts: PartsDep, secret: str) -> Response:
    """API 1, for whoever has the code: who asks, until when, and where the documents are."""
    waiting = await _unanswered(request, parts, secret)
    address = f"{parts.public_url}/egov/{secret}/documents"
    told = text("egov_mobile.asks", "ru", reference=waiting.case)
    asking = WhoAsks(waiting.asking["names"], waiting.asking["bin"])
    return _told(invitation(told, datetime.fromisoformat(waiting.until), asking, address))


@router.get("/egov/{secret}/documents")
async def give_out(request: Request, parts: PartsDep, secret: str) -> Response:
    """API 2, for whoever has the code: what is to be signed."""
    waiting = await _unanswered(request, parts, secret)
    return _told(documents(_to_sign(waiting), waiting.case))


@router.put("/egov/{secret}/documents")
async def take_back(request: Request, parts: PartsDep, secret: str) -> Response:
    """API 2, for whoever has the code: the same with a signature in place of each document, once.

    A signature that is not one of these documents is answered 403, as the phone expects.
    """
    waiting = await _unanswered(request, parts, secret)
    asked = _to_sign(waiting)
    try:
        made = signatures(await request.json(), len(asked))
        fit = all(_fits(cms, one) for cms, one in zip(made, asked, strict=True))
    except (ValueError, NotSigned, Rejected):
        fit = False
    if not fit:
        return _told({"message": text("egov_mobile.not_signed", "ru")}, 403)
    written = [base64.b64encode(one).decode() for one in made]
    kept = json.dumps(dict(zip(waiting.signs, written, strict=True))).encode()
    if not await asyncio.to_thread(_sign, parts, _read(secret), kept):
        raise Problem("not_found")
    return _told({"message": "success"})


async def _unanswered(request: Request, parts: Parts, secret: str) -> PhoneRequest:
    """What waits for the phone. Problem `not_found` for what is over, unknown or answered."""
    rates: Rates = request.app.state.checks
    rates.take_for(request.client and request.client.host)
    held = await look(parts, secret)
    if held is None or held[1] is not None:
        raise Problem("not_found")
    return held[0]


def _to_sign(waiting: PhoneRequest) -> list[PhoneDocument]:
    found = []
    for name, content in waiting.signs.items():
        names = NAMES["kind"](SIGNED[name])
        assert names is not None, "every document has a name"
        found.append(PhoneDocument(names, base64.b64decode(content)))
    return found


def _fits(cms: bytes, one: PhoneDocument) -> bool:
    """Whether it is a signature of this document; whose it is, is judged where it is used."""
    return form_fault(cms, one.content) is None


def _told(told: Mapping[str, Any], status: int = 200) -> Response:
    return JSONResponse(told, status, {"Cache-Control": "no-store"})


def _written(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def _read(secret: str) -> bytes:
    """Problem `not_found` for what is no secret of ours."""
    try:
        return base64.urlsafe_b64decode(f"{secret}{'=' * (-len(secret) % 4)}")
    except (binascii.Error, ValueError):
        raise Problem("not_found") from None


def _ask(parts: Parts, secret: bytes, held: bytes, ends: datetime) -> None:
    with parts.engine.begin() as connection:
        ask_phone(connection, secret, held, ends)


def _look(parts: Parts, secret: bytes) -> tuple[bytes, bytes | None] | None:
    with reads(parts.engine) as connection:
        return read_phone(connection, secret)


def _sign(parts: Parts, secret: bytes, made: bytes) -> bool:
    with parts.engine.begin() as connection:
        return sign_phone(connection, secret, made)


def _end(parts: Parts, secret: bytes) -> None:
    with parts.engine.begin() as connection:
        end_phone(connection, secret)
