"""The way of a case: on its page, and on the map of its process."""

import re
from collections.abc import Callable

import pytest

from api.console.pictures import CaseWay, Stop, drawn
from definitions.editions import editions
from definitions.wording import text
from domain.forecasts.paths import choices_of, straight
from domain.process import Edition
from tests.api.console.conftest import CLERK, RECIPIENT, Browser
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import words
from tests.api.world import World

Browsers = Callable[[], Browser]


@pytest.mark.parametrize("law", editions().values(), ids=lambda law: law.code)
def test_the_straight_way_goes_from_receipt_to_the_end_by_way_of_acceptance(law: Edition) -> None:
    way = straight(law.process, choices_of(law))
    assert (way[0], way[-2:]) == ("received", ("paid", "completed"))
    assert "delivered" in way
    assert not {"disputed", "recovering", "payment_failed", "awaiting_funds"} & set(way)


async def test_a_process_is_told_as_a_map(world: World) -> None:
    told = (await world.get("/v1/definitions/order-379", world.clerk)).json()
    moves = {(one["status"], one["to"], one["name"]): one for one in told["moves"]}
    ordering = moves["choosing", "ordered", "place_order"]
    assert (ordering["by"], ordering["label"]) == (["recipient"], "Оформить заказ")
    over = moves["choosing", "choice_expired", "choice_over"]
    assert over["label"] == text("law.page.term_over", "ru", term=text("law.term.choice", "ru"))
    # Where a recipient has to accept, no delivery leads past it.
    assert ("in_fulfilment", "awaiting_signatures", "mark_delivered") not in moves
    assert "choosing" in {one["status"] for one in told["statuses"]}


async def test_every_line_that_is_drawn_is_a_way_that_is_listed(world: World) -> None:
    told = (await world.get("/v1/definitions/order-379", world.clerk)).json()
    here = CaseWay([Stop("received", "", "here")], [])
    ways = {line.between for line in drawn(told, here).lines}
    assert ("choosing", "ordered") in ways
    assert ways <= {(one["status"], one["to"]) for one in told["moves"]}


async def test_a_case_page_draws_its_way_and_tells_the_same_as_a_list(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    one = browser()
    await one.sign_in(RECIPIENT)
    page = (await one.open(f"/cases/{reference_of(world, case)}")).text
    (drawn,) = re.findall(r'<svg class="strip.*?</svg>', page, re.DOTALL)
    (listed,) = re.findall(r'<ol class="way">.*?</ol>', page, re.DOTALL)
    assert drawn.count("<circle") == len(re.findall(r'<li class="(?:been|here|ahead)"', listed))
    assert "line-next" in drawn
    for status in ("choosing", "ordered", "in_fulfilment", "withdrawn"):
        assert text(f"status.{status}", "ru") in words(drawn)
        assert text(f"status.{status}", "ru") in words(listed)
    (here,) = re.findall(r'<li class="here" aria-current="step">([^<]+)', listed)
    assert here.strip() == text("status.ordered", "ru")


async def test_the_whole_map_marks_where_the_case_was_and_what_leads_on_from_each_status(
    browser: Browsers, world: World
) -> None:
    case = await world.ordered()
    one = browser()
    await one.sign_in(CLERK)
    page = (await one.open(f"/cases/{reference_of(world, case)}/way")).text
    assert page.count('class="box-here"') == 1
    assert 'class="box-been"' in page
    assert page.count("<rect") == page.count('<li id="s-')
    (choosing,) = re.findall(r'<li id="s-choosing">.*?</details>', page, re.DOTALL)
    assert "Оформить заказ (получатель)" in words(choosing)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_who_asks_for_easy_words_hears_the_whole_map_in_them(
    browser: Browsers, world: World, language: str
) -> None:
    case = await world.ordered()
    address = f"/cases/{reference_of(world, case)}/way"
    one = browser()
    await one.sign_in(RECIPIENT)
    await one.send("/language", language=language, back=address)
    await one.send("/easy", easy="yes", back=address)
    page = (await one.open(address)).text
    told = dict(re.findall(r'<li id="s-(\w+)">(.*?)(?=<li id="s-|</ol>)', page, re.DOTALL))
    for status, part in told.items():
        assert text(f"easy.way.{status}", language) in words(part)
        assert "<details" not in part
    assert len(told) == page.count("<rect")
