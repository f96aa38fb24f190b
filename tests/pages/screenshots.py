"""Pictures of every page, for each persona, in three languages and two widths.

The pages are those of a stack of its own, which is gone afterwards. Without Chromium: exit code 3.
"""

import argparse
import asyncio
import io
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from PIL import Image
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright
from rich.console import Console

from api.console.look import LANGUAGE
from api.console.visits import SESSION
from cli.demo.board import Board
from cli.people import people
from cli.samples import load_samples
from cli.stack import Stack
from definitions.wording import LANGUAGES
from tests.api.console.conftest import Browser
from tests.pages.scenes import set_up
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.crawl import Seen, crawl, is_page
from tests.support.first_steps import CHOSEN, DOCS, FOLDER, shots

NOT_REACHABLE: Final = 3
WIDTHS: Final = (1100, 320)
# Of what stands beside words.
NARROWER: Final = 900
HEIGHT: Final = 800
NOBODY: Final = "nobody"
SECOND: Final = "second_"
BEGINNINGS: Final = ("/", "/help", "/accessibility")
# As many colours as a page has, with the edges of its letters.
COLOURS: Final = 32


@dataclass(frozen=True)
class Wanted:
    """What to take pictures of, and where they go."""

    folder: Path
    languages: Sequence[str]
    widths: Sequence[int]
    personas: Sequence[str]


@dataclass(frozen=True)
class Studio:
    """A running stack with everything on it, seen from outside."""

    urls: Mapping[str, str]
    references: Mapping[str, str]
    chromium: Chromium
    sandbox: httpx.Client

    async def sign_in(self, persona: str) -> str | None:
        """The cookie of a new session of this persona."""
        async with self._browsing() as browser:
            return await _signed_in(browser, persona)

    async def look(self, persona: str) -> tuple[list[Seen], str | None]:
        """Every page that links lead this persona to, and the cookie of the own session."""
        async with self._browsing() as browser:
            session = await _signed_in(browser, persona)
            return await crawl(browser.open, *BEGINNINGS), session

    @asynccontextmanager
    async def _browsing(self) -> AsyncIterator[Browser]:
        api = self.urls["api"]
        async with httpx.AsyncClient(base_url=api, timeout=60, trust_env=False) as http:
            yield Browser(http, self.sandbox)

    async def context(self, language: str, width: int, session: str | None) -> BrowserContext:
        """A window of a language and a width, in which somebody is signed in."""
        made = await self.chromium.new_context(
            viewport={"width": width, "height": HEIGHT}, locale=language
        )
        kept = {LANGUAGE: language, SESSION: session}
        await made.add_cookies(
            [
                {"name": name, "value": value, "url": self.urls["api"]}
                for name, value in kept.items()
                if value
            ]
        )
        return made

    def name(self, kind: str) -> str:
        """The name of a page in a folder: cases by the part they play."""
        for part, reference in self.references.items():
            kind = kind.replace(reference, part)
        return re.sub(r"\W+", "-", re.sub(r"\{\w+\}", "", kind)).strip("-") or "home"


async def _signed_in(browser: Browser, persona: str) -> str | None:
    known = {one.title: {**one.claims, "name": one.name} for one in people()}
    if persona != NOBODY:
        await browser.sign_in(known[persona])
    return browser.http.cookies.get(SESSION)


async def photograph(studio: Studio, wanted: Wanted, say: Callable[[str], None]) -> int:
    """Pictures of everything; how many were made."""
    count = 0
    for persona in wanted.personas:
        seen, session = await studio.look(persona)
        shown = [one for one in seen if is_page(one.answer)]
        for language in wanted.languages:
            for width in wanted.widths:
                folder = wanted.folder / persona / f"{language}-{width}"
                folder.mkdir(parents=True, exist_ok=True)
                async with await studio.context(language, width, session) as window:
                    page = await window.new_page()
                    for one in shown:
                        await page.goto(f"{studio.urls['api']}{one.address}")
                        await take(page, folder / f"{studio.name(one.kind)}.png")
                        count += 1
        say(f"{persona}: {len(shown)} pages")
    return count


async def document(studio: Studio) -> int:
    """The pictures of the README, in English, and of the first steps in every language."""
    own = [(one, FOLDER / one / "pictures", tuple(shots()), NARROWER) for one in LANGUAGES]
    wanted = [("en", DOCS / "pictures", tuple(CHOSEN), WIDTHS[0]), *own]
    sessions: dict[str, str | None] = {}
    count = 0
    for language, folder, chosen, width in wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for shot in chosen:
            if shot.persona not in sessions:
                sessions[shot.persona] = await studio.sign_in(shot.persona)
            async with await studio.context(language, width, sessions[shot.persona]) as window:
                page = await window.new_page()
                address = studio.urls["api"] + shot.address.format_map(studio.references)
                answer = await page.goto(address)
                assert answer is not None
                assert answer.ok, address
                await take(page, folder / f"{shot.name}.png", whole=False)
                count += 1
    return count


async def take(page: Page, file: Path, *, whole: bool = True) -> None:
    """One picture, with few colours: a page of text needs no more."""
    content = await page.screenshot(full_page=whole, animations="disabled")
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


async def with_studio(home: Path, board: Board, work: Callable[[Studio], Awaitable[None]]) -> None:
    """Bring everything up, do the work, take everything down."""
    with Stack(home, None, say=board.say) as stack:
        load_samples(stack)
        board.say("playing cases to every place of the way")
        references = await set_up(stack.urls, board)
        async with AsyncExitStack() as held:
            play = await held.enter_async_context(async_playwright())
            launched = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            sandbox = held.enter_context(
                httpx.Client(base_url=stack.urls["sandbox"], trust_env=False)
            )
            await work(Studio(stack.urls, references, launched, sandbox))
            await launched.close()


def titles() -> list[str]:
    """Everybody whose pages differ: nobody, and one of each role."""
    known = [one.title for one in people() if one.name and not one.title.startswith(SECOND)]
    return [NOBODY, *known]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", default="screenshots", type=Path)
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    parser.add_argument("--width", action="append", type=int)
    parser.add_argument("--persona", action="append", choices=titles())
    parser.add_argument("--documents", action="store_true", help="only those of docs/")
    asked = parser.parse_args(arguments)
    if CHROMIUM is None:
        sys.stderr.write("Chromium is not installed here: no picture was made\n")
        return NOT_REACHABLE
    wanted = Wanted(
        asked.folder,
        asked.language or LANGUAGES,
        asked.width or WIDTHS,
        asked.persona or titles(),
    )
    board = Board(Console(stderr=True, highlight=False))

    async def work(studio: Studio) -> None:
        if asked.documents:
            board.say(f"{await document(studio)} pictures in {DOCS}")
        else:
            board.say(f"{await photograph(studio, wanted, board.say)} in {wanted.folder}")

    run(board, work)
    return 0


def run(board: Board, work: Callable[[Studio], Awaitable[None]]) -> None:
    """The work on a stack of its own, in a folder that is gone afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    home = Path(tempfile.mkdtemp(prefix="ozhb-pictures-"))
    try:
        asyncio.run(with_studio(home, board, work))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
