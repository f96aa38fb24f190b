"""Somebody before a browser of their own: what they do, and what stands in their way."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from api.console.look import LANGUAGE
from definitions.wording import text
from tests.pages import keyboard
from tests.sandbox.world import World as Outside
from tests.support.amount import EVERY_PAGE
from tests.support.crawl import route_of
from tests.support.polling import BOUND_SECONDS

WIDE, PHONE = (1100, 900), (320, 640)
RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# In the dark and on paper only the colours are others.
COLOURS: Final = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
MEDIA: Final[tuple[dict[str, Any], ...]] = (
    {"media": "screen", "color_scheme": "dark"},
    {"media": "print", "color_scheme": "light"},
)
# Routes that were looked at in the dark and on paper: their colours are those of every language.
COLOURED: Final[set[str]] = set()
SEND: Final = "form.form > button:not(.plain)"


@dataclass
class Desk:
    """A browser window in one language. `faults`: what failed in it unseen.

    With `keys` its person has no mouse.
    """

    page: Page
    root: str
    outside: Outside
    language: str
    keys: bool = False
    personas: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    async def sign_in(self, claims: dict[str, Any]) -> None:
        """As a persona of the sandbox, which from now on signs for this window; to the first page.

        The others stay: their windows sign as well.
        """
        title = f"{claims['role']}_{claims['iin'][-5:]}"
        self.personas[title] = {"title": title, "claims": claims}
        told, put = list(self.personas.values()), self.outside.client.put
        (await asyncio.to_thread(put, "/identity/personas", json=told)).raise_for_status()
        await self.open("/")
        await self.follow("main a.button")
        # The provider's page is none of ours: how it is used with a keyboard is its own affair.
        async with self.page.expect_navigation():
            await self.page.click(f"button[value={title}]")
        await self.look()

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.root}{path}")
        await self.look()

    async def follow(self, what: str) -> None:
        """Press a link or a button that leads to another page."""
        async with self.page.expect_navigation():
            await self.press(what)
        await self.look()

    async def press(self, what: str) -> None:
        await (keyboard.press(self.page, what) if self.keys else self.page.click(what))

    async def act(self, command: str, **said: str) -> None:
        """From the page of a case: open the form of a command, fill it in, send it."""
        await self.follow(f"#case a[href*='/do/{command}?'], main a[href*='/do/{command}?']")
        await self.fill(**said)
        await self.follow(SEND)
        assert await self.page.locator(".done").count() == 1, await self.page.inner_text("main")

    async def fill(self, **said: str) -> None:
        """What stands in the fields of a form; a choice by its value, `__` is a step inwards."""
        for name, value in said.items():
            await self._fill(f"[name='{name.replace('__', '.')}']", value)

    async def _fill(self, name: str, value: str) -> None:
        page = self.page
        group = f"input{name}[type=radio], input{name}[type=checkbox]"
        if await page.locator(group).count():
            wanted = f"input{name}[value='{value}']"
            await (keyboard.choose(page, group, wanted) if self.keys else page.check(wanted))
        elif await page.locator(f"select{name}").count():
            if self.keys:
                await keyboard.pick(page, name, value)
            else:
                await page.select_option(name, value)
        else:
            await (keyboard.write(page, name, value) if self.keys else page.fill(name, value))

    async def choose_first(self, name: str) -> None:
        """The first of the choices, whatever its value is."""
        group = f"input[name='{name}']"
        value = await self.page.locator(group).first.get_attribute("value")
        await self._fill(f"[name='{name}']", value or "")

    async def attach(self, *files: Path) -> None:
        """Choose documents to go with a form."""
        async with self.page.expect_file_chooser() as chosen:
            await self.press("[name=documents]")
        await (await chosen.value).set_files(files)

    async def sign(self) -> None:
        """Have every text on the page signed by the signer on the own machine."""
        for box in await self.page.locator("[data-sign]").all():
            signature = box.locator("textarea")
            name = await signature.get_attribute("name")
            await self.press(f"[data-sign]:has([name={name}]) button.signer")
            async with asyncio.timeout(BOUND_SECONDS):
                while not await signature.input_value():
                    await asyncio.sleep(0.02)

    async def sees(self, status: str) -> None:
        """The case on the page has this status."""
        assert await self.page.locator("#next").count(), await self.page.inner_text("main")
        assert await self.page.inner_text("#next") == text(f"status.{status}", self.language)

    async def look(self) -> None:
        """No page has a barrier; in the tests of every run only the width is looked at."""
        if "/identity/" in self.page.url:
            return
        found = await self.barriers() if EVERY_PAGE else await self.sideways()
        assert found == [], self.page.url

    async def sideways(self) -> list[str]:
        """Whether what is on the page does not fit beside each other."""
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if await self.page.evaluate(wide) > 0:
            return [f"it scrolls sideways at {self.page.viewport_size}"]
        return []

    async def barriers(self) -> list[str]:
        """What axe finds on the page, in words; and what does not fit on a narrow screen."""
        told = [*await self._axe(RULES), *await self.sideways()]
        known = route_of(urlsplit(self.page.url).path)
        route = known[0] if known else ""
        if route in COLOURED:
            return told
        COLOURED.add(route)
        for media in MEDIA:
            await self.page.emulate_media(**media)
            told += [f"{media}: {one}" for one in await self._axe(COLOURS)]
        await self.page.emulate_media(media="screen", color_scheme="light")
        return told

    async def _axe(self, rules: dict[str, Any]) -> list[str]:
        found = await Axe().run(self.page, options=rules)
        return [
            f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})"
            for one in found.response["violations"]
        ]


async def window(
    chromium: Browser,
    root: str,
    outside: Outside,
    language: str,
    size: tuple[int, int],
    **more: Any,
) -> Desk:
    """A window of its own, in a language; `more` is what a context of the browser takes."""
    context = await chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="ru-RU",
        timezone_id="Asia/Almaty",
        **more,
    )
    context.set_default_timeout(BOUND_SECONDS * 1000)
    await context.add_cookies([{"name": LANGUAGE, "value": language, "url": root}])
    page = await context.new_page()
    desk = Desk(page, root, outside, language)
    page.on("pageerror", lambda error: desk.faults.append(f"script: {error.message}"))
    page.on("response", lambda answer: _note(desk, answer.status, answer.url))
    return desk


def _note(desk: Desk, status: int, address: str) -> None:
    if status >= 500:
        desk.faults.append(f"{status} {address}")
