"""Signing in with a browser (OpenID Connect, code with PKCE): a page of people who are ready."""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from html import escape
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from sandbox.identity import IdentityProvider, TokenRequest
from sandbox.store import Store

CODE_SECONDS: Final = 60
# As whom a browser has signed in here: the signer on its machine signs as the same person.
COOKIE: Final = "sandbox_persona"
MOST_CODES: Final = 1_000
ENDED: Final = "http://schemas.openid.net/event/backchannel-logout"
STYLE: Final = (
    "body{font:18px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "button{font:inherit;display:block;width:100%;text-align:left;padding:.7rem 1rem;"
    "margin:.4rem 0}"
    "small{display:block;color:#4a5568}"
)


class Persona(BaseModel, extra="forbid"):
    """Somebody as whom one can sign in; `about` says what there is to do for them."""

    title: str = Field(pattern=r"^[a-z0-9_]{1,64}$")
    about: str = ""
    claims: TokenRequest


@dataclass(frozen=True)
class Wanted:
    """What a client asks when it sends a browser here (RFC 6749, 7636; OpenID Connect Core)."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str


@dataclass(frozen=True)
class Granted:
    """A code that was given out: for what, for whom, until when."""

    wanted: Wanted
    claims: TokenRequest
    signed_in_at: int
    until: float


@dataclass(frozen=True)
class Lasting:
    """A session of somebody here, for which there is another token at any time."""

    client_id: str
    claims: TokenRequest
    sid: str


class SignIn:
    """Gives out codes and refresh tokens, and takes each back once. They end with the process."""

    def __init__(self, store: Store, provider: IdentityProvider, product_url: str | None) -> None:
        self._store = store
        self._provider = provider
        self._product_url = product_url
        self._codes: dict[str, Granted] = {}
        self._lasting: dict[str, Lasting] = {}

    def check(self, wanted: Wanted) -> None:
        """No browser is sent elsewhere than to the product."""
        known = self._product_url is not None
        if not (known and wanted.redirect_uri.startswith(f"{self._product_url}/")):
            raise HTTPException(400, "redirect_uri is not the product's")
        if not wanted.code_challenge:
            raise HTTPException(400, "code_challenge is missing: PKCE is asked for")

    def personas(self) -> list[Persona]:
        """Those who are ready."""
        kept = json.loads(self._store.setting("personas") or "[]")
        return [Persona.model_validate(one) for one in kept]

    def keep(self, personas: list[Persona]) -> None:
        """Those who are ready from now on."""
        told = [one.model_dump(mode="json") for one in personas]
        self._store.remember("personas", json.dumps(told, ensure_ascii=False))

    def grant(self, wanted: Wanted, title: str) -> str:
        """The address that the browser goes back to, with a code in it."""
        self.check(wanted)
        persona = next((one for one in self.personas() if one.title == title), None)
        if persona is None:
            raise HTTPException(400, "there is nobody of this name")
        now = time.time()
        self._codes = {code: one for code, one in self._codes.items() if one.until > now}
        if len(self._codes) >= MOST_CODES:
            raise HTTPException(503, "too many people sign in at once")
        code = secrets.token_urlsafe(24)
        self._codes[code] = Granted(wanted, persona.claims, int(now), now + CODE_SECONDS)
        answer = {"code": code, "state": wanted.state, "iss": self._provider.issuer}
        return f"{wanted.redirect_uri}?{urlencode(answer)}"

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """The tokens for a code; it counts once, and only for who asked for it."""
        found = self._codes.pop(code, None)
        if found is None or found.until < time.time() or found.wanted.redirect_uri != redirect_uri:
            raise HTTPException(400, {"error": "invalid_grant"})
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != found.wanted.code_challenge:
            raise HTTPException(400, {"error": "invalid_grant"})
        lasting = Lasting(found.wanted.client_id, found.claims, secrets.token_urlsafe(12))
        about: dict[str, Any] = {
            "aud": found.wanted.client_id,
            "nonce": found.wanted.nonce,
            "auth_time": found.signed_in_at,
            "sid": lasting.sid,
        }
        return {"id_token": self._provider.issue(found.claims, about), **self._given(lasting)}

    def renew(self, refresh: str) -> dict[str, Any]:
        """The next token of a session that has not been ended here."""
        found = self._lasting.pop(refresh, None)
        if found is None:
            raise HTTPException(400, {"error": "invalid_grant"})
        return self._given(found)

    def end_all(self) -> list[str]:
        """End every session; what its client is told of each (back-channel logout)."""
        ended, self._lasting = self._lasting, {}
        return [self._told(one) for one in ended.values()]

    def _given(self, lasting: Lasting) -> dict[str, Any]:
        if len(self._lasting) >= MOST_CODES:
            self._lasting.pop(next(iter(self._lasting)))
        refresh = secrets.token_urlsafe(24)
        self._lasting[refresh] = lasting
        return {
            "access_token": self._provider.issue(lasting.claims),
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": lasting.claims.ttl_seconds,
        }

    def _told(self, lasting: Lasting) -> str:
        about = {"aud": lasting.client_id, "sid": lasting.sid, "events": {ENDED: {}}}
        return self._provider.issue(lasting.claims, about)


def routes(sign_in: SignIn) -> APIRouter:
    """What a browser and the product need to sign somebody in."""
    router = APIRouter(tags=["identity"])

    @router.put("/identity/personas", status_code=204)
    async def keep(personas: list[Persona]) -> None:
        sign_in.keep(personas)

    @router.get("/identity/authorize")
    async def ask(
        client_id: str,
        redirect_uri: str,
        state: str,
        code_challenge: str = "",
        nonce: Annotated[str, Query(max_length=200)] = "",
    ) -> HTMLResponse:
        wanted = Wanted(client_id, redirect_uri, state, nonce, code_challenge)
        sign_in.check(wanted)
        return HTMLResponse(_page(sign_in.personas(), wanted))

    @router.post("/identity/authorize")
    async def choose(
        title: Annotated[str, Form()],
        client_id: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
        state: Annotated[str, Form()],
        nonce: Annotated[str, Form()],
        code_challenge: Annotated[str, Form()],
    ) -> RedirectResponse:
        wanted = Wanted(client_id, redirect_uri, state, nonce, code_challenge)
        answer = RedirectResponse(sign_in.grant(wanted, title), 303)
        answer.set_cookie(COOKIE, title, httponly=True, samesite="lax")
        return answer

    @router.post("/identity/exchange")
    async def exchange(
        code: Annotated[str, Form()] = "",
        code_verifier: Annotated[str, Form()] = "",
        redirect_uri: Annotated[str, Form()] = "",
        refresh_token: Annotated[str, Form()] = "",
    ) -> dict[str, Any]:
        if refresh_token:
            return sign_in.renew(refresh_token)
        return sign_in.exchange(code, code_verifier, redirect_uri)

    @router.delete("/identity/sessions")
    async def end_all() -> dict[str, list[str]]:
        return {"logout_tokens": sign_in.end_all()}

    return router


def _page(personas: list[Persona], wanted: Wanted) -> str:
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in vars(wanted).items()
    )
    buttons = "".join(map(_button, personas)) or "<p>Nobody is ready: start with samples.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Sandbox: sign in</title><style>{STYLE}</style><main><h1>Sign in as</h1>"
        "<p>This is the sandbox's identity provider: nobody here exists.</p>"
        f'<form method="post" action="/identity/authorize">{kept}{buttons}</form></main></html>'
    )


def _button(one: Persona) -> str:
    name = escape(one.claims.name or one.title)
    told = escape(f"{one.title.replace('_', ' ')}: {one.about}" if one.about else one.claims.role)
    return f'<button name="title" value="{escape(one.title)}">{name}<small>{told}</small></button>'
