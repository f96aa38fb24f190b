"""A phone with eGov Mobile: it reads what a QR code leads to, signs, and sends it back.

It signs as the persona that this browser has signed in as, with a key of the moment.
"""

import asyncio
import base64
from html import escape
from typing import Annotated, Any, Final

import httpx
from fastapi import APIRouter, Cookie, Form, HTTPException
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from sandbox.ncalayer import sign_as
from sandbox.signing_in import COOKIE, STYLE, Persona, SignIn

PREFIX: Final = "mobileSign:"
Owner = Annotated[str, Cookie(alias=COOKIE)]


class Scanned(BaseModel, extra="forbid"):
    """A code in front of the camera, and whose phone it is (the title of a persona)."""

    code: str
    title: str


class Phone:
    """Somebody's phone; it opens only what the product gives out."""

    def __init__(self, sign_in: SignIn, sandbox_url: str, product_url: str | None) -> None:
        self._sign_in, self._sandbox_url, self._product_url = sign_in, sandbox_url, product_url

    def read(self, http: httpx.Client, address: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What API 1 and API 2 say."""
        invited = self._get(http, address)
        return invited, self._get(http, invited["document"]["uri"])

    async def sign(self, address: str, title: str) -> httpx.Response:
        """Sign all of it as a persona, and send it back."""
        persona = next((one for one in self._sign_in.personas() if one.title == title), None)
        if persona is None:
            raise HTTPException(409, "nobody has signed in here with this browser")
        return await asyncio.to_thread(self._sign, address, persona)

    def _sign(self, address: str, persona: Persona) -> httpx.Response:
        with httpx.Client(trust_env=False) as http:
            invited, asked = self.read(http, address)
            for one in asked["documentsToSign"]:
                content = base64.b64decode(one["document"]["file"]["data"])
                made = sign_as(self._sandbox_url, persona.claims, content)
                one["document"]["file"]["data"] = made
            return http.put(invited["document"]["uri"], json=asked)

    def _get(self, http: httpx.Client, address: str) -> dict[str, Any]:
        known = self._product_url is not None and address.startswith(f"{self._product_url}/")
        if not known:
            raise HTTPException(400, "the domain is not in the list of eGov Mobile")
        answer = http.get(address)
        if answer.is_error:
            raise HTTPException(404, "the code is over, or was used")
        told: dict[str, Any] = answer.json()
        return told


def routes(phone: Phone) -> APIRouter:
    """A page for people who follow a link, and a way for programs that hold a code."""
    router = APIRouter(tags=["signer"])

    @router.post("/egov-mobile/codes")
    async def scan(scanned: Scanned) -> dict[str, Any]:
        address = scanned.code.removeprefix(PREFIX)
        answer = await phone.sign(address, scanned.title)
        return {"status": answer.status_code, "answer": answer.json()}

    @router.get("/egov-mobile")
    async def show(link: str) -> HTMLResponse:
        def read() -> tuple[dict[str, Any], dict[str, Any]]:
            with httpx.Client(trust_env=False) as http:
                return phone.read(http, link)

        invited, asked = await asyncio.to_thread(read)
        names = "".join(f"<li>{escape(one['nameRu'])}</li>" for one in asked["documentsToSign"])
        return _page(
            f"<h1>{escape(invited['organisation']['nameRu'])}</h1>"
            f"<p>{escape(invited['description'])}</p><ul>{names}</ul>"
            f'<form method="post"><input type="hidden" name="link" value="{escape(link)}">'
            "<button>Подписать</button></form>"
        )

    @router.post("/egov-mobile")
    async def sign(link: Annotated[str, Form()], title: Owner = "") -> HTMLResponse:
        answer = await phone.sign(link, title)
        well = "Подписано. Вернитесь на портал." if answer.is_success else "Подпись не принята."
        return _page(f"<h1>{well}</h1>")

    return router


def _page(told: str) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="ru"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Sandbox: eGov Mobile</title><style>{STYLE}</style><main>{told}</main></html>"
    )
