"""What only machines can use is not told to people: numbers of gateways, hashes, other words."""

import re
from collections.abc import Callable

import httpx
import pytest

from db.processes import OwnProcess, beat
from definitions.editions import editions
from definitions.wording import text
from tests.api.console.conftest import CLERK, RECIPIENT, Browser
from tests.api.console.test_desks import ADMIN
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import words
from tests.api.test_notices import SAID
from tests.api.test_receipts import notice_sent, receipt
from tests.api.world import World

Browsers = Callable[[], Browser]
NUMBER = "6f1d3b0e-5a52-4b1e-9c0d-7a3f5f6f2f10"
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)


async def test_the_number_of_a_gateway_is_folded_away_and_for_officials_alone(
    browser: Browsers, world: World
) -> None:
    case = world.receive()
    notice_sent(world, case, NUMBER, **SAID)
    await receipt(world, id=NUMBER)
    reference = reference_of(world, case)
    mine, official = browser(), browser()
    await mine.sign_in(RECIPIENT)
    await official.sign_in(CLERK)
    for address in ("/notices", f"/cases/{reference}/notices"):
        page = (await mine.open(address)).text
        assert "Доставлено:" in words(page)
        assert NUMBER not in page
    page = (await official.open(f"/cases/{reference}/notices")).text
    assert NUMBER in page
    assert NUMBER not in FOLDED.sub("", page)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_programs_are_told_apart_by_short_names_and_their_hashes_are_folded_away(
    browser: Browsers, world: World, language: str
) -> None:
    with world.engine.begin() as connection:
        beat(connection, OwnProcess("worker", "7@somewhere", ("cases",)), {})
    one = browser()
    await one.sign_in(ADMIN)
    one.http.cookies.set("ozhb_language", language)
    page = (await one.open("/systems")).text
    assert all(hash_ in page for hash_ in editions())
    plain = FOLDED.sub("", page)
    assert re.findall(r"\b[0-9a-f]{8,}\b", words(plain)) == []
    assert all(law.title[language] in words(plain) for law in editions().values())


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_why_a_day_is_off_is_told_with_its_source_in_the_language_of_the_page(
    browser: Browsers, world: World, language: str
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    one.http.cookies.set("ozhb_language", language)
    page = words((await one.open(f"/cases/{reference_of(world, case)}/dates/1/choice")).text)
    assert text("page.counted_from", language, day="").strip(" .") in page
    if language != "en":
        assert re.findall(r"\b(?:Law|Code|Government|decree|provisional|article)\b", page) == []


class Asked:
    """What pages ask the API, until somebody looks."""

    def __init__(self, world: World) -> None:
        self.paths: list[str] = []
        self.inside: httpx.AsyncClient = world.app.state.inside
        self.inside.event_hooks["request"].append(self._note)

    async def _note(self, request: httpx.Request) -> None:
        self.paths.append(request.url.path)

    def take(self) -> list[str]:
        """All since the last time."""
        found, self.paths = self.paths, []
        return found


async def test_a_page_asks_who_its_reader_is_once_and_a_part_or_a_file_not_at_all(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    reference = reference_of(world, case)
    one = browser()
    await one.sign_in(ADMIN)
    asked = Asked(world)
    for address in (
        "/",
        "/work",
        "/cases",
        "/systems",
        "/stuck",
        "/changes",
        f"/cases/{reference}",
    ):
        assert (await one.open(address)).status_code == 200, address
        assert asked.take().count("/v1/me") == 1, address
    part = await one.http.get(f"/cases/{reference}", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "/v1/me" not in asked.take()
    assert (await one.http.get("/look/style.css")).status_code == 200
    assert asked.take() == []
