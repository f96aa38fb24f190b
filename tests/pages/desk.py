"""Somebody before a browser of their own: what they do, and what stands in their way."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Response

from api.console.look import LANGUAGE
from definitions.wording import text
from tests.pages import keyboard
from tests.sandbox.world import World as Outside
from tests.support.amount import EVERY_PAGE
from tests.support.crawl import route_of
from tests.support.polling import BOUND_SECONDS

WIDE, PHONE = (1100, 900), (320, 640)
# What is left of a screen of 1280 to 1024 points at 400 %.
ZOOMED: Final = (320, 256)
# What somebody has to push aside to read it: the page, or a part of it that hides its end.
SIDEWAYS: Final = """() => {
  // What is there to be read aloud alone is a point wide.
  const wide = (one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth;
  // A table of a paper keeps its columns: keys and readers reach it as a part of its own.
  const cut = (one) => getComputedStyle(one).overflowX !== "visible" && !one.matches(
    "input, select, textarea, [role=region][tabindex]");
  const parts = [...document.body.querySelectorAll("*")].filter((one) => wide(one) && cut(one));
  const page = document.documentElement;
  return (wide(page) ? [page, ...parts] : parts).map((one) => one.outerHTML.slice(0, 120));
}"""
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
COLOURED: Final[set[tuple[str, str]]] = set()
SEND: Final = "form.form > button:not(.plain)"
# A form that asks for words, sent with none: by its page, which lets nobody do so, or past it.
EMPTY: Final = """() => {
  const form = [...document.querySelectorAll("main form")].find(
    (one) => one.method === "post" && one.querySelector(":required"));
  for (const one of form.querySelectorAll("input:required:not([type=radio]), textarea:required"))
    one.value = "";
  form.noValidate = true;
  form.requestSubmit(form.querySelector("button:not([type=button], [formnovalidate])"));
}"""
LEAVE: Final = "document.querySelector('form.form').submit()"


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
    # Where no script runs, a page of another window shows the same to who looks at it.
    glass: Page | None = None
    # How the page that is shown was asked for, and what forms were sent whose answers were seen.
    method: str = "GET"
    answered: set[str] = field(default_factory=set)
    # Who only looks goes on, and tells at the end what was found where.
    gathered: dict[str, list[str]] | None = None

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

    async def sign_out(self) -> None:
        """By the button in the header; on a phone it stands in the menu."""
        button = "form[action='/sign-out'] button"
        if not await self.page.is_visible(button):
            await self.press("details.menu > summary")
        await self.follow(button)

    async def back(self) -> None:
        """The button of the browser."""
        await self.page.go_back()
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

    async def send_empty(self) -> None:
        """The first form that asks for words, with nothing said: what comes back."""
        async with self.page.expect_navigation():
            await self.page.evaluate(EMPTY)
        await self.look()

    async def leave(self) -> None:
        """The form, as a browser sends it that runs none of our scripts."""
        async with self.page.expect_navigation():
            await self.page.evaluate(LEAVE)
        await self.look()

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
        found = await self.barriers() if EVERY_PAGE else await self._sideways(self.page)
        if self.gathered is None:
            assert found == [], self.page.url
        elif found:
            self.gathered[f"{self.method} {self.page.url.removeprefix(self.root)}"] = found

    async def barriers(self) -> list[str]:
        """What axe finds on the page, in words; and what does not fit on a narrow screen."""
        page = await self._behind_glass(self.glass) if self.glass else self.page
        told = [*await self._axe(page, RULES), *await self._zoomed(page)]
        known = route_of(self.page.url, self.method)
        route = known[0] if known else ""
        if self.method == "POST":
            self.answered.add(route)
        if (self.method, route) in COLOURED:
            return told
        COLOURED.add((self.method, route))
        for media in MEDIA:
            await page.emulate_media(**media)
            told += [f"{media}: {one}" for one in await self._axe(page, COLOURS)]
        await page.emulate_media(media="screen", color_scheme="light")
        return told

    async def _behind_glass(self, glass: Page) -> Page:
        """What the page says and how it looks, where scripts of axe run and ours do not."""
        shown = await self.page.content()
        await glass.route(
            self.page.url, lambda route: route.fulfill(body=shown, content_type="text/html")
        )
        await glass.goto(self.page.url)
        await glass.unroute(self.page.url)
        return glass

    async def _zoomed(self, page: Page) -> list[str]:
        """What does not fit, in this window and at 400 %."""
        told = await self._sideways(page)
        size = page.viewport_size
        assert size is not None
        await page.set_viewport_size({"width": ZOOMED[0], "height": ZOOMED[1]})
        told += await self._sideways(page)
        await page.set_viewport_size(size)
        return told

    async def _sideways(self, page: Page) -> list[str]:
        wide = await page.evaluate(SIDEWAYS)
        return [f"it scrolls sideways at {page.viewport_size}: {one}" for one in wide]

    async def _axe(self, page: Page, rules: dict[str, Any]) -> list[str]:
        found = await Axe().run(page, options=rules)
        return [
            f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})"
            for one in found.response["violations"]
        ]

    @property
    def in_its_way(self) -> str:
        """All that was gathered, a page and its barriers a line."""
        return "\n".join(f"{page}: {'; '.join(one)}" for page, one in (self.gathered or {}).items())

    async def close(self) -> None:
        """The window, and what shows its pages."""
        await self.page.context.close()
        if self.glass:
            await self.glass.context.close()


async def window(
    chromium: Browser,
    root: str,
    outside: Outside,
    language: str,
    size: tuple[int, int],
    **more: Any,
) -> Desk:
    """A window of its own, in a language; `more` is what a context of the browser takes."""
    shape: dict[str, Any] = {
        "viewport": {"width": size[0], "height": size[1]},
        "locale": "ru-RU",
        "timezone_id": "Asia/Almaty",
    }
    context = await chromium.new_context(**shape, **more)
    context.set_default_timeout(BOUND_SECONDS * 1000)
    await context.add_cookies([{"name": LANGUAGE, "value": language, "url": root}])
    page = await context.new_page()
    desk = Desk(page, root, outside, language)
    if not more.get("java_script_enabled", True):
        desk.glass = await chromium.new_page(**shape)
        await desk.glass.route("**/*.js", lambda route: route.abort())
    page.on("pageerror", lambda error: desk.faults.append(f"script: {error.message}"))
    page.on("response", lambda answer: _note(desk, answer))
    return desk


def _note(desk: Desk, answer: Response) -> None:
    if answer.status >= 500:
        desk.faults.append(f"{answer.status} {answer.url}")
    if answer.request.is_navigation_request():
        desk.method = answer.request.method
