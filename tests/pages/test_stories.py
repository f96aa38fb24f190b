"""Ways that a case takes beside the straight one, through the pages of those who take it."""

import pytest

from definitions.wording import text
from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER
from tests.api.console.test_work import SECOND
from tests.api.test_hearing import pass_time
from tests.api.test_periods import BAGS, offered
from tests.api.world import today
from tests.pages.conftest import Pages
from tests.pages.desk import SEND
from tests.pages.test_journeys import deliver, order
from tests.support.amount import EVERY_PAGE, SPOKEN
from tests.support.servers import Database

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.skipif(not EVERY_PAGE, reason="every page and every way: make test-pages"),
]
EACH = pytest.mark.parametrize("language", SPOKEN)
WHY = "Актідегі қол алушының қолына ұқсамайды"


@EACH
async def test_a_refusal_is_heard_before_it_is_decided(
    pages: Pages, database: Database, language: str
) -> None:
    case = await pages.world.reviewed()
    place = f"/cases/{reference_of(pages.world, case)}"
    first = await pages.at(CLERK, language, f"{place}/review")
    await first.follow("a[href*='/do/intend_refusal']")
    await first.fill(ground="not_delivered", reason=WHY)
    await first.follow("button[name=see]")
    assert await first.page.locator("section.letters").count() == 1
    await first.follow(SEND)
    recipient = await pages.at(RECIPIENT, language, place)
    await recipient.act("open_case")
    await recipient.act("raise_objection", reason="Актіге өзім қол қойдым")
    await first.open(f"{place}/do/answer_objection?period=1")
    await first.choose_first("objection")
    await first.fill(reason="Сараптама басқаша дейді")
    await first.follow(SEND)
    pass_time(pages.world, database, case, "hearing")
    await first.open(f"{place}/review")
    await first.follow("a[href*='/do/refuse?']")
    await first.fill(ground="not_delivered", reason=WHY)
    await first.follow(SEND)
    second = await pages.at(SECOND, language, f"{place}/review")
    await second.follow("a[href*='/do/refuse?']")
    await second.fill(ground="not_delivered", reason=WHY)
    await second.follow(SEND)
    await recipient.open(place)
    await recipient.sees("refused")


@EACH
async def test_who_declined_takes_it_back(pages: Pages, language: str) -> None:
    case = await pages.world.choosing()
    place = f"/cases/{reference_of(pages.world, case)}"
    recipient = await pages.at(RECIPIENT, language, place)
    await recipient.act("decline", reason="Керек емес")
    await recipient.sees("declined")
    await recipient.open(place)
    await recipient.act("take_back_decline")
    await recipient.sees("choosing")


@EACH
async def test_a_date_is_contested_and_another_caseworker_rules(
    pages: Pages, language: str
) -> None:
    case = await pages.world.choosing()
    place = f"/cases/{reference_of(pages.world, case)}"
    recipient = await pages.at(RECIPIENT, language, f"{place}/dates/1/choice")
    await recipient.follow("a[href*='/do/contest_deadline']")
    await recipient.choose_first("calendar")
    await recipient.fill(reason="Күнтізбе басқа")
    await recipient.follow(SEND)
    assert await recipient.page.locator(".done").count() == 1
    clerk = await pages.at(CLERK, language, place)
    await clerk.follow("a[href*='/do/deny_contest']")
    await clerk.choose_first("contest")
    await clerk.fill(reason="Бұл күнтізбе қолданылмайды")
    await clerk.follow(SEND)
    assert await clerk.page.locator(".done").count() == 1


@EACH
async def test_a_part_of_what_was_brought_is_accepted(pages: Pages, language: str) -> None:
    offered(pages.world, BAGS["classifier_code"], 45_000)
    case = await pages.world.choosing(item=BAGS)
    reference = reference_of(pages.world, case)
    place = f"/cases/{reference}"
    recipient = await pages.at(RECIPIENT, language)
    await order(recipient, reference, quantity=2)
    supplier = await pages.at(SUPPLIER, language, place)
    await supplier.act("confirm")
    await deliver(supplier, place, quantity=2)
    await recipient.open(place)
    await recipient.act("accept", quantity="1")
    await supplier.open(place)
    told = text("page.party.accepted", language, quantity=1)
    assert told in await supplier.page.inner_text("#money-1 ~ dl")
    # What is still owed is an order of its own, under its own number.
    await supplier.act("mark_delivered", on=today(), quantity="1", evidence="Акт № 2")
    await recipient.open(place)
    await recipient.act("accept", quantity="1")
    assert told in await recipient.page.inner_text("#money-3 ~ dl")
