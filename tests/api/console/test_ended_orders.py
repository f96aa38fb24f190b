"""A supplier whose order has ended finds the case as before, and is told that there is no more."""

from collections.abc import Callable

import pytest

from tests.api.console.conftest import Browser
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.world import World

Browsers = Callable[[], Browser]
DELIVERED = {"on": "2026-12-01", "quantity": 1, "evidence": "A1"}


async def ended(world: World, how: str) -> str:
    case = await world.ordered()
    by = world.supplier if how == "refuse_order" else world.recipient()
    await world.act(case, how, by, reason="Нет на складе")
    return case


@pytest.mark.parametrize("how", ["refuse_order", "cancel_order"])
async def test_its_pages_of_the_case_say_that_its_order_has_ended(
    browser: Browsers, world: World, how: str
) -> None:
    reference = reference_of(world, await ended(world, how))
    one = browser()
    await one.sign_in(SUPPLIER)
    for page in ("", "/way"):
        answer = await one.http.get(f"/cases/{reference}{page}")
        assert answer.status_code == 200
        assert "Заказ прекращен" in words(answer.text)


async def test_every_form_that_it_may_ask_for_is_drawn_or_not_there(world: World) -> None:
    case = await ended(world, "refuse_order")
    law = (await world.get("/v1/definitions/social-code", world.supplier)).json()
    for one in law["commands"]:
        answer = await world.get(f"{one['form']}?case={case}", world.supplier)
        assert answer.status_code in (200, 403, 404), one


async def test_what_it_asks_of_the_order_that_has_ended_is_refused_with_reasons(
    world: World,
) -> None:
    case = await ended(world, "refuse_order")
    for _ in range(2):
        answer = await world.ask(case, "mark_delivered", world.supplier, DELIVERED, key="again")
        assert answer.status_code == 409
        assert answer.json()["reasons"]
