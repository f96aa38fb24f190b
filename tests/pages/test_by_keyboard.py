"""Everything that the journeys do, by keyboard alone: the focus comes everywhere, and is seen."""

from pathlib import Path

import pytest

from tests.pages import test_journeys as journeys
from tests.pages.conftest import Pages
from tests.support.amount import EVERY_PAGE

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]


async def test_from_the_choice_to_the_payment(pages: Pages) -> None:
    pages.keys = True
    await journeys.test_from_the_choice_to_the_payment(pages, "kk")


async def test_a_complaint_and_its_remedy(pages: Pages, tmp_path: Path) -> None:
    pages.keys = True
    await journeys.test_a_guardian_complains_and_the_commission_orders_a_remedy(
        pages, "ru", tmp_path
    )


async def test_what_is_stuck_and_a_day_off(pages: Pages) -> None:
    pages.keys = True
    await journeys.test_an_administrator_mends_what_is_stuck_and_two_announce_a_day_off(pages, "en")
