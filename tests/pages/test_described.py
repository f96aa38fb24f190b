"""The document of the API is drawn by our own files, and a browser has nothing to refuse."""

from urllib.parse import urlsplit

import pytest

from tests.pages.conftest import Pages

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]


async def test_the_document_of_the_api_is_drawn_and_asks_nobody_else(pages: Pages) -> None:
    desk = await pages.new("en")
    asked: list[str] = []
    refused: list[str] = []
    desk.page.on("request", lambda one: asked.append(one.url))
    desk.page.on("console", lambda one: refused.append(one.text) if one.type == "error" else None)
    await desk.page.goto(f"{desk.root}/docs")
    await desk.page.wait_for_selector(".opblock")
    ours = urlsplit(desk.root).netloc
    assert {urlsplit(one).netloc for one in asked if not one.startswith("data:")} == {ours}
    assert refused == []
