"""Lists that an official comes back to on the pages, and takes away as a file."""

import re
from html import unescape

from tests.api.console.conftest import CLERK
from tests.api.console.test_desks import ADMIN, words_of
from tests.api.console.test_work import Browsers, two_failed
from tests.api.world import World


async def test_a_list_is_kept_under_a_name_found_again_and_forgotten(
    browser: Browsers, world: World
) -> None:
    await two_failed(world)
    one = browser()
    await one.sign_in(CLERK)
    of_work = {"of": "work", "list": "kind=task&lateness=later", "back": "/work"}
    assert (await one.send("/lists/keep", name="Позже", **of_work)).status_code == 303
    until = {"of": "cases", "list": "status=notice_failed&until=2027-01-05", "back": "/cases"}
    await one.send("/lists/keep", name="До пятого", **until)
    shown = await one.open("/work")
    links = {
        name: unescape(href)
        for href, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', shown.text)
    }
    assert links["Позже"] == "/work?kind=task&lateness=later"
    closed = "closed=false&until=2027-01-05"
    assert links["До пятого"] == f"/cases?status=notice_failed&{closed}"
    again = await one.open(links["Позже"])
    assert 'aria-current="page">Позже' in again.text
    # A second one of the same name takes the place of the first.
    await one.send("/lists/keep", name="Позже", of="work", list="kind=task", back="/work")
    assert (await one.open("/cases")).text.count(">Позже</a>") == 1
    await one.send("/lists/forget", name="Позже", back="/cases")
    listed = (await one.open("/cases")).text
    assert ("Позже</a>" in listed, "До пятого" in listed) == (False, True)


async def test_a_list_is_taken_away_from_its_page_and_the_log_says_what_for(
    browser: Browsers, world: World
) -> None:
    await two_failed(world)
    one, admin = browser(), browser()
    await one.sign_in(CLERK)
    said = {"of": "cases", "list": "status=notice_failed", "form": "csv"}
    assert (await one.send("/lists/export", **said)).status_code == 422
    got = await one.send("/lists/export", **said, purpose="Сверка с акиматом")
    assert got.status_code == 200
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.content.decode("utf-8-sig").count("\n") == 3
    await admin.sign_in(ADMIN)
    log = words_of(await admin.open("/operations"))
    assert "Сверка с акиматом" in log
    assert "строк: 2" in log
