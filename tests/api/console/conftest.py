"""Browsers of people who sign in at the identity provider of a sandbox."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.auth import Doorkeeper
from api.console.provider import SignInProvider
from api.identify import PersonRegister
from api.issuer import ClientProof
from api.tokens import TokenVerifier
from tests.api.world import AUTHORITY_BIN, World
from tests.sandbox.world import World as Outside
from tests.support.intake import iin

CLERK: dict[str, Any] = {"role": "caseworker", "iin": iin(901), "authority": AUTHORITY_BIN}
RECIPIENT: dict[str, Any] = {"role": "recipient", "iin": iin(1)}


@dataclass
class Browser:
    """A browser without scripts: it keeps cookies, follows links, and sends forms as they stand.

    `sandbox` is where its person signs in.
    """

    http: httpx.AsyncClient
    sandbox: httpx.Client

    async def open(self, address: str) -> httpx.Response:
        """A page, wherever it leads within the portal."""
        answer = await self.http.get(address, follow_redirects=False)
        while answer.is_redirect and answer.headers["location"].startswith("/"):
            answer = await self.http.get(answer.headers["location"], follow_redirects=False)
        return answer

    async def send(self, address: str, **fields: Any) -> httpx.Response:
        """A form from a page of the portal."""
        return await self.http.post(
            address, data=fields, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False
        )

    async def sign_in(self, claims: dict[str, Any], back: str = "/") -> httpx.Response:
        """As a persona of the sandbox: to the provider, and back to where somebody wanted to go."""
        return await self.open(relative(await self.at_provider(claims, back)))

    async def at_provider(self, claims: dict[str, Any], back: str = "/") -> str:
        """The address that the provider sends the browser back to."""
        persona = {"title": "somebody", "claims": claims}
        self.sandbox.put("/identity/personas", json=[persona]).raise_for_status()
        answer = await self.http.get("/sign-in", params={"back": back}, follow_redirects=False)
        shown = self.sandbox.get(answer.headers["location"])
        form = {"title": "somebody", **hidden(shown.text)}
        sent = self.sandbox.post("/identity/authorize", data=form)
        return sent.headers["location"]


def relative(address: str) -> str:
    """The part of an address that the portal serves."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def hidden(page: str) -> dict[str, str]:
    """What a form of a page sends along, whatever is typed."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


@pytest.fixture
async def browser(world: World, outside: Outside) -> AsyncIterator[Callable[[], Browser]]:
    """Makes browsers, each with cookies of its own.

    From the first of them on only people of the sandbox are known: cases are prepared before.
    """
    people = httpx.AsyncClient(trust_env=False)
    tokens = TokenVerifier(outside.url, "ozhb", people, timedelta(hours=12))
    public = f"http://127.0.0.1:{outside.product.port}"
    parts = replace(
        world.app.state.parts,
        tokens=tokens,
        provider=SignInProvider(tokens, ClientProof("ozhb-pages")),
        public_url=public,
    )
    made: list[httpx.AsyncClient] = [people]

    def make() -> Browser:
        world.app.state.parts = parts
        register = PersonRegister(parts.engine, parts.seal)
        world.app.state.doorkeeper = Doorkeeper(tokens, register.identify)
        made.append(httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url=public))
        return Browser(made[-1], outside.client)

    yield make
    for one in made:
        await one.aclose()
