"""Pages ask the API through its own door, in this process, with the token of who is signed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import uuid4

import httpx
from fastapi import FastAPI, Request

from api.console.forms import plainly
from api.console.look import language_of
from api.console.visits import SignInFirst, Visit
from api.printing import MEDIA
from api.problems import Problem
from api.stepping_up import told_by_page

HOUSE: Final = "http://portal"
# What ends by itself: it is worth asking again.
PASSING: Final = (408, 429)


class NotDone(Exception):
    """The API does not do what a page asked; `problem` says why, in the language of the page."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"the API answers {status}")
        self.status = status
        self.problem = problem

    def key_after(self, key: str) -> str:
        """The key of the form that comes back: a refusal has spent its own; any other form is still
        the same, which may have been done all the same.
        """
        return str(uuid4()) if self.status == 409 else key

    def inside(self, field: str) -> Self:
        """The same of a part of a form: its mistakes stand at the places below this field."""
        errors = [
            {**one, "pointer": f"/{field}{one.get('pointer', '')}"}
            for one in self.problem.get("errors", ())
        ]
        return type(self)(self.status, {**self.problem, "errors": errors})


@dataclass(frozen=True, slots=True)
class Api:
    """The API as one person sees it, in one language.

    `references`: ids of cases that somebody asked for; the API proves anew who may see which.
    `laws`: published processes, by edition, kind of entitlement and language. `known`: what was
    asked for this page already.
    """

    http: httpx.AsyncClient
    references: dict[str, str]
    laws: dict[tuple[str, str, str], Any] = field(repr=False)
    known: dict[str, Any] = field(repr=False)
    visit: Visit = field(repr=False)
    language: str

    async def get(self, path: str, **query: Any) -> Any:
        """What it answers. NotDone for what is no success, SignInFirst without a valid token."""
        given = {name: value for name, value in query.items() if value not in (None, "", [])}
        return _read(await self._asked("GET", path, params=given))

    async def me(self) -> Any:
        """Who the reader is to the portal: asked once a page, as long as the page changes nothing.

        NotDone, SignInFirst.
        """
        if "me" not in self.known:
            self.known["me"] = await self.get("/v1/me")
        return self.known["me"]

    async def send(self, method: str, path: str, body: Any, key: str) -> Any:
        """The same for what changes something; under the same key it is done once."""
        self.known.clear()
        return _read(await self._asked(method, path, json=body, headers={"Idempotency-Key": key}))

    async def upload(self, path: str, content: bytes, headers: Mapping[str, str]) -> Any:
        """The same for a document."""
        return _read(await self._asked("POST", path, content=content, headers=headers))

    async def paper(self, path: str, body: Any) -> str:
        """What would be signed, as it is read: a page of HTML."""
        accepted = {"Accept": MEDIA["html"]}
        return (await self._asked("POST", path, json=body, headers=accepted)).text

    async def download(self, path: str, body: Any, key: str) -> httpx.Response:
        """The very answer to what is sent: of a file that is made anew."""
        return await self._asked("POST", path, json=body, headers={"Idempotency-Key": key})

    async def raw(self, path: str, form: str = "") -> httpx.Response:
        """The very answer: a paper of ours as json, html or pdf, an upload as its bytes are."""
        return await self._asked("GET", path, headers={"Accept": MEDIA.get(form, "*/*")})

    async def _asked(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **said: Any
    ) -> httpx.Response:
        """The very answer. NotDone for what is no success, its mistakes in plain words."""
        named = {
            "Authorization": f"Bearer {self.visit.token}",
            "Accept-Language": self.language,
            **(headers or {}),
        }
        # What a form sent goes on as it is, be it no key at all: the API says what is wrong.
        sent = {name.encode(): value.encode("utf-8", "replace") for name, value in named.items()}
        try:
            with told_by_page(self.visit.signed_in.proof):
                answer = await self.http.request(method, path, headers=sent, **said)
        except httpx.InvalidURL:
            raise Problem("not_found") from None
        if answer.status_code == 401:
            raise SignInFirst(fresh=answer.json()["code"] == "sign_in_too_old")
        if answer.is_error:
            problem = answer.json()
            errors = plainly(problem.get("errors", ()), self.language)
            raise NotDone(answer.status_code, {**problem, "errors": errors})
        return answer


def _read(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


def way_inside(app: FastAPI) -> httpx.AsyncClient:
    """A client whose requests pass all that any other request passes."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOUSE)


def api_of(request: Request, visit: Visit) -> Api:
    """The API as who is signed in sees it, in the language of the page."""
    state = request.app.state
    if not hasattr(request.state, "known"):
        request.state.known = {}
    shared = (state.inside, state.references, state.laws, request.state.known)
    return Api(*shared, visit, language_of(request))
