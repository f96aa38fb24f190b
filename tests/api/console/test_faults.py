"""What goes wrong before a page is a page too, in its language; nothing that was typed is lost."""

from collections.abc import Callable
from dataclasses import replace
from html import unescape

import httpx
import pytest

from api.console.forms import number_of
from api.limits import Rates
from db.engine import make_engine
from definitions.wording import text
from tests.api.console.conftest import RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.test_problems import NOBODY
from tests.api.world import World

Browsers = Callable[[], Browser]
READS = {"Accept": "text/html"}
SENDS = {**READS, "Sec-Fetch-Site": "same-origin"}


def titled(answer: httpx.Response, problem: str, language: str = "ru") -> bool:
    """Whether a page says this problem in this language."""
    assert answer.headers["content-type"].startswith("text/html"), answer.text[:200]
    return text(f"problem.{problem}.title", language) in unescape(answer.text)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_what_is_not_there_or_not_for_one_is_a_page_in_the_own_language(
    browser: Browsers, language: str
) -> None:
    one = browser()
    await one.sign_in(RECIPIENT)
    one.http.cookies.set("ozhb_language", language)
    for path, problem in (
        ("/nothing", "not_found"),
        ("/cases/OZ000000000", "not_found"),
        ("/stuck", "not_allowed"),
        ("/cases?until=never", "form_invalid"),
    ):
        assert titled(await one.http.get(path, headers=READS), problem, language), path


async def test_while_the_database_is_away_a_page_says_so_and_asks_again(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(RECIPIENT)
    state = world.app.state
    held, engine = state.parts, make_engine(NOBODY)
    state.parts = replace(held, engine=engine)
    told = await one.http.get("/cases", headers=READS)
    sent = await one.http.post(
        "/cases/OZ000000018/do/decline", data={"reason": "Керек емес", "key": "k-1"}, headers=SENDS
    )
    state.parts = held
    engine.dispose()
    assert (told.status_code, sent.status_code) == (503, 503)
    assert titled(told, "unavailable")
    assert 'href="/cases"' in told.text
    assert {"reason": "Керек емес", "key": "k-1"}.items() <= hidden(sent.text).items()


async def test_a_fault_of_ours_is_a_page_for_people_and_a_problem_for_programs(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(RECIPIENT)
    held, world.app.state.inside = world.app.state.inside, None
    told = await one.http.get("/", headers=READS)
    program = await one.http.get("/", headers={"Accept": "application/json"})
    world.app.state.inside = held
    assert told.status_code == program.status_code == 500
    assert titled(told, "internal")
    assert program.headers["content-type"] == "application/problem+json"


async def test_who_asks_too_often_keeps_the_form_and_its_key(
    browser: Browsers, world: World
) -> None:
    case = await world.choosing()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/do/decline?period=1"
    form = {**hidden((await one.open(address)).text), "reason": "Керек емес"}
    held, world.app.state.rates = world.app.state.rates, Rates(0.001)
    answers = [await one.http.post(address, data=form, headers=SENDS) for _ in range(2)]
    world.app.state.rates = held
    late = answers[-1]
    assert late.status_code == 429
    assert titled(late, "too_many_requests")
    kept = hidden(late.text)
    assert kept["key"] == form["key"]
    assert (await one.send(address, **{**kept, "reason": "Керек емес"})).status_code == 303


async def test_files_of_a_form_are_asked_for_again_after_signing_in(
    browser: Browsers, world: World
) -> None:
    one = browser()
    sent = await one.http.post(
        "/cases/OZ000000018/do/complain",
        data={"reason": "Сынған"},
        files={"documents": ("a.jpg", b"x", "image/jpeg")},
        headers=SENDS,
    )
    assert sent.status_code == 401
    assert text("page.fault.files", "ru") in unescape(sent.text)


@pytest.mark.parametrize(
    "address", ["/registration", "/webhooks", "/offers/sheet/put", "/cases/{case}/do/confirm"]
)
async def test_a_key_that_no_form_of_ours_carries_is_a_mistake_and_no_fault(
    browser: Browsers, world: World, address: str
) -> None:
    case = await world.ordered()
    one = browser()
    await one.sign_in(SUPPLIER)
    for key in ("ключ", "a b", "k\r\nX: y"):
        said = {"key": key, "rows": "1 A 5 yes", "url": "https://example.com/", "reason": "Жоқ"}
        where = address.format(case=reference_of(world, case))
        answer = await one.http.post(where, data=said, headers=SENDS)
        assert answer.status_code == 422, (key, words(answer.text))
        assert text("problem.form_invalid.title", "ru") in unescape(answer.text)


async def test_an_address_with_signs_that_none_has_is_not_there(
    browser: Browsers, world: World
) -> None:
    reference = reference_of(world, await world.ordered())
    one = browser()
    await one.sign_in(SUPPLIER)
    answer = await one.http.get(f"/cases/{reference}/do/%01", headers=READS)
    assert answer.status_code == 404
    assert titled(answer, "not_found")


def test_a_number_longer_than_any_in_a_form_is_no_number() -> None:
    assert number_of("9" * 18) == 10**18 - 1
    for typed in ("9" * 5000, "٣", "²", "", "1.5"):
        assert number_of(typed) is None
