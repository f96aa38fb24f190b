"""The portal before a provider that others made, both served over HTTP."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from re import findall
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from api.auth import Doorkeeper
from api.claims import ClaimNames
from api.console.provider import SignInProvider
from api.identify import PersonRegister
from api.issuer import ClientProof
from api.stepping_up import StepUp
from api.tokens import TokenVerifier
from tests.api.conftest import engine, world
from tests.api.world import AUTHORITY_BIN, SUPPLIER_BIN, World
from tests.pages.conftest import Served
from tests.sandbox.world import find_port, wait_until
from tests.support.amount import REAL_PROVIDER
from tests.support.intake import iin

__all__ = ["engine", "world"]
# Made by `make verify-oidc` alone.
collect_ignore = [] if REAL_PROVIDER else ["test_real_provider.py"]
HERE: Final = Path(__file__).parent
AUDIENCE: Final = "https://portal.example"
SECRET: Final = "a secret: of + the/pages"
CARD: Final = "urn:ozhb:smart-card"
WHO: Final = {
    "people": {
        "clerk": {
            "realm_access": {"roles": ["everybody", "portal-clerk"]},
            "person": {"iin": iin(901), "name": "ҮЛГІ МАМАН"},
            "authority": AUTHORITY_BIN,
        },
        "admin": {
            "realm_access": {"roles": ["portal-admin"]},
            "person": {"iin": iin(904), "name": "ҮЛГІ ӘКІМШІ"},
        },
        "stranger": {"realm_access": {"roles": ["everybody"]}, "person": {"iin": iin(905)}},
    },
    "programs": {
        "e-sobes": {"realm_access": {"roles": ["portal-esobes"]}},
        "supplier-erp": {
            "realm_access": {"roles": ["portal-supplier"]},
            "person": {"iin": iin(902)},
            "bin": SUPPLIER_BIN,
        },
        "a-stranger": {},
    },
}
NAMES: Final = ClaimNames(
    {"role": ("realm_access.roles",), "iin": ("person.iin",), "name": ("person.name",)},
    {
        "portal-clerk": "caseworker",
        "portal-admin": "administrator",
        "portal-esobes": "esobes",
        "portal-supplier": "supplier",
    },
)


@dataclass
class RealProvider:
    """Where it is, and a client that holds no cookie."""

    url: str
    portal_port: int
    http: httpx.Client = field(repr=False)

    @property
    def portal(self) -> str:
        return f"http://127.0.0.1:{self.portal_port}"

    def token_of(self, program: str, secret: str = "", **said: str) -> httpx.Response:
        """What a program is given for its own secret."""
        form = {"grant_type": "client_credentials", "resource": AUDIENCE, **said}
        proof = httpx.BasicAuth(program, (secret or f"a secret of {program}").replace(" ", "+"))
        return self.http.post(f"{self.url}/token", data=form, auth=proof)

    def change_keys(self, how: str) -> None:
        """`next`: another key signs from now on; `only`: those of before are forgotten."""
        self.http.get(f"{self.url}/keys/{how}").raise_for_status()


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    """oidc-provider of its registry, at the versions of the lock."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("not checked: no Node")
    place = tmp_path_factory.mktemp("provider")
    for name in ("package.json", "package-lock.json", "provider.js"):
        shutil.copy(HERE / name, place)
    install = [npm, "ci", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run(install, cwd=place, check=True)
    http = httpx.Client(trust_env=False, timeout=10)
    made = RealProvider(f"http://127.0.0.1:{find_port()}", find_port(), http)
    said = {"ISSUER": made.url, "PORTAL": made.portal, "AUDIENCE": AUDIENCE}
    environment = {**os.environ, **said, "WHO": json.dumps(WHO)}
    with (place / "log").open("w") as log:
        process = subprocess.Popen(
            [node, "provider.js"], cwd=place, env=environment, stdout=log, stderr=log
        )

    def answers() -> bool:
        assert process.poll() is None, (place / "log").read_text("utf-8")
        with suppress(httpx.TransportError):
            return http.get(f"{made.url}/jwks").is_success
        return False

    wait_until(answers, bool)
    yield made
    process.terminate()
    process.wait()
    http.close()


@dataclass
class Visitor:
    """A browser without scripts, at the portal and at the provider."""

    http: httpx.AsyncClient = field(repr=False)
    provider: RealProvider

    async def go(self, address: str, **sent: Any) -> httpx.Response:
        """To a page and on, until one is shown."""
        return await self.http.get(address, follow_redirects=True, **sent)

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """A form of the portal."""
        return await self.http.post(
            f"{self.provider.portal}{path}",
            data=fields,
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    async def sign_in(self, path: str = "/sign-in?back=/work", **said: str) -> httpx.Response:
        """As somebody of the provider, who asks for it."""
        asked = await self.go(f"{self.provider.portal}{path}")
        assert asked.url.path.startswith("/interaction/"), f"the provider asks nothing: {asked.url}"
        return await self.http.post(asked.url, data=said, follow_redirects=True)

    async def leave_provider(self, address: str) -> httpx.Response:
        """Sign out there, as it asks: in a form of its own."""
        shown = await self.go(address)
        (action,) = findall(r'action="([^"]+)"', shown.text)
        (secret,) = findall(r'name="xsrf" value="([^"]+)"', shown.text)
        said = {"xsrf": secret, "logout": "yes"}
        return await self.http.post(unescape(action), data=said, follow_redirects=True)


@dataclass
class Portal:
    """The portal whose people sign in there; `now` is moved on by a test."""

    world: World
    provider: RealProvider
    now: list[float] = field(default_factory=lambda: [0.0])
    made: list[httpx.AsyncClient] = field(default_factory=list, repr=False)

    def browser(self) -> Visitor:
        self.made.append(httpx.AsyncClient(trust_env=False, timeout=20))
        return Visitor(self.made[-1], self.provider)

    def wants(self, *means: str) -> None:
        """Grave acts take these means of signing in."""
        state, step_up = self.world.app.state, StepUp(means)
        assert state.parts.provider is not None
        anew = replace(state.parts.provider, step_up=step_up)
        state.parts = replace(state.parts, step_up=step_up, provider=anew)
        state.step_up = step_up


@pytest_asyncio.fixture
async def portal(world: World, provider: RealProvider) -> AsyncIterator[Portal]:
    made = Portal(world, provider)
    people = httpx.AsyncClient(trust_env=False)
    tokens = TokenVerifier(
        provider.url,
        AUDIENCE,
        people,
        timedelta(hours=12),
        clock=lambda: time.time() + made.now[0],
        names=NAMES,
    )
    signing_in = SignInProvider(tokens, ClientProof("ozhb-pages", SECRET), resource=AUDIENCE)
    state = world.app.state
    state.parts = replace(
        state.parts, tokens=tokens, provider=signing_in, public_url=provider.portal
    )
    state.doorkeeper = Doorkeeper(
        tokens, PersonRegister(state.parts.engine, state.parts.seal).identify
    )
    server = Served(world, provider.portal_port)
    await server.start()
    yield made
    for one in (*made.made, people):
        await one.aclose()
    await server.stop()
