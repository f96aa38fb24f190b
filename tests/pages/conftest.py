"""Real browsers before the portal, which is served over HTTP; a machine without Chromium skips.

Everything runs in one loop, so that one Chromium serves all tests of a process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, async_playwright
from sqlalchemy import Engine

from api.auth import Doorkeeper
from api.console.provider import SignInProvider
from api.door import Door
from api.identify import PersonRegister
from api.issuer import ClientProof
from api.tokens import TokenVerifier
from integrations.signatures import PyhankoVerifier, RevocationLists, TrustStore, read_trust
from tests.api.conftest import around, engine, outside, watched
from tests.api.world import World
from tests.pages.desk import PHONE, Desk, window
from tests.sandbox.world import World as Outside
from tests.support.amount import EVERY_PAGE
from tests.support.browser import CHROMIUM, FLAGS

__all__ = ["engine", "outside"]
# Made by `make test-pages` alone.
collect_ignore = (
    [] if EVERY_PAGE else ["test_stories.py", "test_by_keyboard.py", "test_barriers.py"]
)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One for all tests of this process: its start takes longer than many pages."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: nothing is known of the pages in a browser")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@dataclass
class Pages:
    """The portal as browsers reach it. With `keys` nobody has a mouse."""

    world: World
    root: str
    outside: Outside
    chromium: Browser = field(repr=False)
    keeper: Doorkeeper = field(repr=False)
    door: Door = field(repr=False)
    server: "Served" = field(repr=False)
    desks: list[Desk] = field(default_factory=list)
    keys: bool = False
    personas: dict[str, Any] = field(default_factory=dict)

    async def new(self, language: str = "kk", size: tuple[int, int] = PHONE, **more: Any) -> Desk:
        """A browser window; what fails in one fails the test.

        From the first on only people of the sandbox's provider are known.
        """
        self._let_in(self.keeper, self.door)
        made = await window(self.chromium, self.root, self.outside, language, size, **more)
        made.keys, made.personas = self.keys, self.personas
        self.desks.append(made)
        return made

    async def at(
        self, claims: dict[str, Any], language: str = "kk", path: str = "", **more: Any
    ) -> Desk:
        """A window in which somebody has signed in, before a page."""
        desk = await self.new(language, **more)
        await desk.sign_in(claims)
        if path:
            await desk.open(path)
        return desk

    @asynccontextmanager
    async def world_acts(self) -> AsyncIterator[World]:
        """Meanwhile the people and systems of the world are known, as before the first window.

        No window shows a page by then: who is not known any more would be sent to sign in.
        """
        for desk in self.desks:
            await desk.page.goto("about:blank")
        self._let_in(*self.before)
        yield self.world
        self._let_in(self.keeper, self.door)

    @asynccontextmanager
    async def nobody_answers(self) -> AsyncIterator[None]:
        """Meanwhile the portal is not reached by anybody."""
        await self.server.stop()
        yield
        await self.server.start()

    def _let_in(self, keeper: Doorkeeper, door: Door) -> None:
        """Whose tokens and whose signatures count."""
        state = self.world.app.state
        state.doorkeeper, state.door = keeper, door

    def __post_init__(self) -> None:
        state = self.world.app.state
        self.before = (state.doorkeeper, state.door)


@pytest_asyncio.fixture(loop_scope="session")
async def pages(
    engine: Engine, app_database_url: str, outside: Outside, chromium: Browser, tmp_path: Path
) -> AsyncIterator[Pages]:
    """The portal on a port, with the provider, the signer and the certificates of a sandbox."""
    people = httpx.AsyncClient(trust_env=False)
    tokens = TokenVerifier(outside.url, "ozhb", people, timedelta(hours=12))
    root = f"http://127.0.0.1:{outside.product.port}"
    async with around(engine, app_database_url) as world:
        watched(world, outside)
        state = world.app.state
        state.parts = replace(
            state.parts,
            tokens=tokens,
            provider=SignInProvider(tokens, ClientProof("ozhb-pages")),
            public_url=root,
            signer_address=f"ws://127.0.0.1:{outside.port}/ncalayer",
        )
        register = PersonRegister(state.parts.engine, state.parts.seal)
        trust_sandbox(tmp_path, outside)
        wire = httpx.Client()
        trust = TrustStore(read_trust(tmp_path / "trust.toml"), RevocationLists(wire))
        door = replace(state.door, signatures=PyhankoVerifier(trust))
        keeper = Doorkeeper(tokens, register.identify)
        server = Served(world, outside.product.port)
        made = Pages(world, root, outside, chromium, keeper, door, server)
        await server.start()
        yield made
        for desk in made.desks:
            await desk.close()
        await server.stop()
        wire.close()
    await people.aclose()
    assert [fault for desk in made.desks for fault in desk.faults] == []


def trust_sandbox(folder: Path, outside: Outside) -> None:
    """Who signs before a page has a certificate of the sandbox."""
    root = outside.client.get("/ca/root.pem").text.strip()
    crl = f"{outside.url}/ca/revoked.crl"
    told = f'[[anchor]]\ncertificate = """\n{root}\n"""\ncrl = "{crl}"\n'
    (folder / "trust.toml").write_text(told)


class Served:
    """The application of a world behind a real HTTP server, in this loop."""

    def __init__(self, world: World, port: int) -> None:
        self._config = uvicorn.Config(
            world.app, host="127.0.0.1", port=port, lifespan="off", log_config=None
        )

    async def start(self) -> None:
        self._server = uvicorn.Server(self._config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._task
