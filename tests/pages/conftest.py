"""Real browsers before the portal, which is served over HTTP; a machine without Chromium skips."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from api.auth import Doorkeeper
from api.console.provider import SignInProvider
from api.identify import PersonRegister
from api.tokens import TokenVerifier
from integrations.signatures import PyhankoVerifier, RevocationLists, TrustStore, read_trust
from tests.api.conftest import engine, outside, portal, world
from tests.api.world import World
from tests.sandbox.world import World as Outside
from tests.support.polling import BOUND_SECONDS

__all__ = ["engine", "outside", "portal", "world"]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDE, PHONE = (1100, 900), (320, 640)
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass
class Desk:
    """Somebody before a browser of their own."""

    page: Page
    root: str
    outside: Outside
    faults: list[str] = field(default_factory=list)

    async def sign_in(self, claims: dict[str, Any], title: str = "somebody") -> None:
        """As a persona of the sandbox."""
        persona = {"title": title, "claims": claims}
        put = self.outside.client.put
        (await asyncio.to_thread(put, "/identity/personas", json=[persona])).raise_for_status()
        await self.open("/")
        await self.page.click("main a.button")
        await self.page.click(f"button[value={title}]")

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.root}{path}")

    async def speak(self, language: str) -> None:
        """From now on in this language."""
        await self.page.click(f"header button[value={language}]")

    async def barriers(self) -> list[str]:
        """What axe finds on the page, in words; and what does not fit on a narrow screen."""
        found = await Axe().run(self.page, options=RULES)
        told = [
            f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})"
            for one in found.response["violations"]
        ]
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if await self.page.evaluate(wide) > 0:
            told.append(f"it scrolls sideways at {self.page.viewport_size}")
        return told


@dataclass
class Pages:
    """The portal as browsers reach it."""

    world: World
    root: str
    new: Callable[..., Awaitable[Desk]]


@pytest.fixture
async def pages(portal: World, outside: Outside, tmp_path: Path) -> AsyncIterator[Pages]:
    """The portal on a port; from here on only people of the sandbox's provider are known.

    `new(size)` opens a browser window; what fails in one fails the test.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: nothing is known of the pages in a browser")
    people = httpx.AsyncClient(trust_env=False)
    tokens = TokenVerifier(outside.url, "ozhb", people, timedelta(hours=12))
    root = f"http://127.0.0.1:{outside.product.port}"
    state = portal.app.state
    state.parts = replace(
        state.parts,
        tokens=tokens,
        provider=SignInProvider(tokens, "ozhb-pages"),
        public_url=root,
        signer_address=f"ws://127.0.0.1:{outside.port}/ncalayer",
    )
    register = PersonRegister(state.parts.engine, state.parts.seal)
    keeper = Doorkeeper(tokens, register.identify)
    trust_sandbox(tmp_path, outside)
    lists = RevocationLists(httpx.Client())
    trust = TrustStore(read_trust(tmp_path / "trust.toml"), lists)
    state.door = replace(state.door, signatures=PyhankoVerifier(trust))
    desks: list[Desk] = []
    async with served(portal, outside.product.port), async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        async def new(size: tuple[int, int] = WIDE) -> Desk:
            state.doorkeeper = keeper
            made = await _window(browser, size, root, outside)
            desks.append(made)
            return made

        yield Pages(portal, root, new)
        await browser.close()
    await people.aclose()
    assert [fault for desk in desks for fault in desk.faults] == []


def trust_sandbox(folder: Path, outside: Outside) -> None:
    """Who signs before a page has a certificate of the sandbox."""
    root = outside.client.get("/ca/root.pem").text.strip()
    crl = f"{outside.url}/ca/revoked.crl"
    told = f'[[anchor]]\ncertificate = """\n{root}\n"""\ncrl = "{crl}"\n'
    (folder / "trust.toml").write_text(told)


async def _window(browser: Browser, size: tuple[int, int], root: str, outside: Outside) -> Desk:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="ru-RU", timezone_id="Asia/Almaty"
    )
    context.set_default_timeout(BOUND_SECONDS * 1000)
    page = await context.new_page()
    desk = Desk(page, root, outside)
    page.on("pageerror", lambda error: desk.faults.append(f"script: {error.message}"))
    page.on("response", lambda answer: _note(desk, answer.status, answer.url))
    return desk


def _note(desk: Desk, status: int, address: str) -> None:
    if status >= 500:
        desk.faults.append(f"{status} {address}")


class served:
    """The application of a world behind a real HTTP server, in this loop."""

    def __init__(self, world: World, port: int) -> None:
        config = uvicorn.Config(
            world.app, host="127.0.0.1", port=port, lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0)

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._task
